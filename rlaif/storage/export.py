"""Grades out: as JSON Lines, CSV, Parquet or a saved dataset, streamed, and whole or not at all."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice, starmap
from typing import IO, Any, Literal

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from rlaif.errors import InputError
from rlaif.records.grade import Grade
from rlaif.storage.export_csv import write_csv
from rlaif.storage.export_dataset import write_dataset
from rlaif.storage.export_rows import export_row
from rlaif.storage.placing import placed, placed_folder
from rlaif.storage.placing import plain_file as plain_file

Format = Literal["jsonl", "csv", "parquet", "dataset"]

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
    """Write `grades` to `out`, a path or a URL, or `-` for standard output; how many they were.

    Args: each grade with the variances of its verdicts by criterion; see `export_row`.
    Raises: InputError when nothing can be at `out`; RunError when it cannot be written, and what
    was there before is then kept.
    """
    if kind == "dataset":
        if out == STANDARD_OUTPUT:
            raise InputError("a dataset is a folder: name one with --out")
        with placed_folder(out) as folder:
            return write_dataset(_tables(starmap(export_row, grades)), SCHEMA, folder)
    if kind == "parquet" and out == STANDARD_OUTPUT:
        raise InputError("Parquet needs a file: name one with --out")
    writers: dict[str, Callable[[Iterator[dict[str, Any]], IO[bytes]], int]] = {
        "jsonl": _write_jsonl,
        "csv": write_csv,
        "parquet": _write_parquet,
    }
    with destination(out) as stream:
        return writers[kind](starmap(export_row, grades), stream)


def write_rows(rows: Iterable[dict[str, Any]], out: str) -> int:
    """Write rows as JSON Lines to `out`; how many they were. Raises: as `export`."""
    with destination(out) as stream:
        return _write_jsonl(iter(rows), stream)


@contextmanager
def destination(out: str) -> Iterator[IO[bytes]]:
    """A stream to `out`, `-` for standard output; a file is there whole or not at all."""
    if out == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with placed(out) as stream:
        yield stream


def _write_jsonl(rows: Iterator[dict[str, Any]], stream: IO[bytes]) -> int:
    count = 0
    for row in rows:
        stream.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
        count += 1
    return count


def _write_parquet(rows: Iterator[dict[str, Any]], stream: IO[bytes]) -> int:
    count = 0
    with pq.ParquetWriter(stream, SCHEMA, compression="zstd") as writer:
        for table in _tables(rows):
            writer.write_table(table)
            count += table.num_rows
    return count


def _tables(rows: Iterator[dict[str, Any]]) -> Iterator[pa.Table]:
    while batch := list(islice(rows, _ROWS)):
        yield pa.Table.from_pylist(batch, schema=SCHEMA)
