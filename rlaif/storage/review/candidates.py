"""Which samples of a run come into its review: the closest verdicts, and some by chance.

By DuckDB from narrow columns, so that a run of a million samples takes no more memory than a small
one; texts are read of those alone that come in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlaif.records.grade import Grade
from rlaif.records.identity import digest
from rlaif.records.sample import Sample
from rlaif.storage import queries
from rlaif.storage.database import database, rows
from rlaif.storage.grade_table import read_grades
from rlaif.storage.part_rows import rows_at
from rlaif.storage.run_folder import RunFolder
from rlaif.storage.sample_table import read_kept

Key = tuple[str, str]
"""A sample's id and the hash of its content."""

_CLOSEST = f"""
CREATE TABLE closest AS
SELECT place, coalesce(list_max(list_transform(outcomes, lambda o:
  CASE WHEN o.kind = 'verdict' AND len(o.distribution) > 1 AND o.label_mass IS NOT NULL
  THEN 1 - list_reverse_sort(o.distribution)[1] + list_reverse_sort(o.distribution)[2]
  ELSE 0 END)), 0) AS close
FROM (SELECT {queries.PLACE} AS place, outcomes FROM grades JOIN grades_files USING (filename)
  WHERE under = $under)
"""  # noqa: S608 - constants

_RANKED = """
CREATE TABLE ranked AS
SELECT ordinal, coalesce(close, -1) AS close,
  row_number() OVER (ORDER BY md5_number('review' || chr(0) || $seed || chr(0) || sample_id))
  - 1 AS draw
FROM samples LEFT JOIN best USING (ordinal) LEFT JOIN closest USING (place)
"""

_CHOSEN = """
CREATE TABLE chosen AS
SELECT ordinal, CASE WHEN draw < $drawn THEN draw END AS draw FROM ranked
WHERE draw < $drawn
  OR ordinal IN (SELECT ordinal FROM must)
  OR ordinal IN (SELECT ordinal FROM ranked WHERE draw >= $drawn
                 ORDER BY close DESC, draw LIMIT $most)
"""

_MUST = "CREATE TABLE must AS SELECT 0::BIGINT AS ordinal WHERE false"
_FIND_MUST = """
INSERT INTO must SELECT ordinal FROM samples
JOIN (SELECT unnest($ids) AS sample_id, unnest($hashes) AS sample_hash)
USING (sample_id, sample_hash)
"""

_IN = f"""
SELECT ordinal, {queries.PART}, {queries.ROW} FROM best
WHERE ordinal IN (SELECT ordinal FROM chosen) ORDER BY ordinal
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Taken:
    """A sample that comes in."""

    sample: Sample
    sample_hash: str
    grade: Grade | None
    drawn: int | None
    """Its place in the draw; None where it was not drawn."""


def state_of(run: RunFolder, seed: int, most: int) -> str:
    """A hash of all that decides what comes in: it changes when the run is graded again."""
    taken = run.manifest.samples
    _, graded = run.files()
    names = sorted(part.name for part in graded)
    return digest(run.manifest.under, taken.digest if taken else "", f"{seed} {most}", *names)


def candidates(
    run: RunFolder, most: int, seed: int, random_every: int, must: Collection[Key]
) -> Iterator[Taken]:
    """The samples that come in, in the order of the input.

    Args: `most`, how many; of these one in `random_every` is drawn from the whole run by `seed`;
    `must`, those that come in besides, as far as the run still has them.
    Raises: RunError where the run cannot be read.
    """
    samples, graded = run.files()
    with database(samples=samples, grades=graded) as connection:
        queries.find_best(connection, run.manifest.under)
        _choose(connection, run.manifest.under, most, seed, random_every, must)
        chosen = dict(rows(connection, "SELECT ordinal, draw FROM chosen ORDER BY ordinal"))
        places = list(rows(connection, _IN))
    yield from _read(samples, graded, chosen, places)


def _choose(
    connection: Any,
    under: str,
    most: int,
    seed: int,
    random_every: int,
    must: Collection[Key],
) -> None:
    """Make the table `chosen`: who comes in, and the place in the draw of who was drawn."""
    (count,) = connection.execute("SELECT count(*) FROM samples").fetchone()
    drawn = -(-min(most, count) // random_every)
    connection.execute(_CLOSEST, {"under": under})
    connection.execute(_RANKED, {"seed": str(seed)})
    connection.execute(_MUST)
    if must:
        ids, hashes = zip(*must, strict=True)
        connection.execute(_FIND_MUST, {"ids": list(ids), "hashes": list(hashes)})
    connection.execute(_CHOSEN, {"drawn": drawn, "most": max(0, most - drawn)})


def _read(
    samples: Sequence[Path],
    graded: Sequence[Path],
    chosen: dict[int, int | None],
    places: Sequence[tuple[int, int, int]],
) -> Iterator[Taken]:
    grades = rows_at(graded, places, read_grades)
    waiting = next(grades, None)
    for ordinal, sample_hash, sample in read_kept(samples, iter(chosen)):
        grade = None
        if waiting is not None and waiting[0] == ordinal:
            grade, waiting = waiting[1], next(grades, None)
        yield Taken(sample, sample_hash, grade, chosen[ordinal])
