"""A judge that is kept open: works in, grades out, for as many callers as there are.

Lives in one event loop. All callers share one stream to the judge, so that their questions meet in
its batches. One fault of ours ends the stream, and everybody who waits on it hears of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
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


CLOSE_S = 30.0
"""A judge that takes longer to close is left behind."""


class Replaced(Exception):
    """Another grader stands in this one's place: what was asked is to be asked there."""


class Grader:
    """Start it, ask it, close it, all in one event loop."""

    def __init__(self, means: Means) -> None:
        """Nothing is loaded before `start`."""
        self.means = means
        self._works: asyncio.Queue[Work | None] = asyncio.Queue()
        self._waiting: dict[int, tuple[Work, asyncio.Future[Plan]]] = {}
        self._inside: dict[int, Work] = {}
        self._moved = 0.0
        self._told: Exception = JudgeUnavailable("the judge was closed")
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
        serving = self._serving
        return serving is None or serving.done() or bool(serving.cancelling())

    def stuck(self, seconds: float) -> bool:
        """Whether nothing was answered for so long, and half of all places wait for nobody."""
        abandoned = self._inside.keys() - self._waiting.keys()
        still = asyncio.get_running_loop().time() - self._moved
        return 2 * len(abandoned) >= self.means.in_flight and still >= 0.9 * seconds

    async def grade(self, work: Work) -> Plan:
        """The work with all its outcomes. Raises: whatever ended the stream."""
        if self._sandbox is not None and runs_code(work.sample.criteria):
            await self._sandbox.start()
        if self.ended:
            raise self._told
        done: asyncio.Future[Plan] = asyncio.get_running_loop().create_future()
        self._waiting[id(work)] = (work, done)
        self._works.put_nowait(work)
        try:
            return await done
        finally:
            self._waiting.pop(id(work), None)

    async def aclose(self, told: Exception) -> None:
        """End the judge; whoever waits gets `told`. What takes too long is left behind."""
        serving = self._serving
        if serving is None:
            return
        self._told = told
        self._break(told)
        serving.cancel()
        await asyncio.wait({serving}, timeout=CLOSE_S)

    async def _serve(self, started: asyncio.Future[None]) -> None:
        means = self.means
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
        except Exception as error:
            self._told = error
            raise
        finally:
            self._break(self._told)

    async def _stream(self) -> AsyncIterator[Work]:
        while (work := await self._works.get()) is not None:
            if id(work) in self._waiting:  # whoever asked may have given up since
                if not self._inside:
                    self._moved = asyncio.get_running_loop().time()
                self._inside[id(work)] = work  # kept, so that no other has its id
                yield work

    def _hand(self, made: Plan) -> None:
        self._inside.pop(id(made.work), None)
        self._moved = asyncio.get_running_loop().time()
        _, done = self._waiting.get(id(made.work), (None, None))
        if done is not None and not done.done():
            done.set_result(made)

    def _break(self, told: Exception) -> None:
        for _, done in self._waiting.values():
            if not done.done():
                done.set_exception(told)
