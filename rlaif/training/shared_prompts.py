"""Rounds that lack prompts, as grading fails, held against each other over what they share.

A mean over fewer prompts is another mean: with the hard ones missing it is higher, and the policy
no better.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from rlaif.records.loop_figures import ByPrompt
from rlaif.records.loop_rules import ENOUGH
from rlaif.training.bootstrap import differences


def shared(*rounds: ByPrompt) -> tuple[ByPrompt, ...]:
    """The numbers of each, of the prompts alone that all have."""
    names = set[str](rounds[0]).intersection(*rounds[1:])
    return tuple({name: one[name] for name in one if name in names} for one in rounds)


def best_place(rounds: Sequence[ByPrompt], *, last: bool = False) -> int:
    """The place of the best of at least one round; the first of several, or the last.

    With f the round of the most prompts, the first of several, those rounds s that have at least
    ENOUGH of its prompts are ranked by the mean of s_i - f_i over the prompts i of both. f itself
    has 0. A round of fewer prompts is never the best.
    """
    fullest = max(rounds, key=len)
    gains: dict[int, float] = {}
    for place, one in enumerate(rounds):
        found = differences(one, fullest)
        if len(found) >= ENOUGH * len(fullest):
            gains[place] = fmean(found) if found else 0.0
    return max(gains, key=lambda place: (gains[place], place if last else -place))
