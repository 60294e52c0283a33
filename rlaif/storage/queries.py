"""Every question asked of the Parquet parts of a run; with side_by_side.py the only place of SQL.

DuckDB reads the parts where they lie, spills to disk beyond `MEMORY`, and hands rows over in
batches. A grade is the effective one of its sample, its content and what it was graded under: ok
beats failed, then the higher attempt, then the later part and row.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from rlaif.errors import RunError
from rlaif.storage.case_costs import NAME as CASE_COSTS
from rlaif.storage.grounds import NAME as GROUNDS

MEMORY = "512MB"
BATCH = 2048
"""Rows handed over at once."""

_EMPTY_GRADES = """
CREATE VIEW {} AS SELECT ''::VARCHAR sample_id, ''::VARCHAR sample_hash, ''::VARCHAR under,
  0 attempt, NULL::DOUBLE score, ''::VARCHAR status, ''::VARCHAR reason, ''::VARCHAR filename,
  0 file_row_number, []::STRUCT(criterion VARCHAR, key VARCHAR, kind VARCHAR, answer VARCHAR,
  value DOUBLE, distribution DOUBLE[], label_mass DOUBLE, rationale VARCHAR,
  cases STRUCT(name VARCHAR, passed BOOLEAN, message VARCHAR)[])[] outcomes
  WHERE false
"""

_PENDING = """
CREATE OR REPLACE TABLE pending AS
WITH graded AS (
  SELECT sample_id, sample_hash, bool_or(status = 'ok') AS ok, max(attempt) AS attempt
  FROM grades WHERE under = $under GROUP BY sample_id, sample_hash)
SELECT s.ordinal, s.sample_id, coalesce(g.attempt, 0) + 1 AS attempt
FROM samples s LEFT JOIN graded g USING (sample_id, sample_hash)
WHERE g.sample_id IS NULL OR ($retry AND NOT g.ok)
"""

_PRIOR = """
SELECT ordinal, o.key AS key, o.distribution AS distribution, o.label_mass AS label_mass,
  o.rationale AS rationale, o.cases AS cases, costs, grounds
FROM (
  SELECT p.ordinal, g.attempt, g.filename, g.file_row_number, unnest(g.outcomes) AS o,
    {costs} AS costs, {grounds} AS grounds
  FROM grades g JOIN pending p USING (sample_id))
WHERE o.key <> '' AND o.distribution IS NOT NULL
ORDER BY ordinal, filename, file_row_number
"""

FIRST = "status = 'ok' DESC, attempt DESC, filename DESC, file_row_number DESC"
"""Of several grades of one sample under one thing, the effective one first."""

_BEST = f"""
CREATE OR REPLACE TABLE best AS
SELECT s.ordinal, g.filename, g.file_row_number, g.status
FROM samples s JOIN (
  SELECT sample_id, sample_hash, filename, file_row_number, status
  FROM grades WHERE under = $under
  QUALIFY row_number() OVER (
    PARTITION BY sample_id, sample_hash
    ORDER BY {FIRST}) = 1
) g USING (sample_id, sample_hash)
"""  # noqa: S608 - constants

_GRADES = """
SELECT g.* FROM grades g JOIN best b USING (filename, file_row_number) ORDER BY b.ordinal
"""

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
SELECT s.ordinal, s.sample_id, s.path, s.line, s.sample = f.sample AS same,
  f.path AS first_path, f.line AS first_line
FROM samples s JOIN (
  SELECT sample_id, min(ordinal) AS ordinal FROM samples GROUP BY sample_id HAVING count(*) > 1
) d USING (sample_id) JOIN samples f ON f.ordinal = d.ordinal
WHERE s.ordinal > d.ordinal ORDER BY s.ordinal
"""

_CHANGES = """
SELECT count(*) FILTER (o.sample_id IS NULL), count(*) FILTER (n.sample_id IS NULL),
  count(*) FILTER (o.sample_hash <> n.sample_hash)
FROM samples n FULL OUTER JOIN older o USING (sample_id)
"""


