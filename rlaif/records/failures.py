"""Failed grades, counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for which criteria have no outcome."""

    stage: str
    criterion: str
    message: str
    count: int


@dataclass(frozen=True, slots=True)
class FailedGrades:
    """The grades of a run that have no score because something failed."""

    count: int
    stages: Mapping[str, int]
    """Grades in which a failure of this stage stands; one may stand under several."""
    reasons: tuple[Reason, ...]
    """The most frequent ones, by failures; the most frequent first."""
