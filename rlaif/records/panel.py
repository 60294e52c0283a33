"""Several judges as one: a jury that is asked together, a cascade that is asked in turn."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rlaif.records.base import Fault, refuse
from rlaif.records.judge_base import JudgeNamed
from rlaif.records.written import Number, Words

MOST_MEMBERS = 16
Members = Annotated[tuple[Words, ...], Field(min_length=2, max_length=MOST_MEMBERS)]


class JuryJudge(JudgeNamed):
    """Several judges, all of whom are asked every question."""

    jury: Members
    """The judges: names of shipped ones, or files beside this one."""
    rule: Literal["mean", "majority", "minimum"] = "mean"
    """How their verdicts become one. mean: of their probabilities. majority: each has one vote for
    its answer. minimum: the verdict of the one that values the completion least."""

    @property
    def members(self) -> tuple[str, ...]:
        """The judges' names or files."""
        return self.jury

    @model_validator(mode="after")
    def _unlike(self) -> Self:
        if len(set(self.jury)) < len(self.jury):
            refuse([Fault(("jury",), "a judge sits twice on the jury")])
        return self


class CascadeJudge(JudgeNamed):
    """A small judge first, and the next one only where it is unsure."""

    cascade: Members
    """The judges, from the cheapest to the best: names of shipped ones, or files beside this."""
    unsure: Annotated[Number, Field(gt=0, lt=1)] = 0.2
    """A judge is unsure where its answer has less probability than 1 minus this, or it gave no
    verdict."""

    @property
    def members(self) -> tuple[str, ...]:
        """The judges' names or files."""
        return self.cascade

    @model_validator(mode="after")
    def _unlike(self) -> Self:
        if len(set(self.cascade)) < len(self.cascade):
            refuse([Fault(("cascade",), "a judge stands twice in the cascade")])
        return self
