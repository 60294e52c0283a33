"""How many rows the parts of a run hold, and how many of them count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rlaif.storage.database import database

_ROWS = "SELECT count(*) FROM graded"
_APART = """
SELECT count(*), count(*) FILTER (under = $under AND s.sample_id IS NOT NULL)
FROM (SELECT DISTINCT sample_id, sample_hash, under FROM graded) g
LEFT JOIN samples s USING (sample_id, sample_hash)
"""
_REPEATED = "SELECT count(*) - count(DISTINCT sample_id) FROM samples"


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Rows with grades, by what they are to the run."""

    rows: int = 0
    beaten: int = 0
    """Another row of the same sample, the same content and the same `under` counts."""
    others: int = 0
    """Under another rubric or judge, or of samples that are not the run's now."""
    repeated_ids: int = 0
    """Kept samples whose id another one has."""


def row_counts(samples: Sequence[Path], graded: Sequence[Path], under: str) -> RowCounts:
    """Count, from narrow columns alone. Raises: RunError."""
    with database(samples=samples) as connection:
        (repeated,) = connection.execute(_REPEATED).fetchone()
    if not graded:
        return RowCounts(repeated_ids=repeated)
    with database(samples=samples, graded=graded) as connection:
        (rows,) = connection.execute(_ROWS).fetchone()
        apart, current = connection.execute(_APART, {"under": under}).fetchone()
    return RowCounts(rows, rows - apart, apart - current, repeated)
