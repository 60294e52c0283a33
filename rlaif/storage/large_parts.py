"""Rows of many parts written into few large ones, in a given order, with flat memory."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from rlaif.errors import RunError
from rlaif.storage.grade_table import ROW_GROUP, SCHEMA
from rlaif.storage.part_rows import tables_at
from rlaif.storage.whole_files import write_large_part

ROWS = 100_000
"""Of one part, about."""

SIZE = 64 * 2**20
"""Bytes after which a part ends."""

_Place = tuple[int, int, int]
"""Number of the part, row in it, hash of the sample id."""


def lay_together(
    old: Sequence[Path],
    places: Iterable[_Place],
    folder: Path,
    rows: int = ROWS,
    size: int = SIZE,
) -> list[Path]:
    """Write the rows at `places` into new parts of `folder`, complete and synced; where they are.

    Rows of one sample id that stand together lie in one part. The new parts come after the old
    ones in the order of names, and so do those that are written later.
    Raises: RunError when they cannot be written; none of them is left then.
    """
    name = f"{_time_after(old):013d}-{secrets.token_hex(4)}"
    writing = _Writing(old, places, rows, size)
    new: list[Path] = []
    try:
        while writing.more:
            new.append(write_large_part(folder, f"{name}-{len(new):06d}", writing.one_part))
    except BaseException as error:
        for path in new:
            with suppress(OSError):
                path.unlink()
        if isinstance(error, pa.ArrowException):
            told = "the parts cannot be laid together"
            raise RunError(f"{folder}: {told} ({str(error).splitlines()[0]})") from error
        raise
    return new


class _Writing:
    """The places that are still to be written."""

    def __init__(self, old: Sequence[Path], places: Iterable[_Place], rows: int, size: int) -> None:
        self._old, self._rows, self._size = old, rows, size
        self._schema = _schema_of(old)
        self._groups = _in_groups(places, min(rows, ROW_GROUP))
        self._next = next(self._groups, None)

    @property
    def more(self) -> bool:
        """Whether another part is to be written."""
        return self._next is not None

    def one_part(self, stream: IO[bytes]) -> None:
        """Write places into `stream` until it is full, and ends with all rows of a sample id."""
        written = 0
        with pq.ParquetWriter(
            stream, self._schema, compression="zstd", write_page_checksum=True
        ) as writer:
            while group := self._next:
                writer.write_table(_rows_of(self._old, group, self._schema))
                written += len(group)
                self._next = next(self._groups, None)
                full = written >= self._rows or stream.tell() >= self._size
                if full and self._next and self._next[0][2] != group[-1][2]:
                    return


def _in_groups(places: Iterable[_Place], most: int) -> Iterator[list[_Place]]:
    waiting = iter(places)
    while group := list(islice(waiting, most)):
        yield group


def _rows_of(old: Sequence[Path], group: Sequence[_Place], schema: Any) -> Any:
    """The rows at some places, in their order; of each old part only the row groups with one."""
    wanted: dict[int, list[tuple[int, int]]] = {}
    for index, (part, row, _) in enumerate(group):
        wanted.setdefault(part, []).append((row, index))
    tables, order = [], []
    for part, rows in wanted.items():
        rows.sort()
        tables.append(
            _like(pa.concat_tables(tables_at(old[part], [row for row, _ in rows])), schema)
        )
        order += [index for _, index in rows]
    at = [0] * len(order)
    for place, index in enumerate(order):
        at[index] = place
    return pa.concat_tables(tables).take(pa.array(at, pa.int64()))


def _schema_of(old: Sequence[Path]) -> Any:
    """The columns that any of the parts has."""
    found = pa.unify_schemas([SCHEMA, *(pq.read_schema(part) for part in old)])
    return found.with_metadata(SCHEMA.metadata)


def _like(table: Any, schema: Any) -> Any:
    """The table with all columns of `schema`; those that it lacks are null."""
    for field in schema:
        if field.name not in table.schema.names:
            table = table.append_column(field, pa.nulls(table.num_rows, field.type))
    return table.select(schema.names).cast(schema)


def _time_after(old: Sequence[Path]) -> int:
    """Milliseconds since 1970, later than the name of every old part, whatever the clock says."""
    stated = (part.name.partition("-")[0] for part in old)
    newest = max((int(text) for text in stated if text.isdigit()), default=0)
    return max(time.time_ns() // 1_000_000, newest + 1)
