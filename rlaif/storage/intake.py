"""Taking samples into a run: one streaming pass that checks everything before any is graded."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rlaif.errors import InputError, Problem
from rlaif.records.identity import digest_of
from rlaif.storage import queries
from rlaif.storage.database import NARROW, database
from rlaif.storage.manifest import Samples
from rlaif.storage.place_names import told
from rlaif.storage.problems import Problems
from rlaif.storage.sample_table import SampleParts, ids_of, row_count, without
from rlaif.storage.samples import Row
from rlaif.storage.selection import EVERYTHING, Drawing, Selection
from rlaif.storage.whole_files import TEMPORARY, is_intact, parts, sync_folder


@dataclass(frozen=True, slots=True)
class Intake:
    """What came in, and how it differs from what the run had."""

    samples: Samples
    new: bool
    """The run had other samples before, or none."""
    added: int = 0
    removed: int = 0
    changed: int = 0
    """Samples of a known id whose content is another now."""


def take_in(
    rows: Iterable[Row],
    folder: Path,
    source: str,
    current: Samples | None,
    selection: Selection = EVERYTHING,
) -> Intake:
    """Spool `rows` into a new generation below `folder`; drop it where nothing has changed.

    Raises: FileProblems with every bad row and every id of two contents; then nothing has changed.
    """
    spool = folder / f"{TEMPORARY}{secrets.token_hex(4)}"
    spool.mkdir(parents=True)
    try:
        found = _spool(rows, spool, selection)
        samples = Samples(
            source=told(source),
            count=found.kept,
            duplicates=found.duplicates,
            digest=found.digest,
            generation=current.generation if current else "",
            selection=str(selection),
            twins=found.twins,
        )
        if current and current.digest == found.digest and intact_parts(folder, current):
            return Intake(samples, new=False)
        return _new_generation(spool, folder, samples, current)
    finally:
        shutil.rmtree(spool, ignore_errors=True)


def intact_parts(folder: Path, samples: Samples) -> list[Path] | None:
    """The parts of the samples as they were taken in; None when any is damaged or gone."""
    found = parts(folder / samples.generation)
    if not all(is_intact(part) for part in found):
        return None
    return found if sum(map(row_count, found)) == samples.count else None


@dataclass(frozen=True, slots=True)
class _Spooled:
    """What was written to a spool."""

    kept: int
    duplicates: int
    twins: int
    digest: str


def _spool(rows: Iterable[Row], spool: Path, selection: Selection) -> _Spooled:
    """Write those of `rows` that are selected to `spool`."""
    problems, shard = Problems(), selection.shard
    writer = SampleParts(spool)

    def texts() -> Iterator[bytes | str]:
        if chosen := str(selection):
            yield chosen
        for row in rows:
            problems.add(row.problems)
            if row.sample is None:
                continue
            if shard is None or shard.has(row.sample.sample_id):
                yield writer.add(row, row.sample)
            else:
                writer.passed_over()

    name = digest_of(texts())
    writer.flush()
    repeated = _repeats(spool, problems) if writer.count else set()
    problems.refuse()
    if not writer.seen:
        raise InputError("there are no samples in the input")
    dropped = repeated | _not_drawn(spool, repeated, selection)
    for part in parts(spool) if dropped else ():
        without(part, dropped)
    twins = _twins(spool) if writer.count > len(dropped) else 0
    return _Spooled(writer.count - len(dropped), len(repeated), twins, name)


def _not_drawn(spool: Path, repeated: set[int], selection: Selection) -> set[int]:
    """The ordinals of the samples that a draw leaves out."""
    if selection.draw is None:
        return set()
    drawing, others = Drawing(selection.draw, selection.seed), set()
    for ordinal, sample_id in ids_of(parts(spool)):
        if ordinal not in repeated:
            drawing.offer(ordinal, sample_id)
            others.add(ordinal)
    return others - drawing.drawn()


def _twins(spool: Path) -> int:
    with database(NARROW, samples=parts(spool)) as connection:
        return queries.twin_count(connection)


def _repeats(spool: Path, problems: Problems) -> set[int]:
    """The ordinals of all but the first of each id; those of other content become problems."""
    dropped: set[int] = set()
    with database(NARROW, samples=parts(spool)) as connection:
        for ordinal, name, path, line, same, first_path, first_line in queries.repeated_ids(
            connection
        ):
            dropped.add(ordinal)
            if not same:
                problems.add([_two_contents(name, path, line, f"{first_path}:{first_line}")])
    return dropped


def _two_contents(name: str, path: str, line: int, first: str) -> Problem:
    shown = name if len(name) <= 60 else f"{name[:57]}..."
    return Problem(
        path,
        line,
        1,
        f"sample_id '{shown}' stands at {first} with other content",
        "give each sample its own sample_id",
    )


def _new_generation(spool: Path, folder: Path, samples: Samples, current: Samples | None) -> Intake:
    generation = f"{number_after(folder):04d}-{samples.digest[:12]}"
    older = intact_parts(folder, current) if current else None
    added, removed, changed = samples.count, 0, 0
    if older:
        with database(NARROW, samples=parts(spool), older=older) as connection:
            added, removed, changed = queries.changes(connection)
    spool.rename(folder / generation)
    sync_folder(folder)
    return Intake(
        samples.model_copy(update={"generation": generation}), True, added, removed, changed
    )


def number_after(folder: Path) -> int:
    """The number of the next generation."""
    numbers = [p.name.partition("-")[0] for p in folder.iterdir() if not p.name.startswith(".")]
    return 1 + max((int(n) for n in numbers if n.isdigit()), default=0)
