"""Files that are there whole or not at all, and that show when they were damaged later.

A file is written beside its place, synced, and renamed; the folder is synced after it. A part's
name ends in a hash of its bytes, so that a torn or flipped part is seen without an index.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from rlaif.errors import RunError

TEMPORARY = ".tmp-"
"""Begins the name of every file that is not finished."""

_HEX = 16
_CHUNK = 2**20
_MENDS = {
    errno.ENOSPC: "make room and start the same command again",
    errno.EDQUOT: "make room and start the same command again",
    errno.EROFS: "choose a folder that can be written",
    errno.EACCES: "choose a folder that you may write",
    errno.EPERM: "choose a folder that you may write",
    errno.EIO: "see to the disk, then start the same command again",
    errno.ESTALE: "see that the file server is there, then start the same command again",
}


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the system says about `path` into a RunError with the mend."""
    try:
        yield
    except OSError as error:
        hint = _MENDS.get(error.errno or 0, "")
        where = str(error.filename or path)
        if Path(where).name.startswith(TEMPORARY):  # nobody has named that one
            where = str(path)
        text = f"{where}: {error.strerror or error}" + (f"\n  hint: {hint}" if hint else "")
        raise RunError(text) from error


def write_whole(path: Path, content: bytes) -> None:
    """Put `content` at `path`, whole; what was there stays until then. Raises: RunError."""
    with disk_errors(path), replacing(path) as stream:
        stream.write(content)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A stream whose content is at `path` once the block ends well, and nowhere otherwise."""
    unfinished = path.with_name(f"{TEMPORARY}{secrets.token_hex(4)}-{path.name}")
    try:
        with unfinished.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in `folder` last."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_part(folder: Path, name: str, content: bytes, suffix: str = ".parquet") -> Path:
    """Write a part `NAME-HASH.parquet` into `folder`, whole, and say where it is."""
    path = folder / f"{name}-{_hash(content)}{suffix}"
    write_whole(path, content)
    return path


def write_large_part(
    folder: Path, name: str, write: Callable[[IO[bytes]], None], suffix: str = ".parquet"
) -> Path:
    """As `write_part`, of content that `write` puts into a stream piece by piece."""
    unfinished = folder / f"{TEMPORARY}{secrets.token_hex(4)}-{name}{suffix}"
    with disk_errors(folder):
        try:
            with unfinished.open("xb") as stream:
                write(stream)
                stream.flush()
                os.fsync(stream.fileno())
            path = unfinished.with_name(f"{name}-{_hash_of_file(unfinished)}{suffix}")
            unfinished.replace(path)
        except BaseException:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise
        sync_folder(folder)
    return path


def parts(folder: Path, suffix: str = ".parquet") -> list[Path]:
    """The finished parts of `folder`, by name; none where there is no such folder."""
    return sorted(p for p in folder.glob(f"*{suffix}") if not p.name.startswith("."))


def is_intact(part: Path) -> bool:
    """Whether the bytes of a part are those that were written."""
    try:
        return part.stem.rpartition("-")[2] == _hash_of_file(part)
    except FileNotFoundError:
        return False


def _hash_of_file(path: Path) -> str:
    state = hashlib.blake2b(digest_size=_HEX // 2)
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            state.update(chunk)
    return state.hexdigest()


def _hash(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=_HEX // 2).hexdigest()
