"""A judge that is kept open: works in, grades out, for as many callers as there are.

Lives in one event loop. All callers share one stream to the judge, so that their questions meet in
its batches. One fault of ours ends the stream, and everybody who waits on it hears of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import dataclass

from rlaif.errors import JudgeUnavailable
from rlaif.grading.engine import finished_plans
from rlaif.grading.plan import Plan, Work
from rlaif.ports import JudgeBackend, Sandbox
from rlaif.records.judge import Judge
from rlaif.records.rubric import Rubric
from rlaif.runs.judge import ready
from rlaif.runs.needs import runs_code
from rlaif.runs.remembering import remembering
from rlaif.runs.sandbox import OnDemand, sandbox_ready


@dataclass(frozen=True, slots=True)
class Means:
    """What grading takes, and how much of it."""

    rubric: Rubric
    judge: Judge
    backend: JudgeBackend | None = None
    """Answers instead of the one that the judge file names."""
    sandbox: Sandbox | None = None
    unsafe_no_sandbox: bool = False
    cache: bool = False
    """Take verdicts from this machine's cache, and keep new ones there."""
    in_flight: int = 256
    """Samples under way at once."""
    asks: bool = True
    """Whether anything is asked of the judge; else none is loaded."""


class Grader:
    """Start it, ask it, close it, all in one event loop."""

    def __init__(self, means: Means) -> None:
        """Nothing is loaded before `start`."""
        self._means = means
        self._works: asyncio.Queue[Work | None] = asyncio.Queue()
        self._waiting: dict[int, tuple[Work, asyncio.Future[Plan]]] = {}
        self._inside: dict[int, Work] = {}
        self._serving: asyncio.Task[None] | None = None
        self._sandbox: OnDemand | None = None
        self.name = ""
        """`judge@version`, once started."""

    async def start(self) -> None:
        """Load the judge, and what else is needed.

        Raises: JudgeUnavailable, SandboxUnavailable, MissingExtra or FileProblems.
        """
        started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._serving = asyncio.create_task(self._serve(started))
        await asyncio.wait({self._serving, started}, return_when=asyncio.FIRST_COMPLETED)
        if not started.done():
            await self._serving

    @property
    def ended(self) -> bool:
        """Whether it answers nothing any more."""
        return self._serving is None or self._serving.done()

    @property
    def clogged(self) -> bool:
        """Whether half of what may be under way hangs, and nobody waits for it any more."""
        abandoned = self._inside.keys() - self._waiting.keys()
        return 2 * len(abandoned) >= self._means.in_flight

    async def grade(self, work: Work) -> Plan:
        """The work with all its outcomes. Raises: whatever ended the stream."""
        if self._sandbox is not None and runs_code(work.sample.criteria):
            await self._sandbox.start()
        if self.ended:
            raise JudgeUnavailable("the judge was closed")
        done: asyncio.Future[Plan] = asyncio.get_running_loop().create_future()
        self._waiting[id(work)] = (work, done)
        self._works.put_nowait(work)
        try:
            return await done
        finally:
            self._waiting.pop(id(work), None)

    async def aclose(self) -> None:
        """End the judge; what is under way is not waited for."""
        if self._serving is None:
            return
        self._serving.cancel()
        with suppress(asyncio.CancelledError, Exception):  # told to whoever waited
            await self._serving

    async def _serve(self, started: asyncio.Future[None]) -> None:
        means = self._means
        code = runs_code(means.rubric.items)
        try:
            with remembering(means.cache) as memory:
                async with (
                    sandbox_ready(code, means.sandbox, unsafe=means.unsafe_no_sandbox) as sandbox,
                    ready(
                        means.judge,
                        means.backend,
                        asks=means.asks,
                        rubric=means.rubric,
                        memory=memory,
                    ) as asker,
                ):
                    self._sandbox, self.name = sandbox, asker.name
                    plans = finished_plans(
                        self._stream(),
                        means.rubric,
                        asker,
                        sandbox=sandbox,
                        in_flight=means.in_flight,
                    )
                    started.set_result(None)
                    async with aclosing(plans):
                        async for made in plans:
                            self._hand(made)
        except BaseException as error:
            self._break(error)
            raise

    async def _stream(self) -> AsyncIterator[Work]:
        while (work := await self._works.get()) is not None:
            if id(work) in self._waiting:  # whoever asked may have given up since
                self._inside[id(work)] = work  # kept, so that no other has its id
                yield work

    def _hand(self, made: Plan) -> None:
        self._inside.pop(id(made.work), None)
        _, done = self._waiting.get(id(made.work), (None, None))
        if done is not None and not done.done():
            done.set_result(made)

    def _break(self, error: BaseException) -> None:
        told = error if isinstance(error, Exception) else JudgeUnavailable("the judge was closed")
        for _, done in self._waiting.values():
            if not done.done():
                done.set_exception(told)
