"""Wide rows of the parts, in an order that was found from narrow columns alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

_T = TypeVar("_T")

_AT_ONCE = 2048
"""Rows in memory: of the order asked for, those that are read together."""


def rows_at(
    parts: Sequence[Path],
    places: Iterable[tuple[int, int, int]],
    read: Callable[[Any], Iterable[_T]],
) -> Iterator[tuple[int, _T]]:
    """(ordinal, what `read` makes of the row) for each of the places, in their order.

    Args: `places`, each an ordinal, the number of a part and a row in it; `read` takes a batch of
    Arrow and gives one value a row.
    """
    waiting = iter(places)
    while batch := list(islice(waiting, _AT_ONCE)):
        found: list[Any] = [None] * len(batch)
        wanted: dict[int, list[tuple[int, int]]] = {}
        for index, (_, part, row) in enumerate(batch):
            wanted.setdefault(part, []).append((row, index))
        for part, rows in wanted.items():
            rows.sort()
            values = _read(parts[part], [row for row, _ in rows], read)
            for (_, index), value in zip(rows, values, strict=True):
                found[index] = value
        for (ordinal, *_), value in zip(batch, found, strict=True):
            yield ordinal, value


def _read(part: Path, rows: Sequence[int], read: Callable[[Any], Iterable[_T]]) -> Iterator[_T]:
    for table in tables_at(part, rows):
        for batch in table.combine_chunks().to_batches():
            yield from read(batch)


def tables_at(part: Path, rows: Sequence[int]) -> Iterator[Any]:
    """The rows of one part, which rise, as tables; only row groups that hold one are read."""
    with pq.ParquetFile(part, pre_buffer=False) as file:
        first, at = 0, 0
        for group in range(file.metadata.num_row_groups):
            past = first + file.metadata.row_group(group).num_rows
            start = at
            while at < len(rows) and rows[at] < past:
                at += 1
            if at > start:
                inside = pa.array([row - first for row in rows[start:at]], pa.int64())
                yield file.read_row_group(group).take(inside)
            first = past
