"""The failed grades of a run: how many there are, why, and which of them are asked again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlaif.records.failures import FailedGrades, Reason
from rlaif.storage import queries
from rlaif.storage.database import NARROW, database


@dataclass(frozen=True, slots=True)
class Failed:
    """What is graded again: samples whose grade failed, and no others."""

    stages: tuple[str, ...] = ()
    """Only those in which a failure of one of these stages stands; none for all of them."""


Retry = bool | Failed
"""Whether failed grades are made again besides what was not graded yet, or only they."""

_MOST = 12
"""Reasons that are told one by one."""

_FAILED = """
CREATE OR REPLACE TABLE failed AS
SELECT sample, place FROM placed WHERE place < {least} AND sample IN (SELECT {sample} FROM samples)
"""

_STAGES = f"""
CREATE OR REPLACE TABLE failures AS
SELECT place, o.stage AS stage, o.criterion AS criterion, hash(o.message) AS said
FROM (
  SELECT {queries.PLACE} AS place, unnest([f for f in outcomes if f.kind = 'failure']) AS o
  FROM grades JOIN grades_files USING (filename) WHERE under = $under AND status = 'failed'
) JOIN failed USING (place)
"""  # noqa: S608 - constants

_BY_STAGE = """
SELECT stage, count(DISTINCT place) FROM failures GROUP BY ALL ORDER BY 2 DESC, 1
"""
_REASONS = """
SELECT stage, criterion, said, count(*), min(place) FROM failures
GROUP BY ALL ORDER BY 4 DESC, 1, 2, 3 LIMIT $most
"""
_MESSAGE = """
SELECT [o.message for o in outcomes if o.kind = 'failure' AND o.criterion = $criterion][1]
FROM grades WHERE file_row_number = $row
  AND filename = (SELECT filename FROM grades_files WHERE part = $part)
"""

_NARROWED = f"""
DELETE FROM pending WHERE ordinal NOT IN (
  SELECT ordinal FROM (SELECT ordinal, {queries.SAMPLE} AS sample FROM samples)
  JOIN failed USING (sample) {{which}}
)
"""  # noqa: S608 - constants
_OF_STAGES = "WHERE place IN (SELECT place FROM failures WHERE list_contains($stages, stage))"


def failed_grades(
    samples: Sequence[Path], graded: Sequence[Path], under: str, most: int = _MOST
) -> FailedGrades:
    """How many effective grades failed, by stage, and the `most` frequent reasons."""
    if not graded:
        return FailedGrades(0, {}, ())
    with database(NARROW, samples=samples, grades=graded) as connection:
        queries.find_placed(connection, under)
        _find_failed(connection)
        connection.execute(_STAGES, {"under": under})
        (count,) = connection.execute("SELECT count(*) FROM failed").fetchone()
        stages = dict(connection.execute(_BY_STAGE).fetchall())
        found = connection.execute(_REASONS, {"most": most}).fetchall()
        reasons = tuple(
            Reason(stage, criterion, _message(connection, criterion, place), times)
            for stage, criterion, _, times, place in found
        )
    return FailedGrades(count, stages, reasons)


def narrow(connection: Any, under: str, to: Failed) -> None:
    """Leave in the table `pending` only what `to` says. Needs the table `placed`."""
    _find_failed(connection)
    if not to.stages:
        connection.execute(_NARROWED.format(which=""))
        return
    connection.execute(_STAGES, {"under": under})
    connection.execute(_NARROWED.format(which=_OF_STAGES), {"stages": list(to.stages)})


def _find_failed(connection: Any) -> None:
    connection.execute(_FAILED.format(least=queries.LEAST_OK, sample=queries.SAMPLE))


def _message(connection: Any, criterion: str, place: int) -> str:
    given = {"criterion": criterion, "part": place // 2**32 % 2**32, "row": place % 2**32}
    found = connection.execute(_MESSAGE, given).fetchone()
    return str(found[0]) if found and found[0] else ""
