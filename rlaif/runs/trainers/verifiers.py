"""verifiers' entries: `fn = "rlaif.runs.trainers.verifiers:reward"`, and a judge plug-in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlaif.runs.trainers.wired import wired
from rlaif.training.adapters.verifiers import VerifiersReward


async def reward(task: Any, trace: Any) -> float:
    """The reward that the environment states."""
    return await _adapter({}, None).score(task, trace)


def judge_class(
    base: type, *, name: str = "RubricJudge", columns: Mapping[str, str] | None = None, **given: Any
) -> type:
    """A judge plug-in by these settings, see `wired.OPTIONS`.

    A plug-in is a module of its own whose `__all__` names this class; its `id` is the module.
    Args: `base`, verifiers' Judge; `columns`, the task's own fields for `reference` and `criteria`.
    """

    async def score(self: Any, task: Any, trace: Any) -> float:
        """The reward; the criteria's values become metrics of the trace."""
        return await _adapter(given, columns).score(task, trace)

    return type(name, (base,), {"score": score, "__doc__": "Grades by a rubric of rlaif."})


def _adapter(given: Mapping[str, Any], columns: Mapping[str, str] | None) -> VerifiersReward:
    made = wired("verifiers", given)
    return VerifiersReward(made.rewarding, made.terms, columns)
