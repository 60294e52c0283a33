"""What a replica that died had put on disk before it could say so."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from rlaif.records.grade import Grade
from rlaif.runs.ray_messages import Batch, batch_of
from rlaif.runs.watching import Step, step_of
from rlaif.storage.cleaning import sound_parts
from rlaif.storage.grade_table import read_grades

_NARROW = ["sample_id", "sample_hash", "under", "attempt"]


def rescue(run: Path, under: str, batch: Batch) -> tuple[Step, Batch | None]:
    """What of a batch is in the run's parts, counted, and a batch of the rest if there is any.

    Where a file server shows a new part late, its samples are graded a second time: one of two
    equal grades then counts.
    """
    works = batch.works()
    names = {(w.sample.sample_id, w.sample_hash, under, w.attempt) for w in works}
    found: dict[tuple[str, ...], Grade] = {}
    for part in sound_parts(run):
        _look(part, names, found, under)
    rest = [
        w for w in works if (w.sample.sample_id, w.sample_hash, under, w.attempt) not in found
    ]
    return step_of(found.values()), batch_of(rest, batch.deaths) if rest else None
