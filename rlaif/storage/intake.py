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
from rlaif.storage.sample_table import SampleParts, row_count, without
from rlaif.storage.samples import Row
from rlaif.storage.selection import EVERYTHING, Selection
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
        yield from filter(None, [str(selection)])
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
    return _narrowed(spool, writer, selection, problems, name)


def _narrowed(
    spool: Path, writer: SampleParts, selection: Selection, problems: Problems, name: str
) -> _Spooled:
    """Take repeats, and what a draw leaves out, from what was written. Raises: FileProblems."""
    dropped = bytearray(writer.seen)  # a flag a sample: a million of them is a megabyte
    repeated = _drop_repeats(spool, problems, dropped) if writer.count else 0
    problems.refuse()
    if not writer.seen:
        raise InputError("there are no samples in the input")
    kept = writer.count - repeated
    if selection.draw is not None and kept > selection.draw:
        kept = _drop_undrawn(spool, selection.draw, selection.seed, dropped)
    for part in parts(spool) if kept < writer.count else ():
        without(part, dropped)
    twins = _twins(spool) if kept else 0
    return _Spooled(kept, repeated, twins, name)


def _drop_undrawn(spool: Path, count: int, seed: int, dropped: bytearray) -> int:
    """Drop all but `count` of what is not dropped yet, each with the same chance; how many stay.

    A larger count keeps all that a smaller one keeps, whatever the order of the input.
    """
    kept = 0
    with database(NARROW, samples=parts(spool)) as connection:
        for ordinal in queries.drawn_by(connection, seed):
            if dropped[ordinal]:
                continue
            if kept < count:
                kept += 1
            else:
                dropped[ordinal] = 1
    return kept


def _twins(spool: Path) -> int:
    with database(NARROW, samples=parts(spool)) as connection:
        return queries.twin_count(connection)


def _drop_repeats(spool: Path, problems: Problems, dropped: bytearray) -> int:
    """Drop all but the first of each id; those of other content become problems. How many."""
    count = 0
    with database(NARROW, samples=parts(spool)) as connection:
        if not queries.has_repeats(connection):
            return 0
    with database(samples=parts(spool)) as connection:  # texts are looked at here
        for ordinal, name, path, line, same, first_path, first_line in queries.repeated_ids(
            connection
        ):
            dropped[ordinal] = 1
            count += 1
            if not same:
                problems.add([_two_contents(name, path, line, f"{first_path}:{first_line}")])
    return count


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
