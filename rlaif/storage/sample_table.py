"""The kept text of a run's samples: one row a sample, in the order of the input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from rlaif.records.identity import canonical
from rlaif.records.sample import Sample, written_digest
from rlaif.storage.grade_table import as_parquet
from rlaif.storage.samples import Row
from rlaif.storage.whole_files import write_part

ROWS = 4096
"""Most samples of one part."""

SIZE = 16 * 2**20
"""Bytes of sample text after which a part is written."""

BATCH = 512
"""Rows read at once."""

_FIELDS: list[tuple[str, Any]] = [
    ("ordinal", pa.int64()),
    ("sample_id", pa.string()),
    ("sample_hash", pa.string()),
    ("path", pa.string()),
    ("line", pa.int64()),
    ("sample", pa.string()),
]

SCHEMA = pa.schema(_FIELDS, metadata={"rlaif": "samples 1"})
"""`sample` is the record as written, in canonical JSON."""


KeptRow = tuple[int, str, str, str, int, str]
"""A row of SCHEMA."""


class SampleParts:
    """Writes samples into parts of one folder, a part in memory at a time."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, which must be there."""
        self._folder = folder
        self._columns: dict[str, list[Any]] = {name: [] for name in SCHEMA.names}
        self._size = 0
        self._written = 0
        self.count = 0
        """Samples that were put in."""
        self.seen = 0
        """The same with those that were passed over; the ordinal of the next one."""

    def passed_over(self) -> None:
        """Leave one out: those behind it keep their place in the input."""
        self.seen += 1

    def add(self, row: Row, sample: Sample) -> bytes:
        """Put `sample` at the end; its canonical text."""
        written = sample.as_written()
        text = canonical(written)
        values = (
            self.seen,
            sample.sample_id,
            written_digest(written),
            row.path,
            row.line,
            text,
        )
        self._put(values, len(text))
        self.seen += 1
        return text

    def copy(self, row: KeptRow) -> None:
        """Put a row of other parts at the end, as it is."""
        *narrow, text = row
        self._put((*narrow, text.encode()), len(text))

    def _put(self, values: Sequence[Any], size: int) -> None:
        for column, value in zip(self._columns.values(), values, strict=True):
            column.append(value)
        self.count += 1
        self._size += size
        if self._size >= SIZE or len(self._columns["ordinal"]) >= ROWS:
            self.flush()

    def flush(self) -> None:
        """Write what is in memory as one part."""
        if not self._columns["ordinal"]:
            return
        texts = pa.array(self._columns.pop("sample"), pa.binary()).cast(pa.string())
        arrays = [pa.array(v, SCHEMA.field(name).type) for name, v in self._columns.items()]
        table = pa.Table.from_arrays([*arrays, texts], schema=SCHEMA)
        write_part(self._folder, f"part-{self._written:06d}", as_parquet(table))
        self._written += 1
        self._columns = {name: [] for name in SCHEMA.names}
        self._size = 0


def without(part: Path, dropped: bytearray) -> None:
    """Write `part` again without the rows whose ordinals are flagged in `dropped`."""
    table = pq.read_table(part, partitioning=None)
    ordinals: Any = table.column("ordinal").to_pylist()
    kept = [place for place, ordinal in enumerate(ordinals) if not dropped[ordinal]]
    if len(kept) == table.num_rows:
        return
    name = part.stem.rpartition("-")[0]
    part.unlink()
    if kept:
        write_part(part.parent, name, as_parquet(table.take(pa.array(kept, pa.int64()))))


def ids_of(parts: Iterable[Path]) -> Iterator[tuple[int, str]]:
    """(ordinal, id) of each sample, in order."""
    for part in parts:
        with pq.ParquetFile(part, pre_buffer=False) as file:
            for batch in file.iter_batches(BATCH, columns=["ordinal", "sample_id"]):
                yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def kept_rows(parts: Iterable[Path], batch: int = BATCH) -> Iterator[KeptRow]:
    """The rows of parts as they are, in order; `batch` of them are in memory."""
    for part in parts:
        with pq.ParquetFile(part, pre_buffer=False) as file:
            for rows in file.iter_batches(batch, columns=SCHEMA.names):
                yield from zip(*(column.to_pylist() for column in rows.columns), strict=True)


def row_count(part: Path) -> int:
    """Samples in one part."""
    count: int = pq.read_metadata(part).num_rows
    return count


def read_kept(
    parts: Iterable[Path], wanted: Iterator[int] | None = None
) -> Iterator[tuple[int, str, Sample]]:
    """(ordinal, content hash, sample) in order; of the rising ordinals `wanted`, or all."""
    target = next(wanted, None) if wanted else None
    for part in parts:
        if wanted and target is None:
            return
        for ordinal, sample_hash, text in _rows(part):
            if wanted and ordinal != target:
                continue
            yield ordinal, sample_hash, Sample.model_validate(orjson.loads(text))
            target = next(wanted, None) if wanted else None


def _rows(part: Path) -> Iterator[tuple[int, str, str]]:
    with pq.ParquetFile(part, pre_buffer=False) as file:
        for batch in file.iter_batches(BATCH, columns=["ordinal", "sample_hash", "sample"]):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
