"""The narrow tables that a report is counted from: one row a sample, numbers for the most part.

Wide columns (texts, outcomes) are read part by part, and are never sorted or held.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rlaif.records.figures import Sums
from rlaif.storage.database import quoted

_LOW = 2**100 - 1
_PATTERN = re.compile(r"[\[*?]")
"""Signs with a meaning in the name of a file that DuckDB is given."""

SAME = 1e-9
"""Numbers that lie no further apart are equal but for rounding."""

AT_ONCE = 8192
"""Grades whose texts are in memory together, or those of one part."""

_CHOSEN = f"""
CREATE OR REPLACE TABLE places{{side}} AS
SELECT filename, (row_number() OVER (ORDER BY filename))::INTEGER AS place, rows
FROM (SELECT filename, count(*) AS rows FROM grades{{side}} GROUP BY filename);

CREATE OR REPLACE TABLE chosen{{side}} AS
SELECT ordinal, ((best >> 32) & 4294967295)::INTEGER AS place, (best & 4294967295)::BIGINT AS spot
FROM (
  SELECT s.ordinal, max(((g.status = 'ok')::INTEGER::HUGEINT << 100)
    + (g.attempt::HUGEINT << 64) + (p.place::HUGEINT << 32) + g.file_row_number::HUGEINT)
    & {_LOW}::HUGEINT AS best
  FROM grades{{side}} g JOIN places{{side}} p USING (filename)
  JOIN samples{{side}} s USING (sample_id, sample_hash)
  WHERE g.under = $under GROUP BY s.ordinal)
"""  # noqa: S608 - constants
"""The effective grade in the order of FIRST of queries.py (ok, attempt, later part, later row) put
into one number, so that a maximum of fixed size finds it."""

_TEXTS = """
CREATE OR REPLACE TABLE texts{side} AS
SELECT ordinal, found[1] AS policy, found[2] IS NOT NULL AS named,
  CASE WHEN found[2] IS NULL THEN hash('p' || found[3]) ELSE hash('g' || found[2]) END AS cluster,
  hash('p' || found[3]) AS prompt,
  CASE kind WHEN 'VARCHAR' THEN length(found[4]) ELSE coalesce(list_sum([
    CASE WHEN json_extract_string(m, '$.role') = 'assistant'
      THEN length(coalesce(json_extract_string(m, '$.content'), ''))
        + length(coalesce(json_extract_string(m, '$.reasoning_content'), '')) ELSE 0 END
    for m in json_extract(sample, '$.completion[*]')]), 0) END::BIGINT AS length
FROM (
  SELECT ordinal, sample, json_type(sample, '$.completion') AS kind, json_extract_string(sample,
    ['$.policy', '$.group_id', '$.prompt', '$.completion']) AS found FROM samples{side})
"""

_MARKED = """
CREATE OR REPLACE TABLE marked{side} AS
SELECT t.ordinal, t.policy, t.named, t.cluster, t.prompt, c.place, c.spot,
  g.score, g.raw_score AS raw, g.status, g.reason,
  greatest(0, length - coalesce(g.reasoning_characters, 0)) AS length
FROM texts{side} t LEFT JOIN chosen{side} c USING (ordinal)
LEFT JOIN (
  SELECT p.place, file_row_number AS spot, score, raw_score, status, reason, reasoning_characters
  FROM grades{side} JOIN places{side} p USING (filename)) g USING (place, spot)
"""

_BARE = """
CREATE OR REPLACE TABLE marked{side} AS
SELECT ordinal, policy, named, cluster, prompt, NULL::INTEGER AS place, NULL::BIGINT AS spot,
  NULL::DOUBLE AS score, NULL::DOUBLE AS raw, NULL::VARCHAR AS status, NULL::VARCHAR AS reason,
  length FROM texts{side}
"""

_SLIM = """
SELECT m.ordinal, m.reason, m.score, [{{'criterion': o.criterion, 'kind': o.kind,
    'told': coalesce(o.answer, o.stage, o.reason, ''),
    'message': CASE o.kind WHEN 'failure' THEN left(o.message, 300) END,
    'value': o.value, 'probability': o.probability, 'label_mass': o.label_mass,
    'gap': CASE WHEN o.kind = 'verdict' AND o.probability IS NOT NULL AND len(o.distribution) > 1
      THEN list_sort(o.distribution)[-1] - list_sort(o.distribution)[-2] END}}
  for o in g.outcomes] AS outcomes
