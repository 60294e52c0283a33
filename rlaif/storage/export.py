"""Grades out: as JSON Lines, CSV or Parquet, streamed, and whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice, starmap
from pathlib import Path
from typing import IO, Any, Literal

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from rlaif.errors import InputError
from rlaif.records.grade import Grade
from rlaif.storage.export_csv import write_csv
from rlaif.storage.export_rows import export_row
from rlaif.storage.whole_files import disk_errors, replacing

Format = Literal["jsonl", "csv", "parquet"]

STANDARD_OUTPUT = "-"

_ROWS = 1024
_VOTE = pa.struct(
    [
        ("by", pa.string()),
        ("distribution", pa.list_(pa.float64())),
        ("label_mass", pa.float64()),
    ]
)
_OUTCOME = pa.struct(
    [
        ("criterion", pa.string()),
        ("kind", pa.string()),
        ("answer", pa.string()),
        ("value", pa.float64()),
        ("probability", pa.float64()),
        ("label_mass", pa.float64()),
        ("stage", pa.string()),
        ("reason", pa.string()),
        ("message", pa.string()),
        ("rationale", pa.string()),
        ("evidence", pa.list_(pa.struct([("text", pa.string()), ("found", pa.bool_())]))),
        ("votes", pa.list_(_VOTE)),
        ("variance", pa.float64()),
    ]
)
_FIELDS: list[tuple[str, Any]] = [
    ("sample_id", pa.string()),
    ("rubric", pa.string()),
    ("judge", pa.string()),
    ("score", pa.float64()),
    ("raw_score", pa.float64()),
    ("status", pa.string()),
    ("reason", pa.string()),
    ("sections", pa.list_(pa.struct([("section", pa.string()), ("value", pa.float64())]))),
    ("outcomes", pa.list_(_OUTCOME)),
]
SCHEMA = pa.schema(_FIELDS)
"""Of a Parquet export."""


def export(grades: Iterable[tuple[Grade, Mapping[str, float]]], out: str, kind: Format) -> int:
    """Write `grades` to the file `out`, `-` for standard output; how many they were.

    Args: each grade with the variances of its verdicts by criterion; see `export_row`.
    Raises: InputError when `out` is no file; RunError when it cannot be written, and what was there
    before is then kept.
    """
    if kind == "parquet" and out == STANDARD_OUTPUT:
        raise InputError("Parquet needs a file: name one with --out")
    writers: dict[Format, Callable[[Iterator[dict[str, Any]], IO[bytes]], int]] = {
        "jsonl": _write_jsonl,
        "csv": write_csv,
        "parquet": _write_parquet,
    }
    with _destination(out) as stream:
        return writers[kind](starmap(export_row, grades), stream)


def write_rows(rows: Iterable[dict[str, Any]], out: str) -> int:
    """Write rows as JSON Lines to `out`; how many they were. Raises: as `export`."""
    with _destination(out) as stream:
        return _write_jsonl(iter(rows), stream)


@contextmanager
def _destination(out: str) -> Iterator[IO[bytes]]:
    if out == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = plain_file(out)
    with disk_errors(path), replacing(path) as stream:
        yield stream


def plain_file(out: str) -> Path:
    """The file that `out` leads to: what is put in its place must replace no link and no device."""
    path = Path(os.path.realpath(out))
    if not out or (path.exists() and not path.is_file()):
        raise InputError(f"{out}: not a file\n  hint: --out names the file to write")
    if not path.parent.is_dir():
        raise InputError(f"{out}: there is no folder {path.parent}")
    return path


def _write_jsonl(rows: Iterator[dict[str, Any]], stream: IO[bytes]) -> int:
    count = 0
    for row in rows:
        stream.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
        count += 1
    return count


def _write_parquet(rows: Iterator[dict[str, Any]], stream: IO[bytes]) -> int:
    count = 0
    with pq.ParquetWriter(stream, SCHEMA, compression="zstd") as writer:
        while batch := list(islice(rows, _ROWS)):
            writer.write_table(pa.Table.from_pylist(batch, schema=SCHEMA))
            count += len(batch)
    return count
