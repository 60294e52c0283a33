"""The lines of a text file, packed or not, or of standard input; one line in memory at a time."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, cast

import pyarrow as pa

from rlaif.errors import FileProblems, InputError, Problem
from rlaif.storage.place_names import told
from rlaif.storage.places import place_of

LONGEST_LINE = 64 * 2**20
"""Bytes. A longer line is refused: a file that is not JSON Lines must not fill the memory."""

STANDARD_INPUT = "-"

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_BOM = b"\xef\xbb\xbf"


def shown(source: str) -> str:
    """The name of a source in messages."""
    return "<stdin>" if source == STANDARD_INPUT else told(source)


def read_lines(source: str) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, each with its number from 1; `-` is standard input.

    `source` is a path or a URL. Whether it is gzip, zstd or plain is seen from the bytes.
    Raises: InputError for a file that cannot be read, FileProblems for one that is damaged.
    """
    number = 0
    try:
        with _opened(source) as raw, _unpacked(raw) as stream:
            while line := stream.readline(LONGEST_LINE + 1):
                number += 1
                if len(line) > LONGEST_LINE:
                    raise FileProblems([_too_long(source, number)])
                content = line.removeprefix(_BOM) if number == 1 else line
                if content.strip():
                    yield number, content.rstrip()
    except (EOFError, zlib.error, gzip.BadGzipFile, pa.ArrowException) as error:
        raise FileProblems([_damaged(source, number + 1, error)]) from error
    except OSError as error:
        if _is_damage(error):
            raise FileProblems([_damaged(source, number + 1, error)]) from error
        raise InputError(f"{shown(source)}: {error.strerror or error}") from error


@contextmanager
def _opened(source: str) -> Iterator[io.BufferedReader]:
    if source == STANDARD_INPUT:
        yield cast("io.BufferedReader", sys.stdin.buffer)
        return
    with place_of(source).opened() as stream:
        yield stream


@contextmanager
def _unpacked(raw: io.BufferedReader) -> Iterator[IO[bytes]]:
    head = raw.peek(4)[:4] if hasattr(raw, "peek") else b""
    if head.startswith(_GZIP):
        with gzip.open(raw, "rb") as stream:
            yield cast("IO[bytes]", stream)
    elif head == _ZSTD:
        with pa.CompressedInputStream(pa.PythonFile(raw, "r"), "zstd") as packed:
            yield io.BufferedReader(cast("io.RawIOBase", packed), 2**20)
    else:
        yield raw


def _is_damage(error: OSError) -> bool:
    """Broken zstd is an OSError without a number in pyarrow."""
    return error.errno is None


def _damaged(source: str, number: int, error: Exception) -> Problem:
    return Problem(
        shown(source),
        number,
        1,
        "the compressed file is cut short or damaged from here on",
        f"copy or make it again ({str(error).splitlines()[0][:100]})",
    )


def _too_long(source: str, number: int) -> Problem:
    size = LONGEST_LINE // 2**20
    return Problem(
        shown(source),
        number,
        1,
        f"a line of more than {size} MiB",
        "the file must be JSON Lines: one JSON object a line",
    )
