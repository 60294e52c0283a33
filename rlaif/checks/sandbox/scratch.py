"""Scratch folders on disk, for where no namespace can hold one in memory."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from rlaif.checks.sandbox.interpreter import sandbox_user

MOST_ENTRIES = 4096
"""Files and folders in one scratch folder."""

_PREFIX = "rlaif-scratch-"


def made() -> str:
    """A new empty folder that only the sandbox's user can enter."""
    user = sandbox_user()
    path = tempfile.mkdtemp(prefix=_PREFIX, dir=_base())
    if user is not None:
        os.chown(path, user.uid, user.gid)
    return path


def _base() -> str:
    """Where temporary files go, as long as the sandbox's user can reach it."""
    usual = os.path.realpath(tempfile.gettempdir())
    if sandbox_user() is None:
        return usual
    for path in (usual, "/tmp", "/var/tmp"):  # noqa: S108 - only a name is made there, safely
        own = Path(path)
        with contextlib.suppress(OSError):
            if all(one.stat().st_mode & stat.S_IXOTH for one in (own, *own.parents)):
                return path
    return usual


def used(path: str, most: int) -> tuple[int, int]:
    """Bytes on disk and entries below `path`; stops counting soon after `most` bytes."""
    size = entries = 0
    folders = [path]
    while folders and size <= most and entries <= MOST_ENTRIES:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as found:
            for entry in found:
                entries += 1
                with contextlib.suppress(OSError):
                    size += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                if size > most or entries > MOST_ENTRIES:
                    break
    return size, entries


def removed(path: str) -> None:
    """Remove the folder and what is in it, whatever was done to rights, links and depth.

    No link is followed. Folders are moved up before they are emptied, so that no path gets long.
    """
    try:
        top = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        folders, count = [(".", 0)], 0
        for name, _ in folders:
            opened = _entered(name, top)
            try:
                for entry in os.listdir(opened):  # noqa: PTH208 - of a descriptor
                    if not _is_folder(entry, opened):
                        os.unlink(entry, dir_fd=opened)
                        continue
                    os.close(_entered(entry, opened))
                    moved = f".{count}-{os.urandom(8).hex()}"
                    count += 1
                    os.rename(entry, moved, src_dir_fd=opened, dst_dir_fd=top)
                    folders.append((moved, count))
            finally:
                os.close(opened)
            if name != ".":
                os.rmdir(name, dir_fd=top)
    finally:
        os.close(top)
    os.rmdir(path)  # noqa: PTH106 - beside the calls above


def _is_folder(name: str, parent: int) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)


def _entered(name: str, parent: int) -> int:
    """A folder, open, with the owner's rights restored."""
    flags = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    held = os.open(name, os.O_PATH | flags, dir_fd=parent)
    try:
        os.chmod(f"/proc/self/fd/{held}", 0o700)  # noqa: PTH101 - the folder itself, never a link
        return os.open(name, os.O_RDONLY | flags, dir_fd=parent)
    finally:
        os.close(held)
