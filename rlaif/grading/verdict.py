"""Verdicts from what a model, a check or a person said; answer, value and gate from verdicts."""

from __future__ import annotations

from math import isfinite

from rlaif.ports import Answer
from rlaif.records.criterion import Checked, Criterion, Judged
from rlaif.records.grade import Answered
from rlaif.records.outcome import Failure, Outcome, Skipped, Verdict

_MOST = 1.001
"""Rounding lets probabilities add up to a little more than 1."""

YES_FROM = 0.5
"""A yes/no question is answered yes from this probability on."""


def read_answer(answer: Answer, labels: int, min_label_mass: float) -> Verdict | Failure:
    """The verdict in a model's probabilities of so many labels, normalised over the labels."""
    mass = sum(answer.probabilities)
    if len(answer.probabilities) != labels:
        told = f"{len(answer.probabilities)} probabilities for {labels} labels"
        return Failure("backend", f"the judge gave {told}")
    if not all(isfinite(p) and 0 <= p <= _MOST for p in (*answer.probabilities, mass)):
        return Failure("backend", "the judge's probabilities are not numbers from 0 to 1")
    if mass <= 0:
        return Failure("label_mass", "the labels have none of the model's probability")
    verdict = Verdict(tuple(p / mass for p in answer.probabilities), min(mass, 1.0))
    return believed(verdict, min_label_mass)


def believed(verdict: Verdict, min_label_mass: float) -> Verdict | Failure:
    """The verdict, or a failure where the model hardly answered in the labels at all."""
    mass = verdict.label_mass
    if mass is None or mass >= min_label_mass:
        return verdict
    return Failure(
        "label_mass",
        f"the labels have {mass:.2g} of the model's probability, under {min_label_mass:.2g}",
    )


def verdict_of_label(criterion: Criterion, label: str) -> Verdict:
    """What a person's answer says: all probability on `label`. Raises ValueError if unknown."""
    place = criterion.answers.index(label)
    return Verdict(tuple(float(i == place) for i in range(len(criterion.answers))))


def answered(criterion: Criterion, outcome: Outcome, key: str = "") -> Answered:
    """`outcome` with answer, probability and value derived: value in [0, 1].

    Yes/no: the value is p(yes). Levels: the expected points, scaled to [0, 1]. A check answers yes
    only when its value is 1. "Does not apply" leaves the fraction.
    """
    if not isinstance(outcome, Verdict):
        return Answered(criterion.id, outcome, key)
    distribution = outcome.distribution
    if (
        isinstance(criterion, Judged)
        and criterion.allow_na
        and len(distribution) > len(criterion.answers)
    ):
        distribution, na = distribution[:-1], distribution[-1]
        if na > max(distribution):
            return Answered(criterion.id, Skipped("na", outcome), key, None, None, na)
        distribution = tuple(p / (1 - na) for p in distribution)
    place = _place(criterion, distribution)
    return Answered(
        criterion.id,
        outcome,
        key,
        criterion.answers[place],
        _value(criterion, distribution),
        outcome.distribution[place],
    )


def answered_value(criterion: Criterion, value: float) -> Answered:
    """A person's number in [0, 1] for a criterion; the nearest level, or yes from 0.5 on."""
    if len(criterion.answers) == 2 and not getattr(criterion, "levels", None):
        return answered(criterion, Verdict((1 - value, value)))
    scale = _scale(criterion)
    place = min(range(len(scale)), key=lambda i: (abs(scale[i] - value), i))
    outcome = Verdict(tuple(float(i == place) for i in range(len(scale))))
    return Answered(criterion.id, outcome, "", criterion.answers[place], value, None)


def gate_met(criterion: Criterion, given: Answered) -> bool | None:
    """Whether a gate holds; None where there is no answer to tell by.

    A gate with a negative weight marks a fault, and is unmet when the fault is met.
    """
    if given.answer is None:
        return None
    if isinstance(criterion.gate, str):
        wanted = criterion.answers.index(criterion.gate)
        return criterion.answers.index(given.answer) >= wanted
    return (given.answer == "yes") == (criterion.weight > 0)


def _place(criterion: Criterion, distribution: tuple[float, ...]) -> int:
    """Which answer is given: the most probable, the worse of two equal ones; yes from 0.5."""
    if isinstance(criterion, Checked):
        return int(distribution[1] >= 1)
    if criterion.levels is None:
        return int(distribution[1] >= YES_FROM)
    return max(range(len(distribution)), key=lambda i: (distribution[i], -i))


def _value(criterion: Criterion, distribution: tuple[float, ...]) -> float:
    scale = _scale(criterion)
    value = sum(p * points for p, points in zip(distribution, scale, strict=True))
    return min(max(value, 0.0), 1.0)


def _scale(criterion: Criterion) -> tuple[float, ...]:
    """What each answer is worth, from 0 for the worst to 1 for the best."""
    levels = criterion.levels if isinstance(criterion, Judged) else None
    if levels is None:
        return (0.0, 1.0)
    points = [float(i) if level.points is None else level.points for i, level in enumerate(levels)]
    return tuple((p - points[0]) / (points[-1] - points[0]) for p in points)
