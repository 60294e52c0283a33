"""What stands behind an answer: why a check says so, each answer's share, why there is none."""

from __future__ import annotations

from collections.abc import Iterator

from rlaif.records.calibration import CalibrationMap
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
    criterion: Criterion,
    answered: Answered,
    depth: int,
    variance: float | None = None,
    read: CalibrationMap | None = None,
) -> Iterator[Line]:
    """The lines under an answer; `variance`, how far the ballots lie apart.

    Args: `read`, the judge's map for this criterion.
    """
    outcome = answered.outcome
    if isinstance(outcome, Verdict) and ran_code(criterion):
        yield from case_lines(outcome, depth)
        return
    for note in _notes(criterion, answered, read):
        yield Line(note, depth=depth, style="dim")
    verdict = outcome.verdict if isinstance(outcome, Skipped) else outcome
    if isinstance(verdict, Verdict):
        yield from said_lines(verdict, _names(criterion, verdict), depth, variance)


def ran_code(criterion: Criterion) -> bool:
    """Whether a check runs code to answer it."""
    return isinstance(criterion, Checked) and isinstance(criterion.check, CodeCheck)


def _notes(criterion: Criterion, answered: Answered, read: CalibrationMap | None) -> Iterator[str]:
    outcome = answered.outcome
    if isinstance(outcome, Failure):
        yield f"{outcome.stage}: {outcome.message}"
    elif isinstance(outcome, Skipped):
        yield _why_skipped(outcome, answered)
    else:
        for case in outcome.cases:
            yield case.message or f"{case.name}: {'passed' if case.passed else 'not passed'}"
        if isinstance(criterion, Judged) and read is not None:
            yield f"stated: {_stated(_names(criterion, outcome), outcome.distribution)}"
            yield f"read as: {_read(criterion, outcome, read)}"
        elif isinstance(criterion, Judged) and _is_mean(criterion, outcome):
            yield _shares(criterion, outcome.distribution)


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


def _stated(names: tuple[str, ...], shares: tuple[float, ...]) -> str:
    """The likeliest answers with the probabilities that the judge gave them."""
    likely = sorted(zip(names, shares, strict=True), key=lambda one: -one[1])[:_MOST_ANSWERS]
    return ", ".join(f"{name} {p:.2f}" for name, p in likely)


def _read(criterion: Judged, verdict: Verdict, read: CalibrationMap) -> str:
    """What the calibration makes of it, and from where on the answer is yes."""
    text = _shares(criterion, read.applying(verdict.distribution, len(criterion.answers)))
    return text if read.yes_from is None else f"{text}; yes from {read.yes_from:.3g}"


def _shares(criterion: Judged, distribution: tuple[float, ...]) -> str:
    """The probabilities that a value is the mean of, each with what its answer is worth."""
    named = list(zip(criterion.answers, distribution, criterion.worth, strict=False))
    likely = sorted(named, key=lambda one: -one[1])[:_MOST_ANSWERS]
    shown = named if len(named) <= _MOST_ANSWERS else likely
    text = ", ".join(f"{name} {p:.2f} worth {worth:.3g}" for name, p, worth in shown)
    if len(named) > len(shown):
        text = f"likeliest of {len(named)}: {text}"
    if len(distribution) > len(named):
        text += f"; over 1 - {distribution[-1]:.2f}, for it may not apply"
    return text
