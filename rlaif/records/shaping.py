"""How a score becomes a reward: what a person states; `training/shaping` is the arithmetic."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rlaif.records.base import Fault, Record, refuse
from rlaif.records.judge_base import Share
from rlaif.records.written import Number, Words

Finite = Annotated[Number, Field(ge=-1e6, le=1e6)]
Strength = Annotated[Number, Field(ge=0, le=1e6)]


class LengthPenalty(Record):
    """Nothing up to `free`, growing evenly up to `most` at `full` and above."""

    free: Annotated[Number, Field(ge=0)]
    """Up to this length nothing is taken off."""
    full: Annotated[Number, Field(gt=0)]
    """From this length on all of `most` is taken off."""
    most: Strength = 1.0
    """What is taken off at `full`, in units of the score."""
    unit: Literal["tokens", "words", "characters"] = "tokens"
    """What is counted. Tokens need a trainer that hands over the completion's ids."""

    @model_validator(mode="after")
    def _grows(self) -> Self:
        if self.full <= self.free:
            refuse([Fault(("full",), f"full ({self.full:g}) is not above free ({self.free:g})")])
        return self


class RewardGate(Record):
    """A criterion or section whose value decides the reward, whatever the score says."""

    criterion: Words
    """The id of a criterion or a section of the rubric."""
    at_least: Share = 0.5
    """Below this value the gate is unmet."""
    otherwise: Finite = 0.0
    """The reward where it is unmet."""


class Shaping(Record):
    """What is done to a score before an optimiser gets it, in the order of these keys."""

    gates: tuple[RewardGate, ...] = ()
    """Criteria or sections that must reach a value; one that applies to nothing is met."""
    disagreement: Strength = 0.0
    """Taken off for each unit of the jury's disagreement: the mean over the judged criteria of the
    standard deviation of what its members (or votes) would give, by the size of the weight."""
    length: LengthPenalty | None = None
    """Taken off for length."""
    baseline: bool = False
    """Take off the score of the prompt's baseline completion, graded by the same rubric; the
    trainer's rows carry it in the column `baseline`."""
    floor: Finite | None = None
    """Lower rewards are raised to this."""
    cap: Finite | None = None
    """Higher rewards are lowered to this."""
    ranking: bool = False
    """In place of the reward, its rank in the group: 0 for the lowest, 1 for the highest, ties
    share the mean of their places. A group where all are equal gets 0.5 each."""

    @model_validator(mode="after")
    def _floor_below_cap(self) -> Self:
        if self.floor is not None and self.cap is not None and self.floor >= self.cap:
            refuse([Fault(("floor",), f"floor ({self.floor:g}) is not below cap ({self.cap:g})")])
        return self
