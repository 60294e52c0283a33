"""What a replica that died had put on disk before it could say so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rlaif.grading.plan import Work
from rlaif.records.grade import Grade
from rlaif.runs.ray_messages import Batch, batch_of
from rlaif.runs.watching import Step, step_of
from rlaif.storage.grade_table import read_grades
from rlaif.storage.whole_files import disk_errors, is_intact, parts

_NAME = ("sample_id", "sample_hash", "under", "attempt")
_Name = tuple[Any, ...]


def rescue(run: Path, under: str, batches: Sequence[Batch]) -> tuple[Step, list[Batch]]:
    """What of the batches is in the run's parts, counted, and what is left of each.

    Where a file server shows a new part late, its samples are graded a second time: one of two
    equal grades then counts. Raises: RunError.
    """
    works = [batch.works() for batch in batches]
    wanted = {_name(work, under) for some in works for work in some}
    found: dict[_Name, Grade] = {}
    with disk_errors(run):
        for part in parts(run / "parts"):
            found.update(_looked(part, wanted))
    rest = []
    for batch, some in zip(batches, works, strict=True):
        if left := [work for work in some if _name(work, under) not in found]:
            rest.append(batch_of(left, batch.deaths))
    return step_of(found.values()), rest


def _name(work: Work, under: str) -> _Name:
    return work.sample.sample_id, work.sample_hash, under, work.attempt


def _looked(part: Path, wanted: set[_Name]) -> Iterator[tuple[_Name, Grade]]:
    """The wanted grades of one part. Its outcomes are read only where there are some."""
    try:
        with pq.ParquetFile(part, pre_buffer=False) as file:
            names = _names(file.read(columns=list(_NAME)))
            places = [place for place, name in enumerate(names) if name in wanted]
            if not places or not is_intact(part):
                return
            some = file.read().take(pa.array(places, pa.int64()))
    except pa.ArrowInvalid:  # damaged: the next job sets it aside
        return
    for batch in some.to_batches():
        yield from zip(_names(batch), read_grades(batch), strict=True)


def _names(table: Any) -> list[_Name]:
    return list(zip(*(table.column(name).to_pylist() for name in _NAME), strict=True))
