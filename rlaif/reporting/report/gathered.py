"""All that was counted for a report, before it becomes a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rlaif.records.figures import (
    Bin,
    FailureCount,
    GroupSpread,
    ItemFigures,
    LengthFigures,
    Mass,
    Moved,
    OutcomeCount,
    Paired,
    PairedCriterion,
    PolicyGap,
    Seen,
    Spread,
    Twins,
)
from rlaif.records.rubric import Rubric


@dataclass(frozen=True, slots=True)
class Run:
    """What a run is of, as it says itself."""

    path: str
    rubric: Rubric | None
    """None where the kept text cannot be read."""
    rubric_name: str
    judge_name: str
    model: str
    source: str
    created: str
    host: str
    command: str
    versions: Mapping[str, str]
    spent: Mapping[str, int]
    cost: Mapping[str, float]
    """In money, by currency; empty where no judge states a price."""
    notes: Sequence[str] = ()
    """What a reader must know, such as that a pass can be forged."""


@dataclass(frozen=True, slots=True)
class Against:
    """What was counted of this run and another one."""

    run: Run
    threshold: float
    paired: Paired
    moves: Sequence[Bin]
    moved: Sequence[tuple[Moved, Seen, Seen]]
    """This run's sample and grade, and the other one's."""
    criteria: Sequence[PairedCriterion]
    only_here: Sequence[str]
    """Criteria."""
    only_there: Sequence[str]


@dataclass(frozen=True, slots=True)
class Picked:
    """Samples to look at, by why they were chosen."""

    lowest: Sequence[Seen] = ()
    highest: Sequence[Seen] = ()
    unsure: Sequence[Seen] = ()
    failed: Sequence[Seen] = ()


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everything of one run."""

    run: Run
    spread: Spread
    spreads: Sequence[Spread]
    policies: int
    gaps: Sequence[PolicyGap]
    """Of each policy and the first of `spreads`."""
    score_bins: Sequence[Bin]
    reasons: Sequence[tuple[str, int]]
    groups: Sequence[GroupSpread]
    group_bins: Sequence[Bin]
    lengths: LengthFigures
    criteria: Sequence[str]
    """Ids in the order of the rubric; the most frequent ones where samples bring their own."""
    outcomes: Sequence[OutcomeCount]
    failures: Sequence[FailureCount]
    masses: Sequence[Mass]
    mass_bins: Sequence[Bin]
    least_mass: float | None
    """The label mass under which a verdict is a failure; None where the judge states none."""
    items: Sequence[ItemFigures]
    twins: Sequence[Twins]
    every: int
    """Of how many samples one was looked at for `twins`."""
    picked: Picked
    against: Against | None = None
