"""A clock that stands still until a test moves it, and steps of a job that has one failing."""

from __future__ import annotations

from rlaif.grading.usage import Usage
from rlaif.runs.watching import Step


class Clock:
    """Seconds, as a monotonic clock gives them."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def step(grades: int = 1, failed: int = 0, verdicts: int | None = None, **stages: int) -> Step:
    """Grades with five verdicts each."""
    return Step(grades, failed, 5 * grades if verdicts is None else verdicts, stages)


def usage(**more: object) -> Usage:
    return Usage(**more)  # type: ignore[arg-type]  # each field's own type, which a test states
