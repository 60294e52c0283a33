"""Files of other formats -> rows, documents and tables, each with its place for a person."""

from __future__ import annotations

import csv
import io
import tomllib
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from pydantic_core import PydanticCustomError

from rlaif.authoring.document import parse_tree
from rlaif.authoring.importers.table import Line, Table
from rlaif.authoring.importers.wording import FORMULA
from rlaif.authoring.nodes import data, scalars
from rlaif.authoring.reading import decode, read_bytes
from rlaif.errors import FileProblems, InputError, Problem
from rlaif.lazy import ADAPTERS, load
from rlaif.records.base import Fault
from rlaif.records.written import plain
from rlaif.storage.arrow_rows import parquet_rows
from rlaif.storage.json_rows import parse_line
from rlaif.storage.lines import read_lines
from rlaif.storage.places import place_of

MOST_WHOLE = 256 * 2**20
"""Bytes of a file that is read as one document."""


class Read(NamedTuple):
    """One row: where it stands, its line (0 where the file has none), and it or what is wrong."""

    where: str
    line: int
    row: dict[str, Any] | str


def read_table_rows(path: Path) -> Iterator[Read]:
    """The rows of JSON Lines, of a JSON list, or of Parquet. Raises: InputError, FileProblems."""
    if path.suffix == ".parquet":
        for number, row in parquet_rows(place_of(str(path))):
            yield Read(f"row {number}", 0, row.message if isinstance(row, Fault) else row)
        return
    whole = _as_list(path)
    if whole is not None:
        for number, row in enumerate(whole, 1):
            yield Read(f"item {number}", 0, row if isinstance(row, dict) else "expected an object")
        return
    for number, line in read_lines(str(path)):
        found = parse_line(str(path), number, line)
        if isinstance(found, Problem):
            hint = f" ({found.hint})" if found.hint else ""
            yield Read(f"line {number}", number, f"{found.message}{hint}")
        else:
            yield Read(f"line {number}", number, found)


def _as_list(path: Path) -> list[Any] | None:
    """The rows of a file that is one JSON document; None for JSON Lines."""
    lines = read_lines(str(path))
    number, first = next(lines, (0, b""))
    if not number:
        raise FileProblems([Problem(str(path), 0, 0, "the file is empty")])
    if first[:1] not in (b"[", b"{") or (first[:1] == b"{" and _is_json(first)):
        return None
    try:
        value = orjson.loads(_unpacked(path))
    except orjson.JSONDecodeError as error:
        if first[:1] == b"[":
            raise FileProblems([_broken_json(path, error)]) from error
        return None
    return value if isinstance(value, list) else [value]


