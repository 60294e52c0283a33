"""What came of calibrating a judge: each map, and how it did on labels that were kept aside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from rlaif.records.agreement import Figure
from rlaif.records.calibration import CalibrationMap, Costs, Method
from rlaif.records.pair import Answer
from rlaif.records.pair_calibration import PairMap

_ROUNDING = 1e-9


class Labelled(NamedTuple):
    """One person's answer beside what the judge stated."""

    prompt: int
    """The number of its prompt: intervals draw whole prompts."""
    fits: bool
    """Whether a map may be fitted on it; else it is kept aside."""
    human: int
    """The place of the person's answer."""
    shares: tuple[float, ...]
    """The judge's distribution over the answers, where the question applies."""
    state: Any = None
    """(size,) what its model holds there, where a probe wants it."""


@dataclass(frozen=True, slots=True)
class CalibrationOrder:
    """How a map is fitted."""

    method: Method | None = None
    """None: whichever does best by cross-validation inside the fitting part, or none."""
    costs: Costs | None = None
    """Of wrong answers; None: the threshold stays 0.5."""
    least: int = 10
    """So many labels of each of yes and no are wanted to fit on, and half as many to measure on."""
    seed: int = 0
    """Of folds and bootstrap."""
    draws: int = 1000
    """Of the bootstrap."""


@dataclass(frozen=True, slots=True)
class Change:
    """A figure on the labels that were kept aside, before and after, and the difference."""

    before: Figure
    after: Figure
    difference: Figure
    """After minus before, by the same draws."""

    @property
    def rises(self) -> bool:
        """Whether the figure is greater after, be it by chance."""
        return (self.difference.value or 0.0) > _ROUNDING


@dataclass(frozen=True, slots=True)
class Calibrated:
    """One criterion, or those without a map of their own together (`criterion` is then empty)."""

    criterion: str
    fitted_on: int = 0
    held_out: int = 0
    prompts: int = 0
    """Of the labels that were kept aside."""
    map: CalibrationMap | None = None
    """None where the criterion stays as it was."""
    why: str = ""
    """Why there is no map, in plain words."""
    note: str = ""
    """What to know of the threshold, in plain words; mostly empty."""
    tried: Mapping[str, float] = field(default_factory=dict)
    """Log loss by method, cross-validated inside the fitting part."""
    figures: Mapping[str, Change] = field(default_factory=dict)
    """By name: brier, log_loss, ece, accuracy, kappa, cost."""

    @property
    def worse(self) -> tuple[str, ...]:
        """The figures of what was fitted that are worse on the part kept aside than before."""
        fitted = ("brier", "log_loss", "cost")
        return tuple(name for name in fitted if (moved := self.figures.get(name)) and moved.rises)


class LabelledPair(NamedTuple):
    """One person's preference beside what the judge stated."""

    prompt: int
    """The number of its prompt."""
    fits: bool
    """Whether the map may be fitted on it; else it is kept aside."""
    human: Answer
    margin: float
    """The judge's, of the mean over both orders."""
    own_margin: float
    """The same by the judge's own `pairwise`, uncalibrated."""
    own_answer: Answer
    """What follows from that."""


@dataclass(frozen=True, slots=True)
class CalibratedPairs:
    """The preference as a whole, calibrated."""

    fitted_on: int = 0
    held_out: int = 0
    prompts: int = 0
    """Of the labels that were kept aside."""
    map: PairMap | None = None
    """None where the judge stays as it was."""
    why: str = ""
    """Why there is no map, in plain words."""
    tried: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """By way of reading (as it is, mean, slope): log loss, preferred and accuracy, cross-validated
    inside the fitting part."""
    figures: Mapping[str, Change] = field(default_factory=dict)
    """By name: accuracy, preferred, log_loss, brier."""


@dataclass(frozen=True, slots=True)
class Probed:
    """A probe of one criterion on the labels that were kept aside."""

    criterion: str
    fitted_on: int = 0
    held_out: int = 0
    strength: float | None = None
    """Of the regression, scikit-learn's C."""
    figures: Mapping[str, Change] = field(default_factory=dict)
    """From the judge as it is read now, to the probe."""
    why: str = ""
    """Why there is none, in plain words."""
