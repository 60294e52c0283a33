"""The arithmetic from scores to rewards. Knows nothing of how a score came about.

For one completion with score s, in this order:

    gates        the first unmet gate makes it `otherwise`, and the next three lines fall away
    disagreement s - strength * (how far the jury's members lie apart)
    length       s - most * clip((length - free) / (full - free), 0, 1)   (arXiv:2503.14476)
    baseline     s - (score of the prompt's baseline completion)
    floor, cap   clip(s, floor, cap)
    ranking      (lower ones + half of the other equal ones) / (n - 1), in the group of n

A completion without a score has no reward, and is left out of the group's ranking.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rlaif.records.shaping import LengthPenalty, RewardGate, Shaping


@dataclass(frozen=True, slots=True)
class Earned:
    """What is known of one completion before any shaping."""

    score: float | None
    """In [0, 1]; None where there is none."""
    group: str = ""
    length: float | None = None
    """In the unit of the length penalty; None where none is stated."""
    disagreement: float = 0.0
    """Standard deviation of what the jury's members would give, in [0, 0.5]."""
    baseline: float | None = None
    """Score of the baseline completion, in [0, 1]; None where there is none, or none is asked."""
    values: Mapping[str, float | None] = field(default_factory=dict)
    """By criterion and section: in [0, 1]; None for one that does not apply."""


@dataclass(frozen=True, slots=True)
class Shaped:
    """A reward, or None, and why where that is not plain from the score."""

    value: float | None
    reason: str = ""


def shaped(earned: Sequence[Earned], shaping: Shaping) -> list[Shaped]:
    """The reward of each, in their order.

    Raises: KeyError for a gate on what the rubric does not have, see `Shaping`; ValueError where a
    length is needed and none is known.
    """
    alone = [_alone(one, shaping) for one in earned]
    if not shaping.ranking:
        return alone
    places = ranks([one.group for one in earned], [one.value for one in alone])
    return [Shaped(rank, one.reason) for rank, one in zip(places, alone, strict=True)]


def _alone(one: Earned, shaping: Shaping) -> Shaped:
    """One completion's reward before it is ranked."""
    if one.score is None:
        return Shaped(None)
    if gate := _unmet(one, shaping.gates):
        return Shaped(_bounded(gate.otherwise, shaping), f"reward_gate:{gate.criterion}")
    value = one.score - shaping.disagreement * one.disagreement
    if shaping.length is not None:
        value -= length_penalty(one.length, shaping.length)
    if shaping.baseline:
        if one.baseline is None:
            return Shaped(None, "baseline")
        value -= one.baseline
    return Shaped(_bounded(value, shaping))


def _unmet(one: Earned, gates: Sequence[RewardGate]) -> RewardGate | None:
    for gate in gates:
        value = one.values[gate.criterion]
        if value is not None and value < gate.at_least:
            return gate
    return None


def _bounded(value: float, shaping: Shaping) -> float:
    if shaping.floor is not None:
        value = max(value, shaping.floor)
    return value if shaping.cap is None else min(value, shaping.cap)


def length_penalty(length: float | None, penalty: LengthPenalty) -> float:
    """What is taken off, in [0, most]. Raises: ValueError where the length is not known."""
    if length is None:
        raise ValueError(f"the length in {penalty.unit} is not known")
    share = (length - penalty.free) / (penalty.full - penalty.free)
    return penalty.most * min(max(share, 0.0), 1.0)


def ranks(groups: Sequence[str], values: Sequence[float | None]) -> list[float | None]:
    """Each value's place among those of its group: 0 the lowest, 1 the highest, ties share.

    A group of one gets 0.5; None stays None and is no place in the group.
    """
    members: dict[str, list[float]] = defaultdict(list)
    for group, value in zip(groups, values, strict=True):
        if value is not None:
            members[group].append(value)
    return [
        None if value is None else _rank(value, members[group])
        for group, value in zip(groups, values, strict=True)
    ]


def _rank(value: float, among: Sequence[float]) -> float:
    if len(among) == 1:
        return 0.5
    below = sum(other < value for other in among)
    equal = sum(other == value for other in among) - 1
    return (below + equal / 2) / (len(among) - 1)
