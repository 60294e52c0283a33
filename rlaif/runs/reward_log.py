"""What rewards are made of, in a trainer's log; what stands for one that is not there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from rlaif.errors import JudgeUnavailable
from rlaif.records.reward import Reward, Rollout
from rlaif.training.adapters.settled import why

OnFailure = Literal["raise", "none"] | float
"""What becomes of a completion without a grade, where a trainer takes no missing reward."""


def value_or(rollout: Rollout, reward: Reward, on_failure: OnFailure) -> float | None:
    """The reward's value, or what stands for one that is not there.

    Raises: JudgeUnavailable that says why, without a word of the completion, where nothing does.
    """
    if reward.value is not None or on_failure == "none":
        return reward.value
    if on_failure == "raise":
        raise JudgeUnavailable(
            "a completion could not be graded, and this trainer takes no missing reward: "
            f"{why(rollout, reward)}\n"
            "  hint: more retries, or on_failure=0.0, which trains on a made-up number"
        )
    return float(on_failure)


def log_rewards(
    name: str,
    rewards: Sequence[Reward],
    log_extra: Callable[[str, list[Any]], None] | None,
    log_metric: Callable[[str, float], None] | None,
) -> None:
    """Hand what the rewards are made of to the trainer's log, as far as it has one.

    `NAME/CRITERION` is the mean value over the rows that have one, `NAME/score` the mean score
    before shaping, `NAME/failed` the share of rows without a grade.
    """
    values = [*dict.fromkeys(key for reward in rewards for key in reward.values)]
    if log_extra is not None:
        for key in values:
            log_extra(f"{name}/{key}", [reward.values.get(key) for reward in rewards])
        log_extra(f"{name}/reason", [reward.reason for reward in rewards])
    if log_metric is None:
        return
    for reward in rewards:
        log_metric(f"{name}/failed", float(reward.value is None))
        for key, value in {"score": reward.score, **reward.values}.items():
            if value is not None:
                log_metric(f"{name}/{key}", value)