FROM (
  SELECT p.place, file_row_number, outcomes
  FROM read_parquet([{files}], filename = true, file_row_number = true, union_by_name = true,
    hive_partitioning = false) JOIN places{side} p USING (filename)) g
JOIN (SELECT * FROM marked{side} WHERE place BETWEEN {first} AND {last}) m
ON m.place = g.place AND m.spot = g.file_row_number
"""

_NO_OUTCOMES = """
CREATE OR REPLACE VIEW slim{side} AS SELECT 0::BIGINT ordinal, ''::VARCHAR reason,
  NULL::DOUBLE score, []::STRUCT(criterion VARCHAR, kind VARCHAR, told VARCHAR, message VARCHAR,
  "value" DOUBLE, probability DOUBLE, label_mass DOUBLE, gap DOUBLE)[] outcomes WHERE false
"""

SUMS = "count(*), sum(n), sum(s), sum(s * s), sum(s * n), sum(n * n)"
"""Of a table with a row a cluster: n, its numbers, and s, their sum."""


def mark(connection: Any, under: str, graded: bool, side: str = "") -> None:
    """Make the table `marked`, a row a sample with what its effective grade comes to, and `slim`.

    Columns: ordinal; policy; named (a group id is stated); cluster (a hash of the group id, or of
    the prompt where there is none); prompt, a hash of it; place and spot, where its grade lies;
    score, raw, status, reason; length, the characters of the policy's own turns, less the reasoning
    that was taken out of them.
    What is not graded has nulls. `slim` has a row a graded sample, with its reason and score and a
    list of its outcomes: criterion; kind; told, the answer or the stage or the reason; message;
    value; probability, of the answer; label_mass; gap, between the two likeliest answers.

    Args: `graded`, whether there are grades at all; `side`, the end of all the tables' names.
    """
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(_TEXTS.format(side=side))
    if not graded:
        connection.execute(_BARE.format(side=side))
        connection.execute(_NO_OUTCOMES.format(side=side))
        connection.execute(
            f"CREATE OR REPLACE TABLE places{side} (filename VARCHAR, place INTEGER, rows BIGINT)"
        )
        return
    for statement in _CHOSEN.format(side=side).split(";"):
        given = {"under": under} if "$under" in statement else None
        connection.execute(statement, given)
    connection.execute(_MARKED.format(side=side))
    connection.execute(f"DROP TABLE texts{side}; DROP TABLE chosen{side}")
    _slim(connection, side)


def _slim(connection: Any, side: str) -> None:
    """Write what a report needs of the outcomes beside what spills, and make a view of it.

    The grades themselves are read once, AT_ONCE of them or a part at a time: they are wide, and a
    join might hold them all.
    """
    (spill,) = connection.execute("SELECT current_setting('temp_directory')").fetchone()
    folder = Path(spill) / f"slim{side}"
    folder.mkdir(parents=True)
    for number, batch in enumerate(_batches(connection, side)):
        listed = ", ".join(quoted(_PATTERN.sub(r"[\g<0>]", name)) for name, _ in batch)
        query = _SLIM.format(side=side, files=listed, first=batch[0][1], last=batch[-1][1])
        file = quoted(str(folder / f"{number:06d}.parquet"))
        connection.execute(f"COPY ({query}) TO {file} (FORMAT parquet, COMPRESSION zstd)")
    files = quoted(str(folder / "*.parquet"))
    connection.execute(f"CREATE OR REPLACE VIEW slim{side} AS SELECT * FROM read_parquet({files})")  # noqa: S608 - files of ours


def _batches(connection: Any, side: str) -> Iterator[list[tuple[str, int]]]:
    """Parts that are read together, each with its number."""
    query = f"SELECT filename, place, rows FROM places{side} ORDER BY place"  # noqa: S608 - a side of ours
    batch: list[tuple[str, int]] = []
    held = 0
    for name, place, rows in connection.execute(query).fetchall():
        if batch and held + rows > AT_ONCE:
            yield batch
            batch, held = [], 0
        batch.append((name, place))
        held += rows
    yield batch


def correlated(one: str, other: str) -> str:
    """SQL of Pearson's r; null where either varies by no more than rounding does."""
    varies = (f"max({x}) - min({x}) > {SAME}" for x in (one, other))
    return f"CASE WHEN {' AND '.join(varies)} THEN corr(round({one}, 9), round({other}, 9)) END"


def sums_of(row: Sequence[Any]) -> Sums:
    """What SUMS gave."""
    clusters, *rest = row
    return Sums(clusters, *(value or 0 for value in rest))
