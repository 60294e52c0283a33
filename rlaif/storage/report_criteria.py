"""What became of each criterion over a run, as counts and sums over its outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rlaif.records.figures import (
    BINS,
    Bin,
    FailureCount,
    ItemFigures,
    Mass,
    OutcomeCount,
    Twins,
)
from rlaif.storage.database import quoted
from rlaif.storage.report_base import SAME, correlated
from rlaif.storage.report_scores import finite

PAIR_ROWS = 20_000_000
"""Pairs of outcomes that are looked at, at most; of a larger run a fixed share of its samples."""

_FLAT = "SELECT ordinal, unnest(outcomes) AS o FROM slim"

_COUNTS = f"""
SELECT o.criterion, o.kind, o.told, count(*),
  sum(o.value) FROM ({_FLAT})
WHERE list_contains($wanted::VARCHAR[], o.criterion) GROUP BY ALL ORDER BY ALL
"""  # noqa: S608 - constants

_FREQUENT = f"""
SELECT o.criterion FROM ({_FLAT}) GROUP BY o.criterion
ORDER BY count(*) DESC, o.criterion LIMIT $most
"""  # noqa: S608 - constants

_FAILURES = f"""
SELECT o.criterion, o.told, o.message, count(*) FROM ({_FLAT})
WHERE o.kind = 'failure' GROUP BY ALL ORDER BY count(*) DESC, 1, 2, 3 LIMIT $most
"""  # noqa: S608 - constants

_MASSES = f"""
SELECT o.criterion, count(*), avg(o.label_mass), min(o.label_mass),
  count(*) FILTER (o.label_mass < 0.5 - {SAME}) FROM ({_FLAT})
WHERE o.kind = 'verdict' AND o.label_mass IS NOT NULL GROUP BY ALL ORDER BY ALL LIMIT 1000
"""  # noqa: S608 - constants

_MASS_BINS = f"""
SELECT least(floor(o.label_mass * {BINS} + 1e-9), {BINS - 1})::INTEGER AS place, '', count(*)
FROM ({_FLAT}) WHERE o.kind = 'verdict' AND o.label_mass IS NOT NULL GROUP BY ALL ORDER BY ALL
"""  # noqa: S608 - constants

_ITEMS = f"""
WITH rows AS (
  SELECT [{{'c': o.criterion, 'v': o.value, 'w': SHARE}} for o in outcomes
    if o.kind = 'verdict' AND o.value IS NOT NULL AND SHARE IS NOT NULL] AS items
  FROM slim WHERE score IS NOT NULL AND reason NOT LIKE 'prescreen:%'
    AND reason NOT LIKE 'gate:%'),
totals AS (
  SELECT items, list_sum([i.w * i.v for i in items]) AS got,
    list_sum([greatest(i.w, 0) for i in items]) AS most FROM rows)
SELECT c, count(*), avg(v), stddev_pop(v), {correlated("v", "rest")}
FROM (
  SELECT i.c AS c, i.v AS v, (got - i.w * i.v)
    / CASE WHEN most - greatest(i.w, 0) > {SAME} THEN most - greatest(i.w, 0) END AS rest
  FROM (SELECT unnest(items) AS i, got, most FROM totals))
GROUP BY c
"""  # noqa: S608 - constants

_TWINS = f"""
WITH rows AS (
  SELECT [{{'n': NUMBER, 'm': o.value >= 0.5 - {SAME}}} for o in outcomes
    if o.kind = 'verdict' AND o.value IS NOT NULL AND NUMBER IS NOT NULL] AS items
  FROM slim WHERE hash(ordinal) % $every = 0)
SELECT a.n, b.n, count(*), count(*) FILTER (a.m AND b.m), count(*) FILTER (a.m AND NOT b.m),
  count(*) FILTER (b.m AND NOT a.m)
FROM (SELECT a, unnest(items) AS b FROM (SELECT unnest(items) AS a, items FROM rows))
WHERE a.n < b.n GROUP BY ALL ORDER BY ALL
"""  # noqa: S608 - constants


def outcome_counts(connection: Any, wanted: Sequence[str]) -> list[OutcomeCount]:
    """How often each of the criteria `wanted` came out how, in no order to rely on."""
    found = connection.execute(_COUNTS, {"wanted": list(wanted)}).fetchall()
    return [OutcomeCount(*row) for row in found]


def frequent(connection: Any, most: int) -> list[str]:
    """The criteria that most samples have, the most frequent first."""
    found = connection.execute(_FREQUENT, {"most": most}).fetchall()
    return [name for (name,) in found]


def failure_counts(connection: Any, most: int) -> list[FailureCount]:
    """Failures by criterion, stage and message, the most frequent first."""
    found = connection.execute(_FAILURES, {"most": most}).fetchall()
    return [FailureCount(*row) for row in found]


def masses(connection: Any) -> tuple[list[Mass], list[Bin]]:
    """The label mass of verdicts by criterion, and of all in bins."""
    bins = connection.execute(_MASS_BINS).fetchall()
    return [Mass(*row) for row in connection.execute(_MASSES).fetchall()], [
        Bin(*row) for row in bins
    ]


def item_figures(connection: Any, shares: Mapping[str, float]) -> list[ItemFigures]:
    """How each criterion goes with the rest of the score, over samples that its fraction scored.

    The rest is sum(w * v) / sum(max(w, 0)) over the sample's other verdicts: v their values, w
    their shares of the whole. Args: `shares` by criterion, negative for a fault.
    """
    query = _ITEMS.replace("SHARE", _looked_up(shares, shares.values(), "DOUBLE"))
    found = connection.execute(query).fetchall()
    return [ItemFigures(name, n, mean, sd, finite(rest)) for name, n, mean, sd, rest in found]


def twins(connection: Any, names: Sequence[str], samples: int) -> tuple[list[Twins], int]:
    """How any two of the criteria are met together, and of how many samples one was looked at.

    A criterion is met where its value is one half or more. Of `samples`, every n-th by a hash of
    its place, so that no more than PAIR_ROWS pairs are looked at.
    """
    every = max(1, -(-samples * len(names) ** 2 // PAIR_ROWS))
    query = _TWINS.replace("NUMBER", _looked_up(names, range(len(names)), "INTEGER"))
    found = connection.execute(query, {"every": every}).fetchall()
    return [Twins(names[a], names[b], *counts) for a, b, *counts in found], every


def _looked_up(names: Iterable[str], values: Iterable[float], kind: str) -> str:
    """SQL for what stands in `values` at the place of a criterion in `names`; null if nowhere."""
    ids = "[" + ", ".join(map(quoted, names)) + "]::VARCHAR[]"
    listed = "[" + ", ".join(map(str, values)) + f"]::{kind}[]"
    return f"list_extract({listed}, list_position({ids}, o.criterion))"
