"""A reward that is named, not made: for trainers that import it by a path.

RLAIF_RUBRIC=rubric.yaml RLAIF_JUDGE=judge.yaml trl grpo --reward_funcs rlaif.reward ...
RLAIF_REWARD=reward.yaml trl grpo --reward_funcs rlaif.reward ...
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlaif.authoring.reward_file import read_reward
from rlaif.errors import InputError
from rlaif.runs.reward import RubricReward

if TYPE_CHECKING:
    reward: RubricReward

FILE, RUBRIC, JUDGE = "RLAIF_REWARD", "RLAIF_RUBRIC", "RLAIF_JUDGE"


def from_environment(environment: Mapping[str, str] = os.environ) -> RubricReward:
    """The reward of the file that RLAIF_REWARD names, or of RLAIF_RUBRIC and RLAIF_JUDGE.

    Raises: InputError (FileProblems, UnknownName) with what to set.
    """
    file, rubric = environment.get(FILE), environment.get(RUBRIC)
    judge = environment.get(JUDGE)
    if file and (rubric or judge):
        also = RUBRIC if rubric else JUDGE
        raise InputError(
            f"{FILE} and {also} are both set\n  hint: the file names its own; unset one"
        )
    if file:
        return from_file(file)
    if not rubric:
        raise InputError(
            f"no reward is named in the environment\n  hint: set {FILE} to a reward file, or "
            f"{RUBRIC} to a rubric (and {JUDGE} to a judge)"
        )
    return RubricReward(rubric, judge or None)


def from_file(path: str | Path) -> RubricReward:
    """The reward that a file states. Raises: FileProblems, UnknownName, InputError."""
    stated = read_reward(path)
    return RubricReward(
        stated.rubric,
        stated.judge,
        shaping=stated.shaping,
        columns=stated.columns,
        name=stated.reward,
        deadline_s=stated.deadline_s,
        retries=stated.retries,
        in_flight=stated.in_flight,
        cache=stated.cache,
        accept_forgeable=stated.accept_forgeable,
    )


@cache
def _configured() -> RubricReward:
    return from_environment()


def __getattr__(name: str) -> Any:
    """`reward`, made when it is first asked for: a fault shows before the training starts."""
    if name == "reward":
        return _configured()
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
