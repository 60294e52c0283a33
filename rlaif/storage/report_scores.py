"""The scores of a run as counts and sums: by policy, by group, and against length."""

from __future__ import annotations

from typing import Any

from rlaif.records.figures import (
    BINS,
    Bin,
    Cell,
    Correlation,
    GroupSpread,
    LengthFigures,
    PolicyGap,
    Spread,
)
from rlaif.storage.report_base import SAME, SUMS, correlated, sums_of

_BIN = f"least(floor({{}} * {BINS} + 1e-9), {BINS - 1})::INTEGER"

_SPREADS = f"""
WITH clusters AS (
  SELECT {{policy}} AS policy, cluster, count(score) AS n, sum(score) AS s FROM marked
  WHERE score IS NOT NULL GROUP BY ALL),
sums AS (SELECT policy, {SUMS} FROM clusters GROUP BY policy),
plain AS (
  SELECT {{policy}} AS policy, count(*) AS samples, count(*) FILTER (status = 'failed') AS failed,
    count(*) FILTER (status IS NULL) AS missing, count(*) FILTER (score <= {SAME}) AS zeros,
    quantile_cont(score, [0.25, 0.5, 0.75]) AS quarters, min(ordinal) AS first
  FROM marked GROUP BY ALL)
SELECT p.policy, samples, failed, missing, zeros, quarters, s.* EXCLUDE (policy)
FROM plain p LEFT JOIN sums s ON p.policy IS NOT DISTINCT FROM s.policy
ORDER BY samples DESC, first LIMIT $most
"""  # noqa: S608 - constants

_GAPS = f"""
WITH means AS (
  SELECT policy, prompt, avg(score) AS score, min(cluster) AS cluster FROM marked
  WHERE score IS NOT NULL GROUP BY policy, prompt),
gaps AS (
  SELECT m.policy, f.cluster, m.score AS mine, f.score AS firsts
  FROM means m JOIN means f USING (prompt)
  WHERE f.policy IS NOT DISTINCT FROM $first AND m.policy IS DISTINCT FROM $first),
sums AS (
  SELECT policy, {SUMS} FROM (
    SELECT policy, cluster, count(*) AS n, sum(mine - firsts) AS s FROM gaps
    GROUP BY policy, cluster)
  GROUP BY policy)
SELECT g.policy, mine, firsts, s.* EXCLUDE (policy) FROM (
  SELECT policy, count(*) AS n, avg(mine) AS mine, avg(firsts) AS firsts
  FROM gaps GROUP BY policy) g
JOIN sums s ON g.policy IS NOT DISTINCT FROM s.policy ORDER BY g.n DESC, g.policy LIMIT 200
"""  # noqa: S608 - constants
"""Of each prompt the mean of either policy; the clusters are those of the first one's samples."""

_SCORE_BINS = f"""
SELECT {_BIN.format("score")} AS place, CASE WHEN reason LIKE 'prescreen:%' THEN 'prescreen'
  WHEN reason LIKE 'gate:%' THEN 'gate' ELSE 'scored' END AS kind, count(*)
FROM marked WHERE score IS NOT NULL GROUP BY ALL ORDER BY ALL
"""  # noqa: S608 - constants

_REASONS = """
SELECT reason, count(*) FROM marked WHERE reason <> '' AND status = 'ok'
GROUP BY reason ORDER BY count(*) DESC, reason LIMIT $most
"""

_GROUPS = f"""
CREATE OR REPLACE TABLE grouped AS
SELECT policy, cluster, count(*) AS n, stddev_pop(score) AS sd, max(score) - min(score) AS range,
  max(score) - min(score) <= {SAME} AS level, avg(score) AS mean
FROM marked WHERE score IS NOT NULL GROUP BY policy, cluster HAVING count(*) > 1
"""  # noqa: S608 - constants

_GROUP_SPREADS = f"""
SELECT policy, count(*), sum(n), count(*) FILTER (level),
  count(*) FILTER (level AND mean <= {SAME}), count(*) FILTER (level AND mean >= 1 - {SAME}),
  avg(sd), avg(range)
FROM grouped GROUP BY policy ORDER BY count(*) DESC, policy LIMIT $most
"""  # noqa: S608 - constants

_GROUP_BINS = f"""
SELECT CASE WHEN level THEN 0 ELSE {_BIN.format("range")} END AS place,
  CASE WHEN level THEN 'equal' ELSE 'apart' END AS kind, count(*)
FROM grouped GROUP BY ALL ORDER BY ALL
"""  # noqa: S608 - constants

_JUDGED = "score IS NOT NULL AND reason NOT LIKE 'prescreen:%'"
_LENGTH = "floor(2 * log2(1 + length))::INTEGER"

_CORRELATIONS = f"""
SELECT count(*), count(DISTINCT cluster), {correlated("score", "ln(1 + length)")}
FROM marked WHERE {_JUDGED}
"""  # noqa: S608 - constants

