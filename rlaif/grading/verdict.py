"""Verdicts from what a model, a check or a person said; answer, value and gate from verdicts."""

from __future__ import annotations

from math import isfinite

from rlaif.ports import Answer
from rlaif.records.calibration import CalibrationMap
from rlaif.records.criterion import Checked, Criterion, Judged
from rlaif.records.grade import Answered
from rlaif.records.outcome import Failure, Outcome, Skipped, Verdict

_MOST = 1.001
"""Rounding lets probabilities add up to a little more than 1."""

_ROUNDING = 1e-9

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
    """What a person's answer says: all probability on `label`; split where a range has it not.

    Raises: ValueError for what the criterion cannot be answered with.
    """
    scale = criterion.range if isinstance(criterion, Judged) else None
    if scale is not None:
        worth = scale.worth(label)
        if worth is None:
            raise ValueError(f"{label!r} is not {criterion.told_answers}")
        return Verdict(_between(criterion.worth, worth))
    place = criterion.answers.index(label)
    return Verdict(tuple(float(i == place) for i in range(len(criterion.answers))))


def place_of_label(criterion: Judged, label: str | None) -> int:
    """The place of a person's answer among the judge's labels; the last for "does not apply"."""
    if label is None:
        return len(criterion.answers)
    distribution = verdict_of_label(criterion, label).distribution
    return max(range(len(distribution)), key=lambda i: distribution[i])


def same_answer(criterion: Criterion, got: str | None, wanted: str | None) -> bool:
    """Whether two answers agree; estimates of a range do within one of its steps."""
    scale = criterion.range if isinstance(criterion, Judged) else None
    if scale is None or got is None or wanted is None:
        return got == wanted
    one, other = scale.worth(got), scale.worth(wanted)
    return one is not None and other is not None and abs(one - other) <= 1.001 / (scale.steps - 1)


def answered(
    criterion: Criterion, outcome: Outcome, key: str = "", read: CalibrationMap | None = None
) -> Answered:
    """`outcome` with answer, probability and value derived: value in [0, 1].

    Args: `read`, the judge's map for this criterion; the outcome itself stays as the judge gave it,
    and the probability that the question does not apply is no part of what is mapped.

    The value is what the answers are worth on average over the distribution: of yes/no, p(yes); of
    levels, the expected points, scaled to [0, 1]. A check answers yes only when its value is 1.
    "Does not apply" leaves the fraction. An estimate has no probability: it is an average, and its
    answer the number nearest to it.
    """
    if not isinstance(outcome, Verdict):
        return Answered(criterion.id, outcome, key)
    distribution, applies = outcome.distribution, 1.0
    if (
        isinstance(criterion, Judged)
        and criterion.allow_na
        and len(distribution) > len(criterion.answers)
    ):
        distribution, na = distribution[:-1], distribution[-1]
        if na > max(distribution):
            return Answered(criterion.id, Skipped("na", outcome), key, None, None, na)
        applies = 1 - na
        distribution = tuple(p / applies for p in distribution)
    if read is not None:
        distribution = read.of(distribution)
    place = _place(criterion, distribution, read)
    estimate = isinstance(criterion, Judged) and criterion.range is not None
    return Answered(
        criterion.id,
        outcome,
        key,
        criterion.answers[place],
        _value(criterion, distribution),
        None if estimate else _probability(outcome, distribution, place, applies, read),
    )


def answered_value(criterion: Criterion, value: float) -> Answered:
    """A person's number in [0, 1] for a criterion; the answer of nearest worth, yes from 0.5."""
    if criterion.yes_or_no:
        return answered(criterion, Verdict((1 - value, value)))
    worth = criterion.worth
    place = min(range(len(worth)), key=lambda i: (abs(worth[i] - value), worth[i], i))
    outcome = Verdict(tuple(float(i == place) for i in range(len(worth))))
    return Answered(criterion.id, outcome, "", criterion.answers[place], value, None)


def gate_met(criterion: Criterion, given: Answered) -> bool | None:
    """Whether a gate holds; None where there is no answer to tell by.

    A gate with a negative weight marks a fault, and is unmet when the fault is met. One on levels
    asks for at least that level, one on choices for one of those named, one on a range for a number
    at least that good.
    """
    if given.answer is None:
        return None
    gate = criterion.gate
    if isinstance(gate, bool) or not isinstance(criterion, Judged):
        return (given.answer == "yes") == (criterion.weight > 0)
    if isinstance(gate, tuple) or criterion.choices:
        return given.answer in ((gate,) if isinstance(gate, str) else gate)
    if criterion.range is not None:
        wanted = criterion.range.worth(gate) or 0.0
        return given.value is None or given.value >= wanted - _ROUNDING
    return criterion.answers.index(given.answer) >= criterion.answers.index(gate)


def _probability(
    outcome: Verdict,
    distribution: tuple[float, ...],
    place: int,
    applies: float,
    read: CalibrationMap | None,
) -> float:
    """Of the answer at `place`; the judge's own number where no map reads it."""
    return outcome.distribution[place] if read is None else distribution[place] * applies


def _place(
    criterion: Criterion, distribution: tuple[float, ...], read: CalibrationMap | None
) -> int:
    """Which answer is given: the most probable, the worse of two equal ones; yes from 0.5.

    A calibration may say otherwise of yes.

    Of a range, the number nearest to the expected one.
    """
    if isinstance(criterion, Checked):
        return int(distribution[1] >= 1)
    if criterion.yes_or_no:
        return int(distribution[1] >= _yes_from(read))
    worth = criterion.worth
    if criterion.range is not None:
        expected = _value(criterion, distribution)
        return min(range(len(worth)), key=lambda i: (abs(worth[i] - expected), i))
    return max(range(len(distribution)), key=lambda i: (distribution[i], -worth[i], -i))


def _yes_from(read: CalibrationMap | None) -> float:
    return YES_FROM if read is None or read.yes_from is None else read.yes_from


def _value(criterion: Criterion, distribution: tuple[float, ...]) -> float:
    value = sum(p * worth for p, worth in zip(distribution, criterion.worth, strict=True))
    return min(max(value, 0.0), 1.0)


def _between(worth: tuple[float, ...], value: float) -> tuple[float, ...]:
    """All probability on the two neighbours of `value`, so that it is what is expected."""
    above = next(i for i, one in enumerate(worth) if one >= value - _ROUNDING)
    if above == 0 or abs(worth[above] - value) <= _ROUNDING:
        return tuple(float(i == above) for i in range(len(worth)))
    share = (value - worth[above - 1]) / (worth[above] - worth[above - 1])
    parts = {above - 1: 1 - share, above: share}
    return tuple(parts.get(i, 0.0) for i in range(len(worth)))
