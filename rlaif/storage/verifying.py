"""Whether the files of a run are as they were written. Nothing is changed.

Every fault is one sentence, which names the file and says what the next job makes of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq

from rlaif.records.identity import digest_of
from rlaif.records.sample import Sample, written_digest
from rlaif.storage.manifest import Manifest, Samples, text_fault
from rlaif.storage.sample_table import row_count
from rlaif.storage.whole_files import TEMPORARY, is_intact, parts

_BATCH = 512
_COLUMNS = ["ordinal", "sample_id", "sample_hash", "sample"]


def text_faults(run: Path, manifest: Manifest) -> Iterator[str]:
    """Kept texts that are gone, or are not what was kept."""
    for what in ("rubric", "judge"):
        stated = getattr(manifest, what)
        if stated is not None and (fault := text_fault(run, stated)):
            mend = f"the same command, started again, keeps the {what} anew"
            yield f"{stated.file} is {fault}: {mend}"


def leftovers(run: Path, inner: Sequence[str]) -> Iterator[str]:
    """Unfinished files of a killed process in the run and its `inner` folders."""
    for folder in (run, *(run / name for name in inner)):
        for path in sorted(folder.glob(f"{TEMPORARY}*")):
            told = "is the leftover of a killed process: the next job takes it away"
            yield f"{path.relative_to(run)} {told}"


def quarantined(run: Path) -> int:
    """How many damaged parts were set aside."""
    return sum(1 for _ in (run / "quarantine").glob("*"))


def part_faults(run: Path, found: Sequence[Path], what: str) -> Iterator[str]:
    """Parts whose bytes are not those that their names tell; `what` is done with their rows."""
    for part in found:
        if not is_intact(part):
            yield f"{part.relative_to(run)} is damaged: the next job sets it aside, and {what}"


def gaps(found: Sequence[Path]) -> Iterator[str]:
    """Parts that are gone: a writer numbers its own from 0 on, so that a gap shows one.

    The last part of a writer leaves no gap; its samples are then told as not graded.
    """
    numbers: dict[str, set[int]] = {}
    for part in found:
        writer, _, number = part.stem.rpartition("-")[0].rpartition("-")
        if number.isdigit() and writer:
            numbers.setdefault(writer, set()).add(int(number))
    for writer, known in numbers.items():
        lost = sorted(set(range(max(known))) - known)
        if lost:
            named = ", ".join(f"{number:06d}" for number in lost[:3])
            more = f" and {len(lost) - 3:,} more" if len(lost) > 3 else ""
            yield f"{writer}-{named}{more} is gone: its samples are graded again"


def sample_faults(run: Path, stated: Samples) -> Iterator[str]:
    """Kept samples that are damaged, or are not those that the manifest states."""
    folder = run / "samples" / stated.generation
    where = f"samples/{stated.generation}"
    mend = "start the same `rlaif grade` command again; the grades are kept"
    found = parts(folder)
    damaged = [part for part in found if not is_intact(part)]
    for part in damaged:
        yield f"{where}/{part.name} is damaged: {mend}"
    if damaged:
        return
    count = sum(map(row_count, found))
    if count != stated.count:
        yield f"{where} holds {count:,} samples, and the manifest states {stated.count:,}: {mend}"
    elif _can_be_digested(stated) and _digest(found) != stated.digest:
        yield f"{where} holds other samples than the manifest states: {mend}"


def kept_samples(found: Sequence[Path]) -> Iterator[tuple[str, Sample, str]]:
    """(content hash, sample, what is wrong with its row) in order; mostly nothing is wrong."""
    before = -1
    for ordinal, sample_id, sample_hash, text in _rows(found, _COLUMNS):
        sample = Sample.model_validate(orjson.loads(text))
        fault = ""
        if ordinal <= before:
            fault = "stands out of order"
        elif sample.sample_id != sample_id or not _has_hash(text, sample_hash):
            fault = "has another id or another content than its row states"
        before = ordinal
        yield sample_hash, sample, fault


def _has_hash(text: str, stated: str) -> bool:
    """Whether a kept text has the hash; a number beyond 64 bits is read by Python's own reader."""
    return stated in (written_digest(read(text)) for read in (orjson.loads, json.loads))


def _can_be_digested(stated: Samples) -> bool:
    """Whether all of the input is kept: the digest is over what was left out too."""
    return not stated.duplicates and not stated.selection


def _digest(found: Sequence[Path]) -> str:
    return digest_of(text for (text,) in _rows(found, ["sample"]))


def _rows(found: Sequence[Path], columns: list[str]) -> Iterator[tuple[Any, ...]]:
    for part in found:
        with pq.ParquetFile(part, pre_buffer=False) as file:
            for batch in file.iter_batches(_BATCH, columns=columns):
                yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
