"""The questions that a report asks of two runs: sample by sample, criterion by criterion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rlaif.records.figures import Bin, Moved, Paired, PairedCriterion
from rlaif.storage.database import quoted
from rlaif.storage.report_base import SAME, SUMS, sums_of

OTHER = "_other"
"""The end of the names of the other run's tables."""

_MATCHED = f"""
CREATE OR REPLACE TABLE matched AS
SELECT h.ordinal AS here, t.ordinal AS there, h.sample_hash = t.sample_hash AS alike
FROM samples h FULL OUTER JOIN samples{OTHER} t USING (sample_id)
"""  # noqa: S608 - constants

_BOTH = f"""
CREATE OR REPLACE TABLE both_scored AS
SELECT m.here AS ordinal, m.there AS other, h.cluster, h.score AS here, t.score AS there
FROM matched m JOIN marked h ON h.ordinal = m.here JOIN marked{OTHER} t ON t.ordinal = m.there
WHERE h.score IS NOT NULL AND t.score IS NOT NULL
"""  # noqa: S608 - constants

_COUNTS = """
SELECT count(*) FILTER (here IS NOT NULL AND there IS NOT NULL), count(*) FILTER (NOT alike),
  count(*) FILTER (there IS NULL), count(*) FILTER (here IS NULL) FROM matched
"""

_MEANS = """
SELECT count(*), avg(here), avg(there), count(*) FILTER (here >= $t AND there >= $t),
  count(*) FILTER (here >= $t AND there < $t), count(*) FILTER (here < $t AND there >= $t),
  count(*) FILTER (here < $t AND there < $t) FROM both_scored
"""

_DIFFERENCE = f"""
SELECT {SUMS} FROM (
  SELECT cluster, count(*) AS n, sum(here - there) AS s FROM both_scored GROUP BY cluster)
"""  # noqa: S608 - constants

_MOVES = f"""
SELECT CASE WHEN abs(here - there) <= {SAME} THEN 0 ELSE
  (ceil(abs(here - there) * 10 - 1e-9) * sign(here - there))::INTEGER END AS place, '', count(*)
FROM both_scored GROUP BY ALL ORDER BY ALL
"""  # noqa: S608 - constants

_MOVED = f"""
SELECT ordinal, other, here, there FROM both_scored WHERE abs(here - there) > {SAME}
ORDER BY abs(here - there) DESC, ordinal LIMIT $most
"""  # noqa: S608 - constants

_VALUES = """
CREATE OR REPLACE TABLE values{side} AS
SELECT ordinal, NUMBER::SMALLINT AS criterion, o.value AS value
FROM (SELECT ordinal, unnest(outcomes) AS o FROM slim{tables})
WHERE o.kind = 'verdict' AND o.value IS NOT NULL AND NUMBER IS NOT NULL
"""

_CRITERIA = f"""
WITH pairs AS (
  SELECT h.criterion, k.cluster, h.value AS here, t.value AS there FROM matched m
  JOIN values_here h ON h.ordinal = m.here
  JOIN values{OTHER} t ON t.ordinal = m.there AND t.criterion = h.criterion
  JOIN marked k ON k.ordinal = m.here),
plain AS (
  SELECT criterion, count(*), avg(here), avg(there),
    count(*) FILTER (mine AND theirs), count(*) FILTER (mine AND NOT theirs),
    count(*) FILTER (theirs AND NOT mine), count(*) FILTER (NOT mine AND NOT theirs)
  FROM (SELECT *, here >= 0.5 - {SAME} AS mine, there >= 0.5 - {SAME} AS theirs FROM pairs)
  GROUP BY criterion),
sums AS (
  SELECT criterion, {SUMS} FROM (
    SELECT criterion, cluster, count(*) AS n, sum(here - there) AS s FROM pairs GROUP BY ALL)
  GROUP BY criterion)
SELECT p.*, s.* EXCLUDE (criterion) FROM plain p JOIN sums s USING (criterion) ORDER BY criterion
"""  # noqa: S608 - constants


def match(connection: Any) -> None:
    """Match the samples of `marked` with those of the other run by id, in tables of their own."""
    connection.execute(_MATCHED)
    connection.execute(_BOTH)


def paired(connection: Any, threshold: float) -> Paired:
    """What became of the matched samples.

    Args: `threshold`, the least score that passes; one that only rounding keeps from it passes too.
    """
    matched, other, here, there = connection.execute(_COUNTS).fetchone()
    scored, mean, mean_there, *passed = connection.execute(
        _MEANS, {"t": threshold - SAME}
    ).fetchone()
    sums = sums_of(connection.execute(_DIFFERENCE).fetchone())
    return Paired(matched, other, here, there, scored, mean, mean_there, sums, *passed)


def moves(connection: Any) -> list[Bin]:
    """By how many tenths scores moved, rounded away from 0; 0 where they are equal."""
    return [Bin(*row) for row in connection.execute(_MOVES).fetchall()]


def moved(connection: Any, most: int) -> list[Moved]:
    """The samples that moved most."""
    found = connection.execute(_MOVED, {"most": most}).fetchall()
    return [Moved(*row) for row in found]


def paired_criteria(
    connection: Any, names: Sequence[str], renamed: Mapping[str, str]
) -> list[PairedCriterion]:
    """Each of the criteria `names` in both runs; `renamed`, from the other run's ids to them."""
    old = {now: was for was, now in renamed.items()}
    sides = {"_here": ("", names), OTHER: (OTHER, [old.get(name, name) for name in names])}
    for side, (tables, ids) in sides.items():
        listed = "[" + ", ".join(map(quoted, ids)) + "]::VARCHAR[]"
        number = f"nullif(list_position({listed}, o.criterion), 0)"
        query = _VALUES.replace("NUMBER", number).format(side=side, tables=tables)
        connection.execute(query)
    return [
        PairedCriterion(names[place - 1], *row[:3], sums_of(row[7:]), *row[3:7])  # type: ignore[call-arg]  # rows have as many
        for place, *row in connection.execute(_CRITERIA).fetchall()
    ]
