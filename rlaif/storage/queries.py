"""Every question that a job asks of the Parquet parts of its run.

Other SQL stands in side_by_side.py (two runs), compact_order.py, query_views.py and report_*.py.

A grade is the effective one of its sample, its content and what it was graded under: ok
beats failed, then the higher attempt, then the later part and row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from rlaif.storage.database import batches, rows

Which = Literal["all", "firsts", "twins", "late twins"]
"""All samples, the first one of each content, or those with the content of an earlier one: all of
these, or only where that first one is not to be graded."""

FIRST = "status = 'ok' DESC, attempt DESC, filename DESC, file_row_number DESC"
"""Of several grades of one sample under one thing, the effective one first."""

SAMPLE = "md5_number(sample_id || chr(0) || sample_hash)"
"""16 bytes that stand for a sample's id and content: a million of them fit where their texts do
not."""

PLACE = (
    "(((status = 'ok')::HUGEINT * 1048576 + attempt) * 4294967296 + part) * 4294967296"
    " + file_row_number"
)
"""Where a grade lies, as one number: of several grades of one sample, the effective one has the
largest, as in FIRST."""

PART, ROW = "(place // 4294967296 % 4294967296)::BIGINT", "(place % 4294967296)::BIGINT"
LEAST_OK = "1048576::HUGEINT * 4294967296 * 4294967296"
"""The least place of a grade that is ok."""
_OK = f"place >= {LEAST_OK}"

_PLACED = f"""
CREATE OR REPLACE TABLE placed AS
SELECT {SAMPLE} AS sample, max({PLACE}) AS place, max(attempt) AS attempt
FROM grades JOIN grades_files USING (filename) WHERE under = $under GROUP BY ALL
"""  # noqa: S608 - constants

_BEST = f"""
CREATE OR REPLACE TABLE best AS
SELECT ordinal, place FROM (SELECT ordinal, {SAMPLE} AS sample FROM samples)
JOIN placed USING (sample)
"""  # noqa: S608 - constants

_PLACES = f"SELECT ordinal, {PART}, {ROW} FROM best ORDER BY ordinal"  # noqa: S608 - constants
_COUNTS = f"SELECT count(*) FILTER ({_OK}), count(*) FILTER (NOT {_OK}) FROM best"  # noqa: S608 - constants

_PENDING = f"""
CREATE OR REPLACE TABLE pending AS
SELECT s.ordinal, coalesce(p.attempt, 0) + 1 AS attempt, s.named, s.content
FROM (
  SELECT ordinal, {SAMPLE} AS sample, hash(sample_id) AS named, hash(sample_hash) AS content
  FROM samples {{which}}
) s LEFT JOIN placed p USING (sample)
WHERE p.sample IS NULL OR ($retry AND NOT {_OK})
"""  # noqa: S608 - constants

_FIRST_OF_CONTENT = "SELECT min(ordinal) FROM samples GROUP BY hash(sample_hash)"
_LATE = f"""WHERE ordinal NOT IN ({_FIRST_OF_CONTENT}) AND hash(sample_hash) IN (
  SELECT content FROM (
    SELECT ordinal, hash(sample_hash) AS content, {SAMPLE} AS sample FROM samples
    WHERE ordinal IN ({_FIRST_OF_CONTENT})
  ) JOIN placed f USING (sample) WHERE f.place >= {LEAST_OK} OR NOT $retry)"""  # noqa: S608 - constants
_WHICH = {
    "all": "",
    "firsts": f"WHERE ordinal IN ({_FIRST_OF_CONTENT})",
    "twins": f"WHERE ordinal NOT IN ({_FIRST_OF_CONTENT})",
    "late twins": _LATE,
}

_PRIOR = f"""
SELECT ordinal, {PART}, {ROW} FROM (
  SELECT ordinal, place FROM pending JOIN (
    SELECT hash(sample_id) AS named, {PLACE} AS place
    FROM grades JOIN grades_files USING (filename)
  ) USING (named)
  {{twins}}
) ORDER BY 1, 2, 3
"""  # noqa: S608 - constants

_PRIOR_OF_TWINS = f"""UNION ALL
  SELECT ordinal, place FROM pending JOIN (
    SELECT hash(sample_hash) AS content, hash(under) AS by, max({PLACE}) AS place
    FROM grades JOIN grades_files USING (filename) GROUP BY ALL
  ) USING (content)"""  # noqa: S608 - constants

_GRADE = f"""
SELECT g.* FROM grades g
JOIN (SELECT sample_id, sample_hash FROM samples WHERE ordinal = $ordinal)
USING (sample_id, sample_hash) WHERE under = $under ORDER BY {FIRST} LIMIT 1
"""  # noqa: S608 - constants

_NEAR = """
SELECT sample_id FROM samples
ORDER BY jaro_winkler_similarity(sample_id, $name) DESC, ordinal LIMIT $most
"""

_REPEATED = """
WITH repeated AS (
  SELECT hash(sample_id) AS named FROM samples GROUP BY ALL HAVING count(*) > 1),
several AS (
  SELECT ordinal, sample_id, path, line, md5_number(sample) AS text FROM samples
  WHERE hash(sample_id) IN (SELECT named FROM repeated))