_SPEARMAN = f"""
WITH v AS (SELECT round(score, 9) AS score, length FROM marked WHERE {_JUDGED}),
scores AS (SELECT score, sum(count(*)) OVER (ORDER BY score) - (count(*) - 1) / 2.0 AS rank
  FROM v GROUP BY score),
lengths AS (SELECT length, sum(count(*)) OVER (ORDER BY length) - (count(*) - 1) / 2.0 AS rank
  FROM v GROUP BY length)
SELECT {correlated("s.rank", "l.rank")}
FROM v JOIN scores s USING (score) JOIN lengths l USING (length)
"""  # noqa: S608 - constants

_WITHIN = f"""
WITH means AS (SELECT policy, cluster, avg(score) AS score, avg(ln(1 + length)) AS length
  FROM marked WHERE {_JUDGED} GROUP BY policy, cluster HAVING count(*) > 1)
SELECT count(*), count(DISTINCT m.cluster), {correlated("s", "l")} FROM (
  SELECT m.cluster, m.score - g.score AS s, ln(1 + m.length) - g.length AS l
  FROM marked m JOIN means g ON m.cluster = g.cluster AND m.policy IS NOT DISTINCT FROM g.policy
  WHERE m.score IS NOT NULL AND m.reason NOT LIKE 'prescreen:%') m
"""  # noqa: S608 - constants

_CELLS = f"""
SELECT {_LENGTH} AS l, least(floor(score * 10 + 1e-9), 9)::INTEGER AS s, count(*)
FROM marked WHERE {_JUDGED} GROUP BY ALL ORDER BY ALL
"""  # noqa: S608 - constants

_MEANS = f"""
SELECT {_LENGTH} AS l, count(*), avg(score) FROM marked WHERE {_JUDGED} GROUP BY l ORDER BY l
"""  # noqa: S608 - constants


def spread(connection: Any) -> Spread:
    """The scores of all samples together."""
    (row,) = connection.execute(_SPREADS.format(policy="NULL::VARCHAR"), {"most": 1}).fetchall()
    return _spread(row)


def spreads(connection: Any, most: int) -> list[Spread]:
    """The scores of each policy, those with the most samples first."""
    found = connection.execute(_SPREADS.format(policy="policy"), {"most": most}).fetchall()
    return [_spread(row) for row in found]


def _spread(row: Any) -> Spread:
    policy, samples, failed, missing, zeros, quarters, *sums = row
    return Spread(
        policy,
        samples,
        failed,
        missing,
        zeros,
        sums_of([s or 0 for s in sums]),
        *(quarters or [None] * 3),
    )


def policies(connection: Any) -> int:
    """How many policies there are, those without a name as one."""
    return int(
        connection.execute("SELECT count(*) FROM (SELECT DISTINCT policy FROM marked)").fetchone()[
            0
        ]
    )


def policy_gaps(connection: Any, first: str | None) -> list[PolicyGap]:
    """Each policy less the policy `first`, on the prompts that both have a score for."""
    found = connection.execute(_GAPS, {"first": first}).fetchall()
    return [PolicyGap(row[0], row[1], row[2], sums_of(row[3:])) for row in found]


def score_bins(connection: Any) -> list[Bin]:
    """Scores by bin, and by what decided them: `scored`, `gate`, `prescreen`."""
    return [Bin(*row) for row in connection.execute(_SCORE_BINS).fetchall()]


def reasons(connection: Any, most: int) -> list[tuple[str, int]]:
    """Why scores are 0 or missing without a failure, the most frequent first."""
    found: list[tuple[str, int]] = connection.execute(_REASONS, {"most": most}).fetchall()
    return found


def group_spreads(connection: Any, most: int) -> tuple[list[GroupSpread], list[Bin]]:
    """The groups with two scores or more by policy, and the ranges of scores within all of them.

    A group is one policy's samples of one prompt. Bins: `equal` where all scores are, or `apart`.
    """
    connection.execute(_GROUPS)
    found = connection.execute(_GROUP_SPREADS, {"most": most}).fetchall()
    bins = connection.execute(_GROUP_BINS).fetchall()
    return [GroupSpread(*row) for row in found], [Bin(*row) for row in bins]


def length_figures(connection: Any) -> LengthFigures:
    """Scores against lengths, without what the prescreen decided."""
    count, clusters, pearson = connection.execute(_CORRELATIONS).fetchone()
    (spearman,) = connection.execute(_SPEARMAN).fetchone()
    inside, groups, within = connection.execute(_WITHIN).fetchone()
    return LengthFigures(
        count,
        Correlation(finite(pearson), count, clusters),
        Correlation(finite(spearman), count, clusters),
        Correlation(finite(within), inside, groups),
        tuple(Cell(*row) for row in connection.execute(_CELLS).fetchall()),
        tuple(connection.execute(_MEANS).fetchall()),
    )


def finite(number: float | None) -> float | None:
    """None for what is no number, as a correlation of what does not vary."""
    return None if number is None or number != number else number
