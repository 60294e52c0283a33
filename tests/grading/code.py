"""Code to be checked, and sandboxes that only pretend to run it."""

from __future__ import annotations

import asyncio
from typing import Any

from rlaif.checks.sandbox.scripted import ScriptedSandbox
from rlaif.errors import SandboxFailed
from rlaif.records.jobs import Call, Called, CallsJob

CODE = "```python\ndef double(n):\n    return 2 * n\n```"
WRONG = "```python\ndef double(n):\n    return n\n```"
LOST = "```python\ndef double(n):\n    return 'lost'\n```"


def doubles(name: str = "doubles", **more: Any) -> dict[str, Any]:
    """A check that `double` doubles; each `by` makes it another check than the next."""
    by = more.pop("by", 1)
    case = {"call": f"double({by})", "returns": 2 * by}
    return {"id": name, "check": "python_function", "cases": [case], **more}


def told(job: CallsJob, call: Call) -> Any:
    """What the code above gives; that which says so fails through a fault of ours."""
    if "'lost'" in job.code:
        return SandboxFailed("the fork server is lost")
    (number,) = call.steps[0].arguments
    value = 2 * number if "2 * n" in job.code else number
    return Called("returned", value, (number,), seconds=0.002, memory=3 * 2**20)


def sandbox(**more: Any) -> ScriptedSandbox:
    """One that answers by `told`."""
    return ScriptedSandbox(calls=told, **more)


class Held(ScriptedSandbox):
    """Holds every job until `go` is set, and says when one has come."""

    def __init__(self) -> None:
        super().__init__(calls=told)
        self.come, self.go = asyncio.Event(), asyncio.Event()

    async def calls(self, job: CallsJob) -> tuple[Called, ...]:
        self.come.set()
        await self.go.wait()
        return await super().calls(job)
