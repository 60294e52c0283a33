"""What a job tells whoever watches it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from rlaif.grading.usage import Usage
from rlaif.records.grade import Grade
from rlaif.records.outcome import Failure, Verdict


@dataclass(frozen=True, slots=True)
class Step:
    """What has been done since the step before: grades, or those of a whole part."""

    grades: int
    failed: int
    """Grades without a score."""
    verdicts: int
    stages: Mapping[str, int] = field(default_factory=dict)
    """Outcomes that are failures, by stage."""


class Watcher(Protocol):
    """Whoever wants to know how the job goes."""

    def note(self, text: str) -> None:
        """One line for a person."""

    def begin(self, samples: int, done: int) -> None:
        """Grading starts: how many samples there are, how many were graded before."""

    def graded(self, step: Step, usage: Usage) -> None:
        """Some more grades. `usage`: what the judge cost this job so far."""


def step_of(grades: Iterable[Grade]) -> Step:
    """The grades, counted."""
    count = failed = verdicts = 0
    stages: Counter[str] = Counter()
    for grade in grades:
        count += 1
        failed += grade.status == "failed"
        for answered in grade.outcomes:
            outcome = answered.outcome
            if isinstance(outcome, Verdict):
                verdicts += 1
            elif isinstance(outcome, Failure):
                stages[outcome.stage] += 1
    return Step(count, failed, verdicts, stages)
