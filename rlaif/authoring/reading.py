"""A path -> its text, or why not: only regular files of bounded size, in UTF-8."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from rlaif.errors import FileProblems, Problem

MOST_BYTES = 8 * 2**20
"""Largest rubric or judge file, in bytes."""


def read_text(path: Path, most: int = MOST_BYTES) -> str:
    """The text of a regular file of at most `most` bytes, without a byte order mark.

    Raises: FileProblems. Nothing is read of a file that is refused for its kind or size.
    """
    return decode(path, read_bytes(path, most))


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """The bytes of a regular file of at most `most` bytes. Raises: FileProblems."""
    try:
        _refuse(path, path.stat(), most)
        # Asked again of the open file: the name may have been given to another one meanwhile.
        opened = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(opened, "rb") as file:
            _refuse(path, os.fstat(file.fileno()), most)
            data = file.read(most + 1)
    except (OSError, ValueError) as error:
        raise FileProblems([Problem(str(path), 0, 0, _why(error))]) from error
    if len(data) > most:
        raise FileProblems([_too_large(path, most)])
    return data


def decode(path: Path, data: bytes) -> str:
    """UTF-8 to text. Raises: FileProblems with the place of the first bad byte."""
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        start = data.rfind(b"\n", 0, error.start) + 1
        line = data.count(b"\n", 0, error.start) + 1
        column = len(data[start : error.start].decode("utf-8", "replace")) + 1
        byte = f"0x{data[error.start]:02x}"
        problem = Problem(
            str(path),
            line,
            column,
            f"this is not UTF-8 text (byte {byte})",
            "save the file with the encoding UTF-8",
        )
        raise FileProblems([problem]) from error


def _refuse(path: Path, found: os.stat_result, most: int) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise FileProblems([Problem(str(path), 0, 0, "this is a folder, not a file")])
    if not stat.S_ISREG(found.st_mode):
        raise FileProblems(
            [Problem(str(path), 0, 0, "this is not a regular file (a pipe, socket or device)")]
        )
    if found.st_size > most:
        raise FileProblems([_too_large(path, most)])


def _too_large(path: Path, most: int) -> Problem:
    size = f"{most // 2**20} MiB" if most >= 2**20 else f"{most // 1024} KiB"
    return Problem(
        str(path), 0, 0, f"the file is larger than {size}", "is this the file that you meant?"
    )


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, PermissionError):
        return "the file may not be read"
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return f"the file cannot be read: {reason}"
