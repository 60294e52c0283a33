"""The sandbox: fork servers in a thread of their own, jobs in, plain data out.

The thread has an event loop of its own, so that whatever holds up the caller's loop, a judge's
forward pass for one, is not taken for slow code.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from rlaif.checks.sandbox.calling import call_all
from rlaif.checks.sandbox.crew import Crew
from rlaif.checks.sandbox.interpreter import interpreter
from rlaif.checks.sandbox.running import run_program
from rlaif.checks.sandbox.testing import run_tests
from rlaif.checks.sandbox.tier import Rung, chosen, tried
from rlaif.errors import SandboxFailed, SandboxUnavailable
from rlaif.records.jobs import Called, CallsJob, ProgramJob, Ran, Tested, TestsJob

_T = TypeVar("_T")


class Pool:
    """The sandbox of `ports.Sandbox`."""

    def __init__(self, unsafe: bool = False, width: int | None = None) -> None:
        """`unsafe`: no isolation. `width`: jobs at once, by default one a processor core."""
        self._unsafe = unsafe
        self._width = width or len(os.sched_getaffinity(0))
        self._gate = threading.Lock()
        self._forget()

    def _forget(self) -> None:
        """Nothing runs: as made, as closed, and as in a process that was forked off."""
        self._owner = os.getpid()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._crew: Crew | None = None
        self._rung: Rung | None = None
        self._choosing: asyncio.Lock | None = None

    @property
    def tier(self) -> str:
        """`namespaces`, `landlock` or `none`."""
        return self._rung.tier if self._rung else ""

    @property
    def notes(self) -> tuple[str, ...]:
        """Which tier and which interpreter, and why not another one."""
        if self._rung is None:
            return ()
        used = interpreter()
        python = f"policy code runs on {used.told}"
        return (
            f"sandbox: {self._rung.tier} ({self._rung.told})",
            f"{python}, as {used.note}" if used.note else python,
        )

    async def start(self) -> None:
        """Find a tier and try it out. Raises: SandboxUnavailable with what to install."""
        self._begin()
        if self._rung is None:
            await self._there(self._chosen())

    def _begin(self) -> None:
        """Have a loop that runs, once, whoever asks first."""
        with self._gate:
            if self._owner != os.getpid():  # a fork has none of our threads
                self._forget()
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name="sandbox", daemon=True
                )
                self._thread.start()

    async def _chosen(self) -> None:
        """Choose once, however many ask at the same time."""
        self._choosing = self._choosing or asyncio.Lock()
        async with self._choosing:
            if self._rung is None:
                await self._choose()

    async def _choose(self) -> None:
        if self._unsafe:
            rung, host = await tried("none")
            if host is None:
                raise SandboxUnavailable(rung.told)
        else:
            host, rungs = await chosen()
            rung = rungs[-1]
        self._crew = Crew(rung.tier, self._width, host)
        self._rung = rung

    async def calls(self, job: CallsJob) -> tuple[Called, ...]:
        """One result for each call, in their order. Raises: SandboxFailed."""
        return await self._job(lambda crew: crew.tried(job.packages, lambda h: call_all(h, job)))

    async def run(self, job: ProgramJob) -> Ran:
        """Run one command to its end. Raises: SandboxFailed."""
        return await self._job(lambda crew: crew.tried(job.packages, lambda h: run_program(h, job)))

    async def tests(self, job: TestsJob) -> tuple[Tested, ...]:
        """One result for each test function. Raises: SandboxFailed."""
        of_tests = tuple(dict.fromkeys((*job.packages, *job.test_packages)))
        return await self._job(
            lambda crew: crew.tried_by_two(
                (of_tests, job.packages), lambda mine, other: run_tests(mine, other, job)
            )
        )

    async def _job(self, work: Callable[[Crew], Coroutine[Any, Any, _T]]) -> _T:
        if self._crew is None or self._owner != os.getpid():
            await self.start()
        assert self._crew is not None  # noqa: S101 - started
        return await self._there(work(self._crew))

    async def _there(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Run a coroutine in the sandbox's own loop. Raises: SandboxFailed where it was closed."""
        assert self._loop is not None  # noqa: S101 - begun
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            mine = asyncio.current_task()
            if future.cancelled() and mine is not None and not mine.cancelling():
                raise SandboxFailed("the sandbox was closed before the job was done") from None
            future.cancel()
            raise

    async def aclose(self) -> None:
        """End every job and every process. It can be started again."""
        if self._loop is None or self._thread is None or self._owner != os.getpid():
            return
        await self._there(self._ended())
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join)
        self._loop.close()
        self._forget()

    async def _ended(self) -> None:
        """Jobs first, each to its end: they clear away behind them, and need their hosts for it."""
        jobs = asyncio.all_tasks() - {asyncio.current_task()}
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        if self._crew is not None:
            await self._crew.aclose()
