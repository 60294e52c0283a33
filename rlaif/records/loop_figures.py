"""What is measured of one round of a loop, and what a stop says."""

from __future__ import annotations

from statistics import fmean
from typing import Literal

from pydantic import Field

from rlaif.records.base import Record

ByPrompt = dict[str, float]
"""The mean over a prompt's completions, by a hash of the prompt."""

StopName = Literal["held-out-fell", "panel-departed", "panel-did-not-follow", "nothing-to-learn"]


def mean_of(numbers: ByPrompt) -> float | None:
    """The mean over prompts; None where there is none."""
    return fmean(numbers.values()) if numbers else None


class Measured(Record):
    """The grades of held-out completions by one rubric and one judge."""

    name: str
    """`training`, or the panel member's."""
    scores: ByPrompt
    """In [0, 1]. A prompt whose completions all failed is not in it."""
    samples: int = 0
    failed: int = 0
    """Completions without a score, through no fault of theirs."""
    criteria: dict[str, float] = Field(default_factory=dict)
    """Mean value in [0, 1] of each criterion, over the completions that it was answered for."""
    path: str = ""
    """The run, from the loop's folder."""

    @property
    def mean(self) -> float | None:
        """The mean score over prompts."""
        return mean_of(self.scores)


class TextFigures(Record):
    """Length, repetition and sameness of a round's completions."""

    length: ByPrompt
    """Words a completion."""
    repetition: ByPrompt
    """Share of runs of four words that came before in the same completion, in [0, 1]."""
    distinct: float | None = None
    """Share of different completions among those of one prompt, mean over prompts, in (0, 1]; None
    where each prompt has one."""
    opening_share: float = 0.0
    """Share of completions that begin with the most common opening, in (0, 1]."""
    opening: str = ""
    """Its words."""
    completions: int = 0


class RoundFigures(Record):
    """Everything that is measured of one round; round 0 is the policy that the loop starts from."""

    round: int
    model: str
    """The policy's model, as it was sampled."""
    training: Measured
    """By the rubric and the judge that train."""
    panel: tuple[Measured, ...] = ()
    """By those that never do."""
    text: TextFigures | None = None
    learned: dict[str, float] = Field(default_factory=dict)
    """The last figures that the trainer logged, by its names."""
    rows: dict[str, float] = Field(default_factory=dict)
    """How many rows the round trained on, and what was dropped, by the names of the maker."""


class Stop(Record):
    """Why a loop ended before its last round."""

    name: StopName
    round: int
    """The round that showed it."""
    against: int
    """The round that it was held against: the last one to be trusted."""
    members: tuple[str, ...] = ()
    """The panel members that say so."""
    statistics: tuple[str, ...] = ()
    """The text statistics that left their band, in words."""
    criterion: str = ""
    """The criterion of the training rubric that rose the most."""
    examples: tuple[str, ...] = ()
    """Ids of completions to read, the clearest first."""
    told: str = ""
    """In words, for people."""

    @property
    def hacking(self) -> bool:
        """Whether it says that the reward was hacked."""
        return self.name.startswith("panel-")
