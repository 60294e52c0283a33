"""What a report shows of a loop, worked out and ready to be written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rlaif.records.loop_figures import RoundFigures, Stop


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a series."""

    at: float
    """The round, or the step of a training."""
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """A figure over the rounds, or over the steps of their trainings."""

    name: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Shown:
    """One completion with what each says of it."""

    sample_id: str
    text: str
    score: float | None
    """Of the training judge, in [0, 1]."""
    panel: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Example:
    """One prompt, a completion of an earlier round, and one of the last round."""

    prompt: str
    before: Shown
    after: Shown


@dataclass(frozen=True, slots=True)
class LoopSeen:
    """All of it."""

    title: str
    facts: Sequence[tuple[str, str]]
    planned: int
    """Rounds."""
    done: bool
    history: Sequence[RoundFigures]
    best: int
    """The round to take the model of."""
    stop: Stop | None
    scores: Sequence[Series]
    """The training score, then the panel's, by round, with 95% intervals."""
    texts: Sequence[Series]
    curves: Sequence[Series]
    """Figures that the trainer logged, by steps counted over all rounds."""
    against: int
    """The round that `examples` holds the last one against."""
    examples: Sequence[Example] = ()
