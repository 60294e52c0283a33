"""What a run amounts to, gathered in one pass over its grades."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from rlaif.records.grade import Answered, Grade
from rlaif.records.outcome import Failure, Outcome, Skipped, Verdict
from rlaif.records.sample import Sample
from rlaif.reporting.cases import has_run_code, why_not


@dataclass(slots=True)
class Mean:
    """A running mean and the extremes."""

    count: int = 0
    total: float = 0.0
    lowest: float = float("inf")
    highest: float = float("-inf")

    def add(self, value: float) -> None:
        """Take one more value."""
        self.count += 1
        self.total += value
        self.lowest = min(self.lowest, value)
        self.highest = max(self.highest, value)

    @property
    def mean(self) -> float | None:
        """None where there was no value."""
        return self.total / self.count if self.count else None

    @property
    def clipped(self) -> float | None:
        """The mean kept between 0 and 1, as HealthBench does with raw scores (arXiv:2505.08775)."""
        return None if self.mean is None else min(max(self.mean, 0.0), 1.0)


@dataclass(slots=True)
class CriterionTally:
    """How one criterion was answered over a run."""

    answers: Counter[str] = field(default_factory=Counter)
    value: Mean = field(default_factory=Mean)
    label_mass: Mean = field(default_factory=Mean)
    skipped: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    """By stage."""
    why_not: Counter[str] = field(default_factory=Counter)
    """Of a check that ran code: why it was not all passed."""

    def add(self, answered: Answered) -> None:
        """Take one more outcome."""
        outcome = answered.outcome
        if isinstance(outcome, Failure):
            self.failed[outcome.stage] += 1
        elif isinstance(outcome, Skipped):
            self.skipped[outcome.reason] += 1
        elif answered.answer is not None and answered.value is not None:
            self.answers[answered.answer] += 1
            self.value.add(answered.value)
            self._mass(outcome)
            if answered.answer == "no" and has_run_code(outcome):
                self.why_not[why_not(outcome)] += 1

    def _mass(self, verdict: Verdict) -> None:
        if verdict.label_mass is not None:
            self.label_mass.add(verdict.label_mass)


@dataclass(slots=True)
class Summary:
    """Statistics of a run; memory does not grow with the number of samples."""

    samples: int = 0
    score: Mean = field(default_factory=Mean)
    by_policy: dict[str, Mean] = field(default_factory=dict)
    raw: Mean = field(default_factory=Mean)
    """Of the raw scores, before each is clipped."""
    raw_by_policy: dict[str, Mean] = field(default_factory=dict)
    criteria: dict[str, CriterionTally] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    """Why scores are 0 or missing: prescreen:RULE, gate:ID, nothing_applies."""
    failures: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By criterion, stage and message."""
    failed: int = 0
    missing: int = 0
    truncated: int = 0
    quotes: int = 0
    """Quotations that a judge gave as its evidence."""
    quotes_missed: int = 0
    """Of these, those that do not stand in the completion."""
    with_reasoning: int = 0
    """Samples from which the policy's reasoning was taken out before grading."""


MOST_POLICIES = 50
MOST_CRITERIA = 500
MOST_MESSAGES = 200


def summarise(graded: Iterable[tuple[Sample, Grade | None]]) -> Summary:
    """One pass over samples with their grades."""
    summary = Summary()
    for sample, grade in graded:
        summary.samples += 1
        if grade is None:
            summary.missing += 1
            continue
        _add(summary, sample, grade)
    return summary


def _add_quotes(summary: Summary, outcome: Outcome) -> None:
    verdict = outcome.verdict if isinstance(outcome, Skipped) else outcome
    if isinstance(verdict, Verdict):
        summary.quotes += len(verdict.evidence)
        summary.quotes_missed += sum(not quote.found for quote in verdict.evidence)


def _add(summary: Summary, sample: Sample, grade: Grade) -> None:
    summary.failed += grade.status == "failed"
    summary.truncated += grade.truncated
    summary.with_reasoning += grade.reasoning_characters > 0
    if grade.reason and grade.status == "ok":
        known = grade.reason in summary.reasons or len(summary.reasons) < MOST_MESSAGES
        summary.reasons[grade.reason if known else "gate:(other gates)"] += 1
    for answered in grade.outcomes:
        name = answered.criterion
        if name not in summary.criteria and len(summary.criteria) >= MOST_CRITERIA:
            name = "(other criteria)"
        tally = summary.criteria.setdefault(name, CriterionTally())
        tally.add(answered)
        _add_quotes(summary, answered.outcome)
        if isinstance(answered.outcome, Failure):
            _add_failure(summary, answered.criterion, answered.outcome)
    policy = sample.policy or "(no policy named)"
    if policy not in summary.by_policy and len(summary.by_policy) >= MOST_POLICIES:
        policy = "(other policies)"
    mean = summary.by_policy.setdefault(policy, Mean())
    raw = summary.raw_by_policy.setdefault(policy, Mean())
    if grade.score is not None and grade.raw_score is not None:
        for scores, score in ((summary.score, grade.score), (summary.raw, grade.raw_score)):
            scores.add(score)
        mean.add(grade.score)
        raw.add(grade.raw_score)


def _add_failure(summary: Summary, criterion: str, failure: Failure) -> None:
    kind = (criterion, failure.stage, failure.message)
    if kind not in summary.failures and len(summary.failures) >= MOST_MESSAGES:
        kind = (criterion, failure.stage, "(other messages)")
    summary.failures[kind] += 1


def extremes(grades: Iterable[Grade], count: int) -> tuple[list[Grade], list[Grade]]:
    """The `count` lowest and the `count` highest scores; equal ones in the order they came."""
    low: list[tuple[float, int, Grade]] = []
    high: list[tuple[float, int, Grade]] = []
    for place, grade in enumerate(grades):
        if grade.score is None:
            continue
        _keep(low, (-grade.score, -place, grade), count)
        _keep(high, (grade.score, -place, grade), count)
    return (
        [grade for *_, grade in sorted(low, reverse=True)],
        [grade for *_, grade in sorted(high, reverse=True)],
    )


def _keep(heap: list[tuple[float, int, Grade]], entry: tuple[float, int, Grade], most: int) -> None:
    if len(heap) < most:
        heapq.heappush(heap, entry)
    else:
        heapq.heappushpop(heap, entry)
