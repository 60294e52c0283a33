"""ART's own gathering scores its own trajectory groups by our function.

Its package's `__init__` loads its backends, which are not here; the modules are imported past it.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import sys
from types import ModuleType
from typing import Any

from rlaif.runs.trainers.art import score_group

spec: Any = importlib.util.find_spec("art")
package = ModuleType("art")
package.__path__ = list(spec.submodule_search_locations)
sys.modules["art"] = package
trajectories: Any = importlib.import_module("art.trajectories")
gather: Any = importlib.import_module("art.gather")
choices: Any = importlib.import_module("openai.types.chat.chat_completion")

SAID = ["hello, dear friend of mine", "what do you want from me"]
FAILING = {"rubric": "rubric.yaml", "judge": "failing.yaml", "retries": 0, "again": 0}


async def rollout(text: str) -> Any:
    said = {"role": "assistant", "content": text}
    choice = {"index": 0, "finish_reason": "stop", "message": said, "logprobs": None}
    turns = [{"role": "user", "content": "Greet me."}, choices.Choice.model_validate(choice)]
    return trajectories.Trajectory(messages_and_choices=turns, metrics={"turns": 1})


async def failing(group: Any) -> Any:
    return await score_group(group, **FAILING)


async def gathered(after_each: Any) -> Any:
    groups = [trajectories.TrajectoryGroup(rollout(text) for text in SAID)]
    return await gather.gather_trajectory_groups(groups, after_each=after_each)


(group,) = asyncio.run(gathered(score_group))
made = sorted(group.trajectories, key=lambda one: -one.reward)
sys.stdout.write(
    json.dumps(
        {
            "kind": type(group).__name__,
            "rewards": [one.reward for one in made],
            "metrics": [one.metrics for one in made],
            "again": [
                trajectories.Trajectory.model_validate(one.model_dump()).reward for one in made
            ],
            "failed": len(asyncio.run(gathered(failing))),
        }
    )
)
