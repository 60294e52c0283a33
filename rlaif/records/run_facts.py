"""What is told of a run folder as a whole: in a list of runs, once verified, once compacted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Listed:
    """One run, as a list of runs tells it."""

    path: Path
    of_pairs: bool
    changed: float
    """When something was last written to it: seconds since 1970."""
    bytes: int
    in_use: bool
    """A job holds its lock right now."""
    rubric: str = ""
    """`name@version`, as `judge`; empty where nothing was graded yet."""
    judge: str = ""
    created: str = ""
    samples: int = 0
    graded: int = 0
    failed: int = 0
    mean_score: float | None = None
    """Of those that have a score; None for a run of pairs."""
    problem: str = ""
    """What keeps it from being read, if anything does."""

    @property
    def day(self) -> str:
        """When it was last written to, in UTC, as 2026-01-31 23:59."""
        return datetime.fromtimestamp(self.changed, UTC).strftime("%Y-%m-%d %H:%M")


@dataclass(frozen=True, slots=True)
class Looked:
    """How many of each were looked at while a run was verified."""

    samples: int = 0
    """Or pairs."""
    grades: int = 0
    """Effective ones, of the current samples under the current rubric and judge."""
    ok: int = 0
    failed: int = 0
    outcomes: int = 0
    missing: int = 0
    """Samples with no grade yet: no fault, an interrupted run has them."""
    parts: int = 0
    rows: int = 0
    """Grades that lie in the parts, whatever they are under."""
    beaten: int = 0
    """Rows that another of the same sample beats; `rlaif compact` drops them."""
    others: int = 0
    """Rows under another rubric or judge, or of other samples; their verdicts can be used again."""
    quarantined: int = 0
    """Damaged parts that were set aside earlier."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """What compacting did to a run, or would do."""

    parts_before: int
    parts_after: int
    bytes_before: int
    """Of the whole run folder."""
    bytes_after: int | None
    """None where nothing was done: only the doing tells."""
    rows_before: int
    rows_after: int
    generations: int
    """Kept inputs of earlier jobs that were removed."""
    texts: int
    """Kept rubrics and judges that nothing names any more."""

    @property
    def lays(self) -> bool:
        """Whether the parts change."""
        return (self.parts_before, self.rows_before) != (self.parts_after, self.rows_after)

    @property
    def changes(self) -> bool:
        """Whether there is anything to do."""
        return self.lays or bool(self.generations or self.texts)
