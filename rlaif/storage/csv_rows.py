"""Rows of a CSV file with headings, as spreadsheets write it; one row in memory at a time."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from rlaif.errors import InputError
from rlaif.records.base import Fault
from rlaif.storage.arrow_rows import RawRow
from rlaif.storage.places import Place

LONGEST_CELL = 16 * 2**20
"""Characters. A quotation mark that is never closed must not swallow a whole file."""

_SEPARATORS = ",;\t"
_HEAD = 2**16


def csv_rows(place: Place) -> Iterator[RawRow]:
    """Each row by its headings, with the line on which it begins; an empty cell is absent.

    Commas, semicolons or tabs separate the cells, whichever the headings have most of.
    Raises: InputError for a file without usable headings, or that cannot be read.
    """
    csv.field_size_limit(LONGEST_CELL)
    try:
        with place.opened() as raw:
            separator = _separator(raw.peek(_HEAD)[:_HEAD].decode("utf-8-sig", "replace"))
            with io.TextIOWrapper(raw, "utf-8-sig", newline="") as file:
                reader = csv.reader(file, delimiter=separator, strict=True)
                yield from _rows(place.name, reader)
    except OSError as error:
        raise InputError(f"{place.name}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        message = f"{place.name}: not UTF-8 (byte 0x{error.object[error.start]:02x})"
        raise InputError(f"{message}\n  hint: save it as 'CSV UTF-8'") from error


def _separator(head: str) -> str:
    first = next((line for line in head.splitlines() if line.strip()), "")
    return max(_SEPARATORS, key=first.count)


def _rows(path: str, reader: Any) -> Iterator[RawRow]:
    headings: list[str] | None = None
    begins = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            if headings is None:
                raise InputError(f"{path}:{begins}: {error}") from error
            yield begins, _broken(error)
            return
        if cells is None:
            break
        if not any(cell.strip() for cell in cells):
            pass
        elif headings is None:
            headings = _headings(path, cells)
        else:
            yield begins, _row(headings, cells)
        begins = reader.line_num + 1
    if headings is None:
        raise InputError(f"{path}: the file is empty")


def _headings(path: str, cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    for place, name in enumerate(names):
        if not name:
            raise InputError(f"{path}:1: column {place + 1} has no heading")
        if name in names[:place]:
            raise InputError(f"{path}:1: the heading '{name}' stands twice")
    return names


def _row(headings: list[str], cells: list[str]) -> dict[str, Any] | Fault:
    more = [cell for cell in cells[len(headings) :] if cell.strip()]
    if more:
        message = f"{len(cells)} cells under {len(headings)} headings"
        return Fault((), message, "a text with a comma or line break in it goes in double quotes")
    pairs = zip_longest(headings, cells[: len(headings)], fillvalue="")
    return {name: cell or None for name, cell in pairs}


def _broken(error: csv.Error) -> Fault:
    return Fault(
        (),
        f"the row cannot be read ({error}), nor what comes after it",
        'a double quote inside a text is written twice (""), and the text goes in quotes',
    )
