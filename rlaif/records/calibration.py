"""A judge's calibration: what its stated probabilities mean, learnt from people's answers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from math import exp, log
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rlaif.records.base import Fault, Record, refuse
from rlaif.records.fitted import Count, Share
from rlaif.records.fitted import Fitted as Fitted
from rlaif.records.pair_calibration import PairCalibration, PairHeldOut, PairMeasured
from rlaif.records.written import Number, Text, Words

Method = Literal["none", "temperature", "platt", "isotonic"]
METHODS: tuple[Method, ...] = ("none", "temperature", "platt", "isotonic")
Stretch = Annotated[Number, Field(ge=0.001, le=1000)]
MOST_POINTS = 10_000
Point = Annotated[tuple[Share, ...], Field(min_length=2, max_length=2)]
Points = Annotated[tuple[Point, ...], Field(min_length=1, max_length=MOST_POINTS)]

LEAST = 1e-6
"""A probability nearer to 0 or 1 than this is taken for this before its logit is."""

_NEEDS: dict[str, tuple[str, ...]] = {
    "none": (),
    "temperature": ("temperature",),
    "platt": ("slope", "intercept"),
    "isotonic": ("points",),
}
"""The parameters of each method; the file states these and no others."""


class Measured(Record):
    """Figures of one judge on labels that it was not fitted on."""

    brier: Number
    """Mean squared distance of the probability of yes from what people said; of several answers,
    half the sum over them. Less is better."""
    log_loss: Number
    """Mean of minus the logarithm of the probability of people's answer. Less is better."""
    ece: Number
    """Expected calibration error: how far the greatest probability lies from how often people gave
    that answer, over bins of about equally many verdicts. Less is better."""
    accuracy: Share
    """Share of people's answers that the judge gave too."""
    kappa: Number | None = None
    """Cohen's kappa; absent where it cannot be told."""
    cost: Number | None = None
    """Mean cost of a wrong answer, where costs were stated."""


class HeldOut(Record):
    """The labels that were kept aside, and the figures on them before and after."""

    labels: Count
    """Answers of people."""
    prompts: Count
    """Prompts that they are about."""
    before: Measured
    """Of the judge as it was."""
    after: Measured
    """Of the judge as it is with this map."""


class Costs(Record):
    """What wrong answers cost, in any unit."""

    false_yes: Annotated[Number, Field(gt=0)] = 1.0
    """Of a yes where people say no."""
    false_no: Annotated[Number, Field(gt=0)] = 1.0
    """Of a no where people say yes."""


