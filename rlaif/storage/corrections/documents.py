"""The objects of a JSON file: one a line, or a list of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from rlaif.errors import FileProblems, InputError, Problem
from rlaif.storage.json_rows import parse_line
from rlaif.storage.lines import read_lines, shown
from rlaif.storage.places import place_of

MOST_BYTES = 512 * 2**20
"""Of a file that is one list, which is read at once."""


def objects_of(source: str) -> Iterator[tuple[int, dict[str, Any] | Problem]]:
    """Each object with its number from 1: its line, or its place in the list.

    Raises: InputError for a file that cannot be read; FileProblems for one that is no JSON.
    """
    if not _is_list(source):
        for number, line in read_lines(source):
            yield number, parse_line(source, number, line)
        return
    for number, value in enumerate(_list(source), 1):
        if isinstance(value, dict):
            yield number, value
        else:
            told = f"record {number}: expected an object"
            yield number, Problem(shown(source), 0, 0, told)


def _is_list(source: str) -> bool:
    """Whether the file begins with a bracket."""
    first = next(read_lines(source), None)
    return first is not None and first[1].lstrip()[:1] == b"["


def _list(source: str) -> list[Any]:
    with place_of(source).opened() as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise InputError(
            f"{shown(source)}: a list of more than {MOST_BYTES // 2**20} MiB is not read at once\n"
            "  hint: write one object a line (JSON Lines)"
        )
    try:
        found = orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        told = f"broken JSON: {error.msg}"
        raise FileProblems(
            [Problem(shown(source), error.lineno, error.colno, told, "export the file again")]
        ) from error
    return found if isinstance(found, list) else [found]
