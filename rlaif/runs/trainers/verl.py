"""verl's entry: `reward.custom_reward_function.path=pkg://rlaif.runs.trainers.verl`.

Its `reward_kwargs` are the settings, see `wired.OPTIONS`; without any, the environment's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlaif.runs.trainers.wired import wired
from rlaif.training.adapters.verl import VerlReward

_VERLS = ("reward_router_address", "reward_model_tokenizer")
"""What verl passes for reward models of its own."""


async def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    **given: Any,
) -> dict[str, Any]:
    """The reward under `score`, and what it is made of; see `VerlReward`.

    A plain coroutine function, as verl looks for one and takes no object that is called.
    """
    return await _adapter(given).compute_score(solution_str, ground_truth, extra_info)


def compute_score_sync(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    **given: Any,
) -> dict[str, Any]:
    """The same for managers that do not await."""
    return _adapter(given).compute_score_sync(solution_str, ground_truth, extra_info)


def _adapter(given: Mapping[str, Any]) -> VerlReward:
    made = wired("verl", {k: v for k, v in given.items() if k not in _VERLS})
    return VerlReward(made.rewarding, made.names, made.terms)
