"""Corrections as records of another tool, or as the JSON lines that they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Literal

import orjson

from rlaif.records.correction import Correction
from rlaif.runs.corrections_source import Wanted, spooled
from rlaif.runs.corrections_split import Split, beside, refuse_source, refuse_stale
from rlaif.storage.corrections.argilla import argilla_records
from rlaif.storage.corrections.label_studio import label_studio_tasks
from rlaif.storage.corrections.reading import write_corrections
from rlaif.storage.export import STANDARD_OUTPUT, destination

RecordForm = Literal["argilla", "label-studio", "jsonl"]
Records = Callable[[Sequence[Correction]], Iterator[dict[str, Any]]]


def export_records(
    source: str, form: RecordForm, out: str, wanted: Wanted, split: Split
) -> Iterator[tuple[str, int]]:
    """Write every annotator's corrections, newest lines only; yields each file and its records.

    Raises: InputError, FileProblems, RunError.
    """
    splits = bool(split.share) and out != STANDARD_OUTPUT
    refuse_source(source, out, beside(out))
    if not splits and out != STANDARD_OUTPUT:
        refuse_stale(beside(out))
    with spooled(source, wanted) as spool:
        for kept_aside in (False, True) if splits else (False,):
            path = beside(out) if kept_aside else out
            if form == "jsonl":
                kept = (one for one in spool if split.keeps_aside(one) == kept_aside)
                yield path, write_corrections(kept, path)
                continue
            groups = (g for g in spool.by_sample() if split.keeps_aside(g[0]) == kept_aside)
            yield path, _write(_maker(form), groups, path)


def _maker(form: RecordForm) -> Records:
    """What makes the records of one file."""
    if form == "label-studio":
        return label_studio_tasks
    return partial(argilla_records, taken=set())


def _write(make: Records, groups: Iterable[Sequence[Correction]], out: str) -> int:
    """One JSON list, written as it is made: both tools read that."""
    count = 0
    with destination(out) as stream:
        for group in groups:
            for record in make(group):
                stream.write(b",\n" if count else b"[\n")
                stream.write(orjson.dumps(record))
                count += 1
        stream.write(b"\n]\n" if count else b"[]\n")
    return count
