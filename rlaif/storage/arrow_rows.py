"""Rows of Parquet files and of Hugging Face datasets saved on disk, a batch in memory at a time."""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from rlaif.errors import InputError
from rlaif.records.base import Fault
from rlaif.storage.places import Place

_BATCH = 512
"""Rows decoded at once."""

_JSON = ("criteria", "metadata")

RawRow = tuple[int, dict[str, Any] | Fault]
"""A row's number in its file, from 1, and the row, or why it cannot be read."""


def parquet_rows(place: Place) -> Iterator[RawRow]:
    """The rows of one Parquet file. Raises: InputError when it is none, or is damaged."""
    try:
        with place.table_file() as raw, pq.ParquetFile(raw, pre_buffer=False) as file:
            yield from _numbered(file.iter_batches(_BATCH))
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{place.name}: not a whole Parquet file: {_first_line(error)}") from error


def stream_rows(place: Place) -> Iterator[RawRow]:
    """The rows of one Arrow IPC stream file, as `Dataset.save_to_disk` writes them."""
    try:
        with place.table_file() as raw, pa.ipc.open_stream(raw) as reader:
            yield from _numbered(iter(reader))
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{place.name}: not a whole Arrow file: {_first_line(error)}") from error


def dataset_files(folder: Place) -> list[Place] | None:
    """The files of a saved dataset in its order; None where `folder` is no such thing.

    Raises: InputError for a folder of several splits.
    """
    several = folder.inside("dataset_dict.json")
    if several.kind() == "file":
        splits = _json(several).get("splits", [])
        which = "\n".join(f"  {folder.inside(str(split)).name}" for split in splits)
        raise InputError(f"{folder.name}: a dataset of several splits; name one of them:\n{which}")
    state = folder.inside("state.json")
    if state.kind() != "file":
        return None
    files = _json(state).get("_data_files", [])
    return [folder.inside(str(file["filename"])) for file in files]


def _json(place: Place) -> dict[str, Any]:
    try:
        with place.opened() as stream:
            value = json.loads(stream.read())
    except (ValueError, OSError) as error:
        raise InputError(f"{place.name}: not readable as JSON: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"{place.name}: not the description of a dataset")
    return value


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or ["it is empty"])[0][:200]


def _numbered(batches: Iterator[Any]) -> Iterator[RawRow]:
    number = 0
    for batch in batches:
        for row in _pythonic(batch):
            number += 1
            yield number, row


def _pythonic(batch: Any) -> list[dict[str, Any] | Fault]:
    try:
        rows = batch.to_pylist()
    except UnicodeDecodeError:
        rows = [_one(batch.slice(i, 1)) for i in range(batch.num_rows)]
    return [row if isinstance(row, Fault) else _json_types(row) for row in rows]


def _one(batch: Any) -> dict[str, Any] | Fault:
    try:
        row: dict[str, Any] = batch.to_pylist()[0]
    except UnicodeDecodeError:
        return Fault((), "text that is not UTF-8")
    return row


def _json_types(row: dict[str, Any]) -> dict[str, Any] | Fault:
    plain: dict[str, Any] = {}
    for key, value in row.items():
        try:
            plain[key] = _plain(value)
        except TypeError as error:
            return Fault((key,), str(error), "leave this column out")
    return plain


def _plain(value: Any) -> Any:
    """JSON's types; Arrow fills every key that some row has, so a null key is an absent one."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, str | int | None):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return _written_out(value)


def _written_out(value: object) -> str | float:
    """What tables have and JSON lacks. Raises: TypeError for what has no form in JSON."""
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    raise TypeError("binary content is not supported yet: text only")


class JsonColumns:
    """Reads the columns that hold JSON as text: `criteria` and `metadata`.

    Chats are lists of messages. Text is never read as one: a completion is hostile, and must not
    decide by its own form how it is read.
    """

    def __init__(self, mapping: dict[str, str]) -> None:
        """Take the mapping (our field: their column), since columns have their names."""
        self._names = [mapping.get(name, name) for name in _JSON]

    def read(self, row: dict[str, Any]) -> dict[str, Any] | Fault:
        """`row` with its JSON read, or the fault of a text that is not JSON."""
        for name in self._names:
            text = row.get(name)
            if not isinstance(text, str):
                continue
            try:
                row[name] = orjson.loads(text) if text.strip() else None
            except orjson.JSONDecodeError as error:
                return Fault((name,), f"expected JSON: {error.msg}")
        return row
