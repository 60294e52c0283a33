"""Checks that run code, for plans that no judge is asked about."""

from __future__ import annotations

from collections.abc import Iterable

from rlaif.checks.run import needs_sandbox
from rlaif.grading.plan import Plan
from rlaif.grading.together import together
from rlaif.grading.workbench import Workbench
from rlaif.ports import Sandbox
from rlaif.records.criterion import Checked


async def run_code(plans: Iterable[Plan], sandbox: Sandbox) -> None:
    """Run every open check of `plans` that needs the sandbox, which is started.

    Whatever gates there are: as where a person has answered already.
    """
    async with Workbench(sandbox) as bench:
        steps = [
            made.run(criterion, bench)
            for made in plans
            for criterion in list(made.open())
            if isinstance(criterion, Checked) and needs_sandbox(criterion.check)
        ]
        await together(steps)
