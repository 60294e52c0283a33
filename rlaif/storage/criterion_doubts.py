"""What a run says of its criteria besides a report's counts: doubts, and patterns of answers.

Both read the tables that `report_base.mark` makes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rlaif.storage.database import quoted, rows
from rlaif.storage.report_base import SAME

_DOUBTS = """
SELECT o.criterion, avg((o.probability < $sure)::INTEGER) FROM (
  SELECT unnest(outcomes) AS o FROM slim)
WHERE o.kind = 'verdict' AND o.probability IS NOT NULL AND list_contains($wanted, o.criterion)
GROUP BY ALL
"""

_PATTERNS = """
WITH drawn AS (
  SELECT ordinal FROM slim WHERE reason NOT LIKE 'prescreen:%'
  ORDER BY md5_number('criteria' || ordinal::VARCHAR), ordinal LIMIT $most),
answers AS (
  SELECT map_from_entries([(o.criterion, (o.value >= {half})::INTEGER::VARCHAR) for o in outcomes
    if o.kind = 'verdict' AND o.value IS NOT NULL]) AS found
  FROM slim WHERE ordinal IN (SELECT ordinal FROM drawn))
SELECT array_to_string([coalesce(found[name], '-') for name in {names}], '') AS pattern, count(*)
FROM answers GROUP BY ALL ORDER BY ALL
"""


_HOW_MANY = """
SELECT count(DISTINCT hash(o.criterion)) FROM (SELECT unnest(outcomes) AS o FROM slim)
"""


def how_many(connection: Any) -> int:
    """Criteria that any sample has an outcome of."""
    (count,) = connection.execute(_HOW_MANY).fetchone()
    found: int = count
    return found


def doubts(connection: Any, wanted: Sequence[str], sure: float) -> dict[str, float]:
    """By criterion, the share of verdicts whose answer has a probability below `sure`."""
    given = {"wanted": list(wanted), "sure": sure - SAME}
    return dict(connection.execute(_DOUBTS, given).fetchall())


def patterns(connection: Any, names: Sequence[str], most: int) -> dict[str, int]:
    """How often the criteria `names` were met together how, over a draw of samples.

    A pattern has a sign a criterion: "1" met (a value of one half or more), "0" not, "-" no answer.
    Args: `most`, the samples drawn at the most, by a hash of their place; prescreened ones are not.
    """
    ids = "[" + ", ".join(map(quoted, names)) + "]::VARCHAR[]"
    query = _PATTERNS.format(half=0.5 - SAME, names=ids).replace("$most", str(int(most)))
    return dict(rows(connection, query))
