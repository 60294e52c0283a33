"""What a judge's preferences mean, learnt from what people prefer."""

from __future__ import annotations

from math import atanh, copysign, tanh
from typing import Annotated

from pydantic import Field

from rlaif.records.base import Record
from rlaif.records.fitted import Count, Fitted, Share
from rlaif.records.written import Number, Words

MOST = 1.0 - 2e-6
"""A margin further from 0 than this is taken for this before it is stretched: its probability is
then one in a million off 0 or 1, as nowhere a logit is taken of more."""


class PairMeasured(Record):
    """Figures of one judge on preferences that it was not fitted on."""

    accuracy: Share
    """Share of people's answers (a, b or tie) that the judge gave too."""
    preferred: Share
    """The same where people preferred one of the two; a tie of the judge counts half."""
    log_loss: Number
    """Mean of minus the logarithm of the probability of what people preferred. Less is better."""
    brier: Number
    """Mean squared distance of the probability of a from what people preferred. Less is better."""


class PairHeldOut(Record):
    """The preferences that were kept aside, and the figures on them before and after."""

    labels: Count
    """Answers of people, ties too."""
    prompts: Count
    """Prompts that they are about."""
    before: PairMeasured
    """Of the judge as it was, by its own `pairwise`."""
    after: PairMeasured
    """Of the judge as it is with this map."""


class PairMap(Record):
    """How the margin between two completions is read.

    The margin is the mean over both orders, whatever `pairwise` says. It is stretched on the scale
    of logits, without a shift: where a and b change places, it turns its sign and nothing else.
    """

    slope: Annotated[Number, Field(gt=0, le=1000)]
    """Of the logit of the probability that the one is better: below 1, less sure than it states;
    above 1, surer."""
    tie_below: Share
    """A margin, as read, that is no further than this from 0 is a tie; margins go from -1 to 1."""
    labels: Count | None = None
    """Answers of people that it was fitted on."""
    held_out: PairHeldOut | None = None
    """How it did on preferences that it was not fitted on."""

    def of(self, margin: float) -> float:
        """A margin in [-1, 1] as it is to be read. `of(-margin)` is exactly `-of(margin)`.

        With p = (1 + margin) / 2, the logit of p is 2 atanh(margin).
        """
        if self.slope == 1.0:
            return margin
        stretched = tanh(self.slope * atanh(min(abs(margin), MOST)))
        return copysign(stretched, margin) + 0.0


class PairCalibration(PairMap):
    """The map of preferences between two completions, as a whole: criteria have none of their own.

    A judge that has it, and is not changed since, is read by the mean of both orders in every
    criterion too, as with `pairwise: mean`.
    """

    questions: Words
    """Hash of the criteria that it was fitted on, with their weights. Under others it is not
    used."""
    fitted: Fitted
    """Where it comes from."""
