"""The questions asked of two runs at once: what became of each sample, and of each answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rlaif.storage.database import quoted, rows
from rlaif.storage.queries import FIRST

SAME_SCORE = 1e-9
"""Scores and values that differ by no more are the same but for rounding."""

_SIDE = f"""
CREATE OR REPLACE TABLE {{side}} AS
SELECT s.ordinal, s.sample_id, s.sample_hash, g.score, g.status, g.reason, g.filename AS part,
  g.file_row_number AS at
FROM samples_{{side}} s LEFT JOIN (
  SELECT * EXCLUDE (outcomes) FROM grades_{{side}} WHERE under = $under
  QUALIFY row_number() OVER (PARTITION BY sample_id, sample_hash ORDER BY {FIRST}) = 1
) g USING (sample_id, sample_hash)
"""  # noqa: S608 - constants

_SIDE_BY_SIDE = """
CREATE OR REPLACE TABLE pairs AS
SELECT sample_id, coalesce(b.ordinal, a.ordinal) AS ordinal, a.score AS before, b.score AS after,
  a.status AS status_before, b.status AS status_after,
  a.reason AS reason_before, b.reason AS reason_after,
  a.part AS part_before, a.at AS at_before, b.part AS part_after, b.at AS at_after,
  CASE WHEN a.ordinal IS NULL THEN 'added' WHEN b.ordinal IS NULL THEN 'removed'
    WHEN a.sample_hash <> b.sample_hash THEN 'changed' ELSE 'same' END AS content
FROM before a FULL OUTER JOIN after b USING (sample_id)
"""

_KINDS_OF_PAIRS = {
    "added": "content = 'added'",
    "removed": "content = 'removed'",
    "changed": "content = 'changed'",
    "moved": f"abs(after - before) > {SAME_SCORE}",
    "newly_failed": "status_before = 'ok' AND status_after = 'failed'",
    "no_longer_failed": "status_before = 'failed' AND status_after = 'ok'",
    "newly_graded": "content IN ('same', 'changed') AND status_before IS NULL "
    "AND status_after IS NOT NULL",
    "no_longer_graded": "content IN ('same', 'changed') AND status_before IS NOT NULL "
    "AND status_after IS NULL",
    "other_reason": "coalesce(reason_before <> reason_after, false)",
}
"""What may have become of a sample from one run to the other."""

_PAIR_COUNTS = f"""
SELECT {", ".join(f"count(*) FILTER ({rule}) AS {kind}" for kind, rule in _KINDS_OF_PAIRS.items())},
  count(*) FILTER (content <> 'added') AS samples_before,
  count(*) FILTER (content <> 'removed') AS samples_after,
  avg(before) AS mean_before, avg(after) AS mean_after
FROM pairs
"""  # noqa: S608 - constants

_PAIRS = """
SELECT sample_id, before, after, reason_before, reason_after, content FROM pairs WHERE {}
ORDER BY abs(after - before) DESC NULLS LAST, ordinal LIMIT {}
"""

_SAID = """
SELECT sample_id, {criterion} AS criterion, place, o.kind AS kind, o.answer AS answer,
  o.value AS value
FROM (
  SELECT p.sample_id, unnest(g.outcomes) AS o, generate_subscripts(g.outcomes, 1) AS place
  FROM grades_{side} g JOIN pairs p ON g.filename = part_{side} AND g.file_row_number = at_{side}
  WHERE content IN ('same', 'changed'))
"""

_RENAMED = "coalesce(list_extract(NEW_IDS, list_position(OLD_IDS, o.criterion)), o.criterion)"

_FLIPS = f"""
WITH a AS ({_SAID.format(side="before", criterion=_RENAMED)}),
b AS ({_SAID.format(side="after", criterion="o.criterion")})
SELECT criterion, count(*) FILTER (a.answer IS NOT NULL AND b.answer IS NOT NULL) AS answered,
  count(*) FILTER (a.answer <> b.answer) AS flipped,
  count(*) FILTER (a.kind <> b.kind) AS other_kind,
  count(*) FILTER (abs(a.value - b.value) > {SAME_SCORE}) AS other_value,
  avg(a.value) AS mean_before, avg(b.value) AS mean_after
FROM a JOIN b USING (sample_id, criterion) GROUP BY criterion
ORDER BY flipped DESC, min(b.place), criterion
"""  # noqa: S608 - constants


def lay_side_by_side(connection: Any, under_before: str, under_after: str) -> None:
    """Make the table `pairs` of two runs: a row for each sample of either, by its id."""
    connection.execute(_SIDE.format(side="before"), {"under": under_before})
    connection.execute(_SIDE.format(side="after"), {"under": under_after})
    connection.execute(_SIDE_BY_SIDE)


def pair_counts(connection: Any) -> dict[str, Any]:
    """How many samples of each kind there are in `pairs`, how many in all, and the means."""
    cursor = connection.execute(_PAIR_COUNTS)
    return dict(zip((column[0] for column in cursor.description), cursor.fetchone(), strict=True))


def pairs_of(connection: Any, kind: str, most: int) -> list[tuple[Any, ...]]:
    """Up to `most` samples of a kind: id, scores, reasons, content; the largest move first."""
    query = _PAIRS.format(_KINDS_OF_PAIRS[kind], int(most))
    found: list[tuple[Any, ...]] = connection.execute(query).fetchall()
    return found


def flips(connection: Any, renamed: Mapping[str, str]) -> Iterator[tuple[Any, ...]]:
    """How each criterion of both runs was answered otherwise; `renamed` from old id to new.

    Criterion; answered in both; answers, kinds of outcome and values that differ; mean values.
    """
    lists = {"OLD_IDS": _list(renamed), "NEW_IDS": _list(renamed.values())}
    return rows(connection, re.sub("OLD_IDS|NEW_IDS", lambda name: lists[name[0]], _FLIPS))


def _list(names: Iterable[str]) -> str:
    return "[" + ", ".join(map(quoted, names)) + "]::VARCHAR[]"
