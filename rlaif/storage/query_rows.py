"""What a query has found, into a file or to standard output: JSON, JSON Lines, CSV, Parquet."""

from __future__ import annotations

import csv
import datetime
import io
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import IO, Any, Literal

import orjson
import pyarrow.parquet as pq

from rlaif.errors import InputError
from rlaif.storage.export import STANDARD_OUTPUT, destination
from rlaif.storage.export_csv import safe_cell
from rlaif.storage.query_text import Found

Format = Literal["json", "jsonl", "csv", "parquet"]
_PLAIN = (str, int, float, bool, type(None))


def write_found(found: Found, out: str, kind: Format) -> int:
    """Write the rows to `out`, a path or a URL, `-` for standard output; how many they were.

    Raises: InputError when no file can be there, or Parquet is wanted on standard output; RunError
    when it cannot be written, and what was there before is then kept.
    """
    if kind == "parquet" and out == STANDARD_OUTPUT:
        raise InputError("Parquet needs a file: name one with --out")
    writers: dict[Format, Callable[[Found, IO[bytes]], int]] = {
        "json": _write_json,
        "jsonl": _write_jsonl,
        "csv": _write_csv,
        "parquet": _write_parquet,
    }
    with destination(out) as stream:
        return writers[kind](found, stream)


def plain(value: Any) -> Any:
    """A value of a query in JSON's types; what JSON has no word for is its text."""
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else str(value)


def json_text(value: Any) -> bytes:
    """A plain value as JSON."""
    try:
        return orjson.dumps(value)
    except TypeError:  # a number beyond 64 bits, which a sum can reach
        return json.dumps(value, ensure_ascii=False).encode()


def _objects(found: Found) -> Iterator[bytes]:
    names = [orjson.dumps(name) for name in found.names]
    for row in found.rows():
        values = (json_text(plain(value)) for value in row)
        yield b"{" + b",".join(b":".join(pair) for pair in zip(names, values, strict=True)) + b"}"


def _write_jsonl(found: Found, stream: IO[bytes]) -> int:
    count = 0
    for text in _objects(found):
        stream.write(text + b"\n")
        count += 1
    return count


def _write_json(found: Found, stream: IO[bytes]) -> int:
    count = 0
    for text in _objects(found):
        stream.write((b",\n " if count else b"[") + text)
        count += 1
    stream.write(b"]\n" if count else b"[]\n")
    return count


def _write_csv(found: Found, stream: IO[bytes]) -> int:
    text = io.TextIOWrapper(stream, "utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(safe_cell, found.names))
    count = 0
    for row in found.rows():
        writer.writerow([safe_cell(_cell(plain(value))) for value in row])
        count += 1
    text.detach()
    return count


def _cell(value: Any) -> Any:
    return json_text(value).decode() if isinstance(value, list | dict) else value


def _write_parquet(found: Found, stream: IO[bytes]) -> int:
    count = 0
    with pq.ParquetWriter(stream, found.schema, compression="zstd") as writer:
        for batch in found.batches:
            writer.write_batch(batch)
            count += batch.num_rows
    return count
