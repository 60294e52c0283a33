"""What a program has left in its scratch folder, read when nothing of it runs any more.

Whoever reads here is not shut in: so no link is followed, and nothing but a regular file is opened
for reading.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator

MOST_FILES = 1024
"""Files that are brought back."""

_DEEPEST = 32
"""Folders within folders that are searched."""


def collected(wanted: list[str], most: int) -> tuple[list[tuple[str, bytes, bool]], int]:
    """The regular files among those wanted: path, content, whether it may be run.

    Links are not followed, also not on the way. At most `most` bytes in all and MOST_FILES; second
    comes how many that leaves out.
    """
    names = sorted(set(_all_files()) if wanted == ["*"] else set(wanted))
    found: list[tuple[str, bytes, bool]] = []
    left_out = 0
    for name in names:
        with contextlib.suppress(OSError):
            opened = _opened(name)
            try:
                about = os.fstat(opened)
                if not stat.S_ISREG(about.st_mode):
                    continue
                if len(found) == MOST_FILES or about.st_size > most:
                    left_out += 1
                    continue
                data = _content(opened, about.st_size)
            finally:
                os.close(opened)
            most -= len(data)
            # Where modes cannot be changed, a linker's product is still a program.
            executable = bool(about.st_mode & 0o100) or data[:4] == b"\x7fELF"
            found.append((name, data, executable))
    return found, left_out


def _opened(name: str) -> int:
    """A file below the working folder, with no link followed. Raises: OSError."""
    *folders, last = name.split("/")
    here = os.open(".", os.O_PATH | os.O_DIRECTORY)
    try:
        for folder in folders:
            below = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = below
        return os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=here)
    finally:
        os.close(here)


def _content(opened: int, size: int) -> bytes:
    parts = []
    while size and (part := os.read(opened, size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _all_files() -> Iterator[str]:
    """Every path of a regular file, as far as folders can be read and names are UTF-8."""
    folders = [("", 0)]
    for folder, depth in folders:
        with contextlib.suppress(OSError), os.scandir(folder or ".") as entries:
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if not _is_text(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False) and depth < _DEEPEST:
                    folders.append((path, depth + 1))
                elif entry.is_file(follow_symlinks=False):
                    yield path


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
