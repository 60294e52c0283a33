"""When a loop stops by itself, as a person states it; `training/stopping` has the arithmetic."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from rlaif.records.base import Record
from rlaif.records.judge_base import Positive, Share
from rlaif.records.written import Number, Whole

ENOUGH = 0.8
"""Share of the held-out completions that have to be had, and graded by each, for a round to count;
and of the prompts of the round that has the most, for another one to be the best."""

Patience = Annotated[Whole, Field(ge=0, le=1000)]


class EvaluationRules(Record):
    """How each round is evaluated on the held-out prompts, and how far it may fall."""

    per_prompt: Positive = 4
    """Completions of each held-out prompt."""
    temperature: Annotated[Number, Field(ge=0, le=2)] | None = None
    """Of these completions; the policy's own when not given."""
    fall: Share = 0.0
    """How far the mean score may lie below the best round's, beyond its interval."""
    patience: Patience = 0
    """Rounds in a row that may be below it before the loop stops."""


class TextLimits(Record):
    """How far the held-out completions may move from those of the policy that the loop began with.

    Beyond one of these nothing is wrong by itself. Where the training score rises and no panel
    member that could rise follows it, the loop stops.
    """

    length: Annotated[Number, Field(gt=1, le=1000)] = 2.0
    """The mean number of words may be up to this many times as large, or as small."""
    repetition: Share = 0.2
    """The share of repeated runs of four words within a completion may rise by this much."""
    distinct: Share = 0.4
    """The share of different completions of one prompt may fall by this much."""
    opening: Share = 0.5
    """The share of completions with the most common opening may rise by this much."""


class DepartRules(Record):
    """When the panel has parted from the training judge."""

    fall: Share = 0.0
    """How far a member's mean score may fall beyond its interval while the training score rises."""
    patience: Patience = 0
    """Rounds in a row that may show it before the loop stops."""


class StopRules(Record):
    """All that decides about a stop."""

    evaluation: EvaluationRules = EvaluationRules()
    text: TextLimits = TextLimits()
    depart: DepartRules = DepartRules()
    seed: int = 0
    """Of the intervals."""