SELECT s.ordinal, s.sample_id, s.path, s.line, s.text = f.text AS same,
  f.path AS first_path, f.line AS first_line
FROM several s JOIN (
  SELECT sample_id, min(ordinal) AS ordinal FROM several GROUP BY sample_id HAVING count(*) > 1
) d USING (sample_id) JOIN several f ON f.ordinal = d.ordinal
WHERE s.ordinal > d.ordinal ORDER BY s.ordinal
"""

_BY_DRAW = """
SELECT ordinal FROM samples ORDER BY md5_number($seed || chr(0) || sample_id), ordinal
"""

_REPEATS = "SELECT count(*) - count(DISTINCT hash(sample_id)) FROM samples"
_TWINS = "SELECT count(*) - count(DISTINCT hash(sample_hash)) FROM samples"

_CHANGES = """
SELECT count(*) FILTER (o.name IS NULL), count(*) FILTER (n.name IS NULL),
  count(*) FILTER (o.content <> n.content)
FROM (SELECT md5_number(sample_id) AS name, hash(sample_hash) AS content FROM samples) n
FULL OUTER JOIN (SELECT md5_number(sample_id) AS name, hash(sample_hash) AS content FROM older) o
USING (name)
"""


def find_pending(connection: Any, under: str, retry_failed: bool, which: Which = "all") -> None:
    """Make the table `pending`: samples with no effective grade, or failed ones if asked."""
    find_placed(connection, under)
    connection.execute(_PENDING.format(which=_WHICH[which]), {"retry": retry_failed})


def find_placed(connection: Any, under: str) -> None:
    """Make the table `placed`: where the best grade of each sample and content lies."""
    connection.execute(_PLACED, {"under": under})


def pending_count(connection: Any) -> int:
    """How many samples are pending."""
    (count,) = connection.execute("SELECT count(*) FROM pending").fetchone()
    found: int = count
    return found


def pending_ordinals(connection: Any) -> Iterator[tuple[int, int]]:
    """(ordinal, next attempt) of what is pending, in the order of the input."""
    return rows(connection, "SELECT ordinal, attempt FROM pending ORDER BY ordinal")


def prior_places(connection: Any, twins: bool = False) -> Iterator[tuple[int, int, int]]:
    """(ordinal, number of the part, row) of earlier grades of what is pending, in that order.

    They are those of the same id, and with `twins` the best one of the same content besides, under
    whatever id. A foreign one may be among them, about one in 2**64: what it holds is found by key
    alone.
    """
    return rows(connection, _PRIOR.format(twins=_PRIOR_OF_TWINS if twins else ""))


def best_places(connection: Any, under: str) -> Iterator[tuple[int, int, int]]:
    """(ordinal, number of the part, row) of the effective grades, in the order of the input."""
    find_best(connection, under)
    return rows(connection, _PLACES)


def find_best(connection: Any, under: str) -> None:
    """Make the table `best`: where the effective grade of each sample that has one lies."""
    find_placed(connection, under)
    connection.execute(_BEST)


def effective_grade(connection: Any, under: str, ordinal: int) -> Iterator[Any]:
    """The effective grade of one sample, as batches of one row or none."""
    return batches(connection, _GRADE, {"under": under, "ordinal": ordinal})


def ordinal_of(connection: Any, sample_id: str) -> int | None:
    """The place of the sample of that id in the input, None where there is none."""
    query = "SELECT ordinal FROM samples WHERE sample_id = $name"
    found = connection.execute(query, {"name": sample_id}).fetchone()
    return found[0] if found else None


def near_ids(connection: Any, name: str, most: int) -> list[str]:
    """The sample ids that are most like `name`, the nearest first."""
    found = connection.execute(_NEAR, {"name": name, "most": most}).fetchall()
    return [sample_id for (sample_id,) in found]


def status_counts(connection: Any, under: str) -> tuple[int, int]:
    """How many samples have an effective grade that is ok, and one that failed."""
    find_best(connection, under)
    ok, failed = connection.execute(_COUNTS).fetchone()
    return ok, failed


def drawn_by(connection: Any, seed: int) -> Iterator[int]:
    """The ordinals of all samples, in an order by chance that depends on the ids and the seed."""
    return (ordinal for (ordinal,) in rows(connection, _BY_DRAW.replace("$seed", f"'{seed}'")))


def has_repeats(connection: Any) -> bool:
    """Whether any id stands twice; once in 2**64 pairs of ids it only seems so."""
    (count,) = connection.execute(_REPEATS).fetchone()
    return bool(count)


def twin_count(connection: Any) -> int:
    """How many samples have the content of an earlier one, under another id."""
    (count,) = connection.execute(_TWINS).fetchone()
    found: int = count
    return found


def repeated_ids(connection: Any) -> Iterator[tuple[int, str, str, int, bool, str, int]]:
    """Later rows of an id: ordinal, id, path, line, same content, path and line of the first."""
    return rows(connection, _REPEATED)


def changes(connection: Any) -> tuple[int, int, int]:
    """Samples added, removed and changed in `samples` against `older`."""
    added, removed, changed = connection.execute(_CHANGES).fetchone()
    return added, removed, changed