def _is_json(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def read_whole(path: Path) -> Any:
    """A document by the end of its name: TOML, YAML, else JSON. Raises: FileProblems."""
    suffix = path.suffix.lower()
    if suffix in (".yaml", ".yml"):
        return _yaml(path)
    if suffix == ".toml":
        try:
            return tomllib.loads(decode(path, read_bytes(path, MOST_WHOLE)))
        except tomllib.TOMLDecodeError as error:
            raise FileProblems([Problem(str(path), 0, 0, f"broken TOML: {error}")]) from error
    try:
        return orjson.loads(_unpacked(path))
    except orjson.JSONDecodeError as error:
        raise FileProblems([_broken_json(path, error)]) from error


def _yaml(path: Path) -> Any:
    root, problems = parse_tree(decode(path, read_bytes(path)), str(path))
    if root is None or problems:
        raise FileProblems(problems)
    for _, scalar in scalars(root):
        try:
            plain(scalar.value)
        except PydanticCustomError as error:  # .nan, or a number beyond all bounds
            told = Problem(str(path), scalar.line, scalar.column, str(error))
            raise FileProblems([told]) from error
    return plain(data(root))


def _unpacked(path: Path) -> bytes:
    """A JSON document, unpacked and without a byte order mark; its lines keep their numbers.

    Raises: FileProblems for one that is damaged, or larger than `MOST_WHOLE`.
    """
    content = bytearray()
    last = 1
    for number, line in read_lines(str(path)):
        content += b"\n" * (number - last) + line
        last = number
        if len(content) > MOST_WHOLE:
            told = f"the document is larger than {MOST_WHOLE // 2**20} MiB"
            raise FileProblems([Problem(str(path), 0, 0, told, "JSON Lines may be larger")])
    return bytes(content)


def _broken_json(path: Path, error: orjson.JSONDecodeError) -> Problem:
    return Problem(str(path), error.lineno, error.colno, f"broken JSON: {error.msg}")


def read_text_file(path: Path) -> str:
    """A file of text. Raises: FileProblems."""
    return decode(path, read_bytes(path, MOST_WHOLE))


def read_tables(path: Path) -> list[Table]:
    """The table of a CSV file, or every sheet of a workbook that is not empty.

    Raises: InputError, FileProblems; MissingExtra where openpyxl is not installed.
    """
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        read_bytes(path, MOST_WHOLE)
        sheets = load(ADAPTERS["xlsx"])(path)
        found = [_table(f"{path} [{name}]", rows) for name, rows in sheets if rows]
    else:
        rows = _csv_rows(path)
        found = [_table(str(path), rows)] if rows else []
    if not found:
        raise FileProblems([Problem(str(path), 0, 0, "there is nothing in it")])
    return found


def _csv_rows(path: Path) -> list[tuple[int, list[str]]]:
    text = read_text_file(path)
    if "\0" in text:
        raise FileProblems([Problem(str(path), 0, 0, "this is not a text file (it has a NUL)")])
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    csv.field_size_limit(MOST_WHOLE)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows = []
    try:
        start = 1
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((start, row))
            start = reader.line_num + 1
    except csv.Error as error:
        message = f"broken CSV from this line on: {error}"
        raise FileProblems([Problem(str(path), start, 1, message)]) from error
    return rows


def _table(path: str, rows: list[tuple[int, list[str]]]) -> Table:
    headings = [heading.strip() for heading in rows[0][1]]
    counted = Counter(heading.lower() for heading in headings if heading)
    twice = sorted(heading for heading, count in counted.items() if count > 1)
    if twice:
        message = f"the column '{twice[0]}' stands twice"
        raise FileProblems([Problem(path, rows[0][0], 1, message, "rename one of the two")])
    long = [number for number, row in rows[1:] if any(map(str.strip, row[len(headings) :]))]
    if long:
        message = f"row {long[0]} has more cells than there are headings"
        hint = "text with a separator in it goes in double quotes"
        raise FileProblems([Problem(path, long[0], 1, message, hint)])
    lines = [
        Line(n, dict(zip(headings, map(_without_guard, row), strict=False))) for n, row in rows[1:]
    ]
    return Table(path, headings, lines)


def _without_guard(cell: str) -> str:
    """A cell without the apostrophe that keeps spreadsheets from taking it for a formula."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(FORMULA) else cell


def first_of(rows: Iterator[Read]) -> tuple[Any, Iterator[Read]]:
    """The first row that is an object, or None, and all rows again."""
    seen: list[Read] = []
    for one in rows:
        seen.append(one)
        if isinstance(one.row, dict):
            return one.row, chain(seen, rows)
        if len(seen) == 100:
            break
    return None, chain(seen, rows)


def is_file(path: Path) -> None:
    """Raises: InputError for a path that is no file, or none that can be read twice."""
    if not path.exists():
        raise InputError(f"{path}: no such file")
    if path.is_dir():
        raise InputError(f"{path}: this is a folder, not a file")
    if not path.is_file():
        told = "this is a pipe or a device, and an import reads its file twice"
        raise InputError(f"{path}: {told}\n  hint: write it to a file first")
