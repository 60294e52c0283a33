"""OpenRLHF's entry: `--reward.remote_url` with the path of this file, or of one that makes its own.

RLAIF_RUBRIC=rubric.yaml RLAIF_JUDGE=judge.yaml ... --reward.remote_url .../trainers/openrlhf.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rlaif.runs.trainers.wired import wired
from rlaif.training.adapters.openrlhf import END_TOKENS, OpenrlhfReward

RewardFunction = Callable[[Sequence[str], Sequence[str], Sequence[Any]], dict[str, Any]]


def reward_function(*, end_tokens: Sequence[str] = END_TOKENS, **given: Any) -> RewardFunction:
    """A `reward_func` of these settings; see `wired.OPTIONS`.

    Args: `end_tokens`, what is taken off the end of a completion.
    """

    def reward_func(
        queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Any]
    ) -> dict[str, Any]:
        made = wired("OpenRLHF", given)
        adapter = OpenrlhfReward(made.rewarding, made.names, made.terms, end_tokens)
        return adapter.reward_func(queries, prompts, labels)

    return reward_func


reward_func = reward_function()
"""The reward that the environment states."""
