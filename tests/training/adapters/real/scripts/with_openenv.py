"""OpenEnv's own environments and containers reward their steps by our rubric.

Its packages' `__init__` load its MCP server, which is not here; the modules are imported past them.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
from types import ModuleType
from typing import Any

from rlaif.runs.trainers.openenv import graded

root: Any = importlib.import_module("openenv")
for name in ("core", "core.env_server"):
    module = ModuleType(f"openenv.{name}")
    module.__path__ = ["/".join([root.__path__[0], *name.split(".")])]
    sys.modules[module.__name__] = module
rubrics: Any = importlib.import_module("openenv.core.rubrics")
interfaces: Any = importlib.import_module("openenv.core.env_server.interfaces")
types: Any = importlib.import_module("openenv.core.env_server.types")
wire: Any = importlib.import_module("openenv.core.env_server.serialization")

BY: Any = {"rubric": "rubric.yaml", "judge": "scripted"}
Says = type("Says", (types.Action,), {"__annotations__": {"message": str}})
Sees = type("Sees", (types.Observation,), {"__annotations__": {"prompt": str}})


class Steps:
    """What an environment of one's own adds."""

    def reset(self, **_: Any) -> Any:
        self._reset_rubric()  # type: ignore[attr-defined]  # OpenEnv's Environment has it
        return Sees(prompt="Greet me.")

    def step(self, action: Any, timeout_s: float | None = None, **_: Any) -> Any:
        seen = Sees(prompt="Greet me.", done=True)
        seen.reward = self._apply_rubric(action, seen)  # type: ignore[attr-defined]  # as above
        return seen

    async def step_async(self, action: Any, timeout_s: float | None = None, **_: Any) -> Any:
        seen = Sees(prompt="Greet me.", done=True)
        seen.reward = await self._apply_rubric_async(action, seen)  # type: ignore[attr-defined]  # as above
        return seen

    @property
    def state(self) -> Any:
        return types.State()


Greeting: Any = type("Greeting", (Steps, interfaces.Environment), {})
awaited = Greeting(rubric=graded(rubrics.Rubric, **BY))
awaited.reset()
seen = asyncio.run(awaited.step_async(Says(message="hello, dear friend of mine")))
blocking = Greeting(rubric=graded(rubrics.Rubric, sync=True, **BY))
other = blocking.step(Says(message="what do you want from me"))
part = graded(rubrics.Rubric, sync=True, **BY)
half = Greeting(rubric=rubrics.WeightedSum([part], weights=[1.0]))
by_parts = half.step(Says(message="hello, dear friend of mine")).reward
FAILING: Any = {"rubric": "rubric.yaml", "judge": "failing.yaml", "retries": 0, "again": 0}
broken = Greeting(rubric=graded(rubrics.Rubric, sync=True, **FAILING))
try:
    broken.step(Says(message="hello, dear friend of mine"))
    raised = "nothing"
except Exception as error:  # noqa: BLE001 - whatever OpenEnv lets through
    raised = type(error).__name__
sys.stdout.write(
    json.dumps(
        {
            "sent": wire.serialize_observation(seen),
            "last": awaited.rubric.last_score,
            "other": other.reward,
            "by_parts": by_parts,
            "children": [name for name, _ in half.rubric.named_rubrics()],
            "raised": raised,
        }
    )
)