@contextmanager
def database(**tables: Sequence[Path]) -> Iterator[Any]:
    """A connection with one view for each name, over the Parquet files given for it.

    Raises: RunError for what DuckDB says while it reads them.
    """
    try:
        with duckdb.connect() as connection, tempfile.TemporaryDirectory(prefix="rlaif-") as spill:
            connection.execute(f"SET memory_limit = '{MEMORY}'")
            connection.execute(f"SET temp_directory = {quoted(spill)}")
            for name, files in tables.items():
                connection.execute(_view(name, files))
            yield connection
    except duckdb.Error as error:
        raise RunError(f"the run cannot be read: {str(error).splitlines()[0]}") from error


def _view(name: str, files: Sequence[Path]) -> str:
    if not files and name.startswith("grades"):
        return _EMPTY_GRADES.format(name)
    listed = ", ".join(quoted(_literal(file)) for file in files)
    return (
        f"CREATE VIEW {name} AS SELECT * FROM read_parquet([{listed}], "  # noqa: S608 - a table of ours
        "filename = true, file_row_number = true, union_by_name = true, hive_partitioning = false)"
    )


def _literal(file: Path) -> str:
    """The path as a pattern that matches nothing else: `[`, `*` and `?` have no meaning in it."""
    return re.sub(r"[\[*?]", r"[\g<0>]", str(file))


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def find_pending(connection: Any, under: str, retry_failed: bool) -> None:
    """Make the table `pending`: samples with no effective grade, or failed ones if asked."""
    connection.execute(_PENDING, {"under": under, "retry": retry_failed})


def pending_ordinals(connection: Any) -> Iterator[tuple[int, int]]:
    """(ordinal, next attempt) of what is pending, in the order of the input."""
    return rows(connection, "SELECT ordinal, attempt FROM pending ORDER BY ordinal")


def prior_verdicts(connection: Any) -> Iterator[Any]:
    """Batches of earlier verdicts of what is pending, by ordinal; of one key the last counts.

    The columns `costs` and `grounds` are null where no part has them.
    """
    written = {name for name, *_ in connection.execute("DESCRIBE grades").fetchall()}
    beside = {"costs": CASE_COSTS, "grounds": GROUNDS}
    found = {k: f"unnest(g.{name})" if name in written else "NULL" for k, name in beside.items()}
    return _batches(connection, _PRIOR.format(**found))


def effective_grades(connection: Any, under: str) -> Iterator[Any]:
    """Batches of the effective grades of the current samples, in the order of the input."""
    connection.execute(_BEST, {"under": under})
    return _batches(connection, _GRADES)


def effective_grade(connection: Any, under: str, ordinal: int) -> Iterator[Any]:
    """The effective grade of one sample, as batches of one row or none."""
    return _batches(connection, _GRADE, {"under": under, "ordinal": ordinal})


def ordinal_of(connection: Any, sample_id: str) -> int | None:
    """The place of the sample of that id in the input, None where there is none."""
    query = "SELECT ordinal FROM samples WHERE sample_id = $name"
    found = connection.execute(query, {"name": sample_id}).fetchone()
    return found[0] if found else None


def near_ids(connection: Any, name: str, most: int) -> list[str]:
    """The sample ids that are most like `name`, the nearest first."""
    found = connection.execute(_NEAR, {"name": name, "most": most}).fetchall()
    return [sample_id for (sample_id,) in found]


def status_counts(connection: Any, under: str) -> dict[str, int]:
    """How many samples have an effective grade, by status."""
    connection.execute(_BEST, {"under": under})
    return dict(connection.execute("SELECT status, count(*) FROM best GROUP BY status").fetchall())


def repeated_ids(connection: Any) -> Iterator[tuple[int, str, str, int, bool, str, int]]:
    """Later rows of an id: ordinal, id, path, line, same content, path and line of the first."""
    return rows(connection, _REPEATED)


def changes(connection: Any) -> tuple[int, int, int]:
    """Samples added, removed and changed in `samples` against `older`."""
    added, removed, changed = connection.execute(_CHANGES).fetchone()
    return added, removed, changed


def rows(connection: Any, query: str) -> Iterator[Any]:
    """The rows of a result, read in batches."""
    for batch in _batches(connection, query):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _batches(connection: Any, query: str, given: Mapping[str, Any] | None = None) -> Iterator[Any]:
    """Batches of a result, on a cursor of its own, so that several can be read side by side."""
    with connection.cursor() as cursor:
        relation = cursor.sql(query, params=given)
        reader = getattr(relation, "to_arrow_reader", None) or relation.fetch_arrow_reader
        yield from reader(BATCH)