class CalibrationMap(Record):
    """How the judge's probabilities are read."""

    method: Method
    """temperature: of all answers, p to the power of 1/temperature, made to add up to 1. platt: of
    yes, 1 / (1 + exp(-(slope x logit(p) + intercept))). isotonic: of yes, straight lines between
    points. none: as they are stated; there may be a threshold all the same."""
    temperature: Stretch | None = None
    """Above 1: less sure than it states; below 1: surer."""
    slope: Annotated[Number, Field(gt=0, le=1000)] | None = None
    """Above 0: more stated probability never means less."""
    intercept: Annotated[Number, Field(ge=-1000, le=1000)] | None = None
    """Added to the logit."""
    points: Points | None = None
    """Pairs of a stated probability and what it means: the first rises, the second never falls."""
    yes_from: Annotated[Number, Field(gt=0, le=1)] | None = None
    """From this probability on, as read, a yes/no question is answered yes; 0.5 if not given."""
    labels: Count | None = None
    """Answers of people that it was fitted on."""
    costs: Costs | None = None
    """By which `yes_from` was chosen."""
    held_out: HeldOut | None = None
    """How it did on labels that it was not fitted on."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        refuse(list(self._faults()))
        return self

    def _faults(self) -> Iterator[Fault]:
        needed = _NEEDS[self.method]
        for name in needed:
            if getattr(self, name) is None:
                yield Fault(("method",), f"method {self.method} needs '{name}'")
        for name in ("temperature", "slope", "intercept", "points"):
            if name not in needed and getattr(self, name) is not None:
                told = " and ".join(f"'{one}'" for one in needed) or "no parameters"
                yield Fault((name,), f"'{name}' is of another method than {self.method}", told)
        for place, (one, other) in enumerate(pairwise(self.points or ()), 1):
            if other[0] <= one[0]:
                yield Fault(("points", place), "the stated probabilities do not rise")
            elif other[1] < one[1]:
                yield Fault(("points", place), "what they mean falls", "a map never turns back")

    def of(self, shares: tuple[float, ...]) -> tuple[float, ...]:
        """A distribution as it is to be read; it adds up to 1 if `shares` does.

        Platt and isotonic maps read (no, yes) alone; `fits` says so.
        """
        if self.method == "temperature":
            return _tempered(shares, self.temperature or 1.0)
        if self.method == "none":
            return shares
        yes = self._yes(shares[1])
        return shares if yes == shares[1] else (1.0 - yes, yes)

    def applying(self, distribution: tuple[float, ...], answers: int) -> tuple[float, ...]:
        """A verdict as it is to be read where the question applies, which it says of itself last.

        Args: `answers`, how many there are besides.
        """
        applies = 1 - sum(distribution[answers:])
        return self.of(tuple(share / applies for share in distribution[:answers]))

    def fits(self, *, yes_or_no: bool) -> bool:
        """Whether it can read the answers of such a question."""
        return yes_or_no or (self.method in ("none", "temperature") and self.yes_from is None)

    def _yes(self, share: float) -> float:
        if self.method == "isotonic":
            return _between(share, *self._columns)
        slope, intercept = self.slope or 1.0, self.intercept or 0.0
        if (slope, intercept) == (1.0, 0.0):
            return share
        return sigmoid(slope * logit(share) + intercept)

    @cached_property
    def _columns(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        points = self.points or ((0.0, 0.0), (1.0, 1.0))
        return tuple(stated for stated, _ in points), tuple(means for _, means in points)


class CriterionCalibration(CalibrationMap):
    """The map of one criterion."""

    question: Words
    """Hash of the question that it was fitted on, as the judge is asked it. An edited question is
    another, and not read by this map."""


class Calibration(Record):
    """What the judge's probabilities mean, learnt from people's answers: a map by criterion.

    Grades of single completions are read by these; how two completions compare, by `pairs` alone.
    """

    criteria: dict[Text, CriterionCalibration] = Field(default_factory=dict)
    """By the criterion's id."""
    others: CalibrationMap | None = None
    """For yes/no criteria that have none of their own, such as those that samples bring."""
    fitted: Fitted | None = None
    """Where these two come from."""
    pairs: PairCalibration | None = None
    """For runs of comparisons: how the preference as a whole is read."""


CALIBRATION_PARTS: dict[str, type[Record]] = {
    "calibration": Calibration,
    "calibration.criteria": CriterionCalibration,
    "calibration.pairs": PairCalibration,
    "others": CalibrationMap,
    "fitted": Fitted,
    "costs": Costs,
    "held_out": HeldOut,
    "pairs.held_out": PairHeldOut,
    "before": Measured,
    "after": Measured,
}
"""The record behind each part of the key, by the keys that lead to it."""

CALIBRATION_RECORDS: tuple[type[Record], ...] = (*CALIBRATION_PARTS.values(), PairMeasured)
"""All records of the key."""


def logit(share: float) -> float:
    """log(p / (1 - p)), of a p that is kept off 0 and 1."""
    kept = min(max(share, LEAST), 1.0 - LEAST)
    return log(kept / (1.0 - kept))


def sigmoid(number: float) -> float:
    """1 / (1 + exp(-x)), without overflow."""
    if number >= 0:
        return 1.0 / (1.0 + exp(-number))
    small = exp(number)
    return small / (1.0 + small)


def _tempered(shares: tuple[float, ...], temperature: float) -> tuple[float, ...]:
    if temperature == 1.0:
        return shares
    most = max(shares)
    if most <= 0.0:
        return shares
    power = 1.0 / temperature
    raised = [(share / most) ** power for share in shares]
    whole = sum(raised)
    return tuple(one / whole for one in raised)


def _between(at: float, stated: tuple[float, ...], means: tuple[float, ...]) -> float:
    """On the straight line between the two points beside `at`; the last point's beyond it."""
    after = bisect_right(stated, at)
    if after == 0:
        return means[0]
    if after == len(stated):
        return means[-1]
    low, high = stated[after - 1], stated[after]
    return means[after - 1] + (at - low) / (high - low) * (means[after] - means[after - 1])
