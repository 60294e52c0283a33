"""The workbench between many samples and one sandbox: code is run beside the judge's questions."""

from __future__ import annotations

import asyncio
from typing import Self

from rlaif.checks.run import run_code_check
from rlaif.ports import Sandbox
from rlaif.records.checks import Check
from rlaif.records.outcome import Failure, Verdict
from rlaif.records.subject import Subject

AT_ONCE = 256
"""Checks handed to the sandbox at once; what more there is waits in order."""


class Workbench:
    """Use as an async context: what still runs when it is left is stopped.

    Checks with equal keys that are wanted at the same time are run once: policies in training give
    the same completion many times over. Nothing is remembered once it is answered; for that there
    are the verdicts of the run.
    """

    def __init__(self, sandbox: Sandbox | None, at_once: int = AT_ONCE) -> None:
        """Take a sandbox that is started; None where no check needs one."""
        self._sandbox = sandbox
        self._room = asyncio.Semaphore(at_once)
        self._under_way: dict[str, asyncio.Task[Verdict | Failure]] = {}

    async def __aenter__(self) -> Self:
        """Nothing is run before it is asked for."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop what nobody waits for any more, and wait until it has ended."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def run(self, check: Check, subject: Subject, key: str) -> Verdict | Failure:
        """What the check says of the subject; `key` is that of the check on this subject.

        A job that the sandbox could not run is a failure of stage `sandbox`, for whoever shares it.
        """
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.create_task(self._run(check, subject))
            self._under_way[key] = task
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        # One of several that wait may be given up; the others still want the answer
        return await asyncio.shield(task)

    async def _run(self, check: Check, subject: Subject) -> Verdict | Failure:
        if self._sandbox is None:
            raise RuntimeError("a check needs the sandbox, and none was started")
        async with self._room:
            return await run_code_check(check, subject, self._sandbox)
