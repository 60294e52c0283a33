"""What stands behind an answer: why a check says so, each answer's share, why there is none."""

from __future__ import annotations

from collections.abc import Iterator

from rlaif.records.code import CodeCheck
from rlaif.records.criterion import Checked, Criterion, Judged
from rlaif.records.grade import Answered
from rlaif.records.outcome import Failure, Skipped, Verdict
from rlaif.reporting.cases import case_lines
from rlaif.reporting.said import said_lines
from rlaif.reporting.sheet import Line

_MOST_ANSWERS = 4
"""Answers of which each one's share of the value is written out."""


def behind(
    criterion: Criterion, answered: Answered, depth: int, variance: float | None = None
) -> Iterator[Line]:
    """The lines under an answer; `variance`, how far the ballots lie apart."""
    outcome = answered.outcome
    if isinstance(outcome, Verdict) and ran_code(criterion):
        yield from case_lines(outcome, depth)
        return
    for note in _notes(criterion, answered):
        yield Line(note, depth=depth, style="dim")
    verdict = outcome.verdict if isinstance(outcome, Skipped) else outcome
    if isinstance(verdict, Verdict):
        yield from said_lines(verdict, _names(criterion, verdict), depth, variance)


def ran_code(criterion: Criterion) -> bool:
    """Whether a check runs code to answer it."""
    return isinstance(criterion, Checked) and isinstance(criterion.check, CodeCheck)


def _notes(criterion: Criterion, answered: Answered) -> Iterator[str]:
    outcome = answered.outcome
    if isinstance(outcome, Failure):
        yield f"{outcome.stage}: {outcome.message}"
    elif isinstance(outcome, Skipped):
        yield _why_skipped(outcome, answered)
    else:
        for case in outcome.cases:
            yield case.message or f"{case.name}: {'passed' if case.passed else 'not passed'}"
        if isinstance(criterion, Judged) and _is_mean(criterion, outcome):
            yield _shares(criterion, outcome)


def _names(criterion: Criterion, verdict: Verdict) -> tuple[str, ...]:
    """What the probabilities of a distribution are of."""
    more = len(verdict.distribution) - len(criterion.answers)
    return (*criterion.answers, *["does not apply"] * more)


def _is_mean(criterion: Judged, verdict: Verdict) -> bool:
    """Whether the value is more than the probability of yes."""
    return not criterion.yes_or_no or len(verdict.distribution) > len(criterion.answers)


def _why_skipped(outcome: Skipped, answered: Answered) -> str:
    if outcome.reason == "gate":
        return "a gate that is not met made it needless"
    if outcome.reason == "when":
        return "the criterion's 'when' does not hold for this sample: out of the fraction"
    sure = "" if answered.probability is None else f" ({answered.probability:.2f})"
    return f"the answer was that it does not apply{sure}: out of the fraction"


def _shares(criterion: Judged, verdict: Verdict) -> str:
    """The probabilities that a value is the mean of, each with what its answer is worth."""
    named = list(zip(criterion.answers, verdict.distribution, criterion.worth, strict=False))
    likely = sorted(named, key=lambda one: -one[1])[:_MOST_ANSWERS]
    shown = named if len(named) <= _MOST_ANSWERS else likely
    text = ", ".join(f"{name} {p:.2f} worth {worth:.3g}" for name, p, worth in shown)
    if len(named) > len(shown):
        text = f"likeliest of {len(named)}: {text}"
    if len(verdict.distribution) > len(named):
        text += f"; over 1 - {verdict.distribution[-1]:.2f}, for it may not apply"
    return text
