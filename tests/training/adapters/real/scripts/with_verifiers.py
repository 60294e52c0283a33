"""verifiers' own tasks score their own traces by our reward function and our judge plug-in."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from pathlib import Path
from typing import Any

vf: Any = importlib.import_module("verifiers.v1")
trace_of: Any = importlib.import_module("verifiers.v1.trace")
types: Any = importlib.import_module("verifiers.v1.types")
graph: Any = importlib.import_module("verifiers.v1.graph")

PLUGIN = """
import verifiers.v1 as vf

from rlaif.runs.trainers.verifiers import judge_class

RubricJudge = judge_class(
    vf.Judge, rubric="rubric.yaml", judge="{judge}", retries=0, again=0,
    columns={{"reference": "name"}},
)
__all__ = ["RubricJudge"]
"""
sys.path.insert(0, ".")
for name, judge in (("rubric_judge", "scripted"), ("failing_judge", "failing.yaml")):
    Path(f"{name}.py").write_text(PLUGIN.format(judge=judge), encoding="utf-8")


def trace(data: Any) -> Any:
    asked = types.UserMessage(content=data.prompt)
    said = types.AssistantMessage(content="hello, dear friend of mine")
    nodes = [graph.MessageNode(message=asked)]
    nodes += [graph.MessageNode(message=said, parent=0, sampled=True)]
    made = vf.TraceTask(type="Task", data=data)
    agent = vf.AgentInfo(config=vf.AgentConfig())
    return vf.Trace(task=made, agent=agent, nodes=nodes)


def scored(**config: Any) -> Any:
    data = vf.TaskData(prompt="Greet me.", name="hello")
    seen = trace(data)
    task = vf.Task(data, vf.TaskConfig.model_validate(config))
    try:
        asyncio.run(task.score(seen))
    except vf.TaskError as error:
        return {"error": str(error), "rewards": dict(seen.rewards), "metrics": dict(seen.metrics)}
    rewards = {key: held.score for key, held in seen.rewards.items()}
    return {"reward": seen.reward, "rewards": rewards, "metrics": dict(seen.metrics)}


function = {"fn": "rlaif.runs.trainers.verifiers:reward", "weight": 2.0}
sys.stdout.write(
    json.dumps(
        {
            "function": scored(rewards={"greeting": function}),
            "plugin": scored(judges=[{"id": "rubric-judge", "name": "greeting"}]),
            "failing": scored(judges=[{"id": "failing-judge"}]),
        }
    )
)
