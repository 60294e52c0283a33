"""What rewards are made of, in a trainer's log; what stands for one that is not there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import orjson

from rlaif.errors import JudgeUnavailable
from rlaif.records.criterion import Section, walk
from rlaif.records.reward import Reward, Rollout
from rlaif.records.rubric import Rubric
from rlaif.training.adapters.settled import why

OnFailure = Literal["raise", "none"] | float
"""What becomes of a completion without a grade, where a trainer takes no missing reward."""
_OURS = frozenset({"score", "failed", "reason", "own", "mean", "std"})


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
    rubric: Rubric,
    rewards: Sequence[Reward],
    log_extra: Callable[[str, list[Any]], None] | None,
    log_metric: Callable[[str, float], None] | None,
) -> None:
    """Hand what the rewards are made of to the trainer's log, as far as it has one.

    Metrics: `NAME/CRITERION` is the mean value over the rows that have one, `NAME/score` the mean
    score before shaping, `NAME/failed` the share of rows without a grade. Columns, the same for
    every batch: one for each criterion and section of the rubric, `NAME/own` for what the rows' own
    criteria gave, as JSON, and `NAME/reason`.
    """
    if log_extra is not None:
        _log_columns(name, rubric, rewards, log_extra)
    if log_metric is None:
        return
    for reward in rewards:
        log_metric(f"{name}/failed", float(reward.value is None))
        if reward.score is not None:
            log_metric(f"{name}/score", reward.score)
        for key, value in reward.values.items():
            if value is not None:
                log_metric(_key(name, key), value)


def _log_columns(
    name: str,
    rubric: Rubric,
    rewards: Sequence[Reward],
    log_extra: Callable[[str, list[Any]], None],
) -> None:
    known = [item.section if isinstance(item, Section) else item.id for item in walk(rubric.items)]
    for key in known:
        log_extra(_key(name, key), [reward.values.get(key) for reward in rewards])
    if rubric.criteria == "per-sample" or any(r.values.keys() - set(known) for r in rewards):
        own = [{k: v for k, v in r.values.items() if k not in known} for r in rewards]
        log_extra(f"{name}/own", [orjson.dumps(values).decode() for values in own])
    log_extra(f"{name}/reason", [reward.reason for reward in rewards])


def _key(name: str, criterion: str) -> str:
    """Where a criterion is logged; one that is called as we call something else is told apart."""
    return f"{name}/criterion {criterion}" if criterion in _OURS else f"{name}/{criterion}"
