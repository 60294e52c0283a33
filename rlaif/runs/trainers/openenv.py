"""OpenEnv's entry: `Environment(rubric=graded(Rubric, ...))`."""

from __future__ import annotations

from typing import Any

from rlaif.runs.trainers.wired import wired
from rlaif.training.adapters.openenv import Graded, GradedSync, Places, Where


def graded(
    base: type,
    *,
    completion: Where = "message",
    prompt: Where = "prompt",
    report: str = "rubric",
    sync: bool = False,
    **given: Any,
) -> Any:
    """One of OpenEnv's rubrics, by these settings; see `wired.OPTIONS`.

    Args: `base`, OpenEnv's Rubric; `completion` and `prompt`, the fields that hold them, or
    functions of (action, observation); `report`, the key of the observation's metadata for what the
    reward is made of; `sync`, for environments whose `step` does not await.
    Raises: InputError (FileProblems, UnknownName) for what cannot be.
    """
    made = wired("OpenEnv", given)
    kind: Any = type("RubricReward", (GradedSync if sync else Graded, base), {})
    return kind(made.rewarding, Places(completion, prompt, report), made.terms)
