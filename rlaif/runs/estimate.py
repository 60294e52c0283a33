"""What a job would ask, without asking it: the job itself, before backends that only count."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from rlaif.cache_folder import verdict_folder
from rlaif.errors import SandboxFailed
from rlaif.grading.engine import finished_plans
from rlaif.grading.plan import Plan, Work
from rlaif.grading.seat import Asker
from rlaif.grading.usage import Usage
from rlaif.records.jobs import Called, CallsJob, ProgramJob, Ran, Tested, TestsJob
from rlaif.records.judge import Judge
from rlaif.reporting.estimated import Estimate
from rlaif.reporting.estimated import code_line as code_line
from rlaif.runs.estimate_counting import UNASKED, Counting
from rlaif.runs.estimate_figures import count_plan, counted_in, notes_on
from rlaif.runs.estimate_samples import Planned, planned
from rlaif.runs.estimate_time import Sampled, time_of
from rlaif.runs.judge import no_judge, ready
from rlaif.runs.order import Order
from rlaif.runs.remembering import NOTHING_REMEMBERED, Remembering, remembering
from rlaif.runs.unstarted import known_served, unstarted_asker
from rlaif.runs.worker import graded_under
from rlaif.storage.pending import Pending
from rlaif.storage.verdict_peek import VerdictPeek


def estimate(
    order: Order, calibrate: int = 0, each: Callable[[Plan], None] | None = None
) -> Estimate:
    """Take every sample the way that grading would, and count what a judge would be asked.

    What the run that the order names knows is taken off, and so is what the cache of verdicts has.
    With `calibrate` the judge is started, and about so many questions are really asked, to see how
    long it takes; else no judge is. `each` hears of every sample's plan. Memory stays flat.

    Raises: FileProblems for samples at fault; InputError for a check that can be forged; RunError;
    with `calibrate` what starting the judge raises.
    """
    with planned(order) as what:
        return asyncio.run(_DryRun(order, what, each).found(calibrate))


@dataclass(frozen=True, slots=True)
class _DryRun:
    order: Order
    what: Planned
    each: Callable[[Plan], None] | None

    @property
    def judge(self) -> Judge:
        """It speaks the rubric's language."""
        return (self.order.judge or no_judge()).speaking(self.order.rubric.language)

    async def found(self, calibrate: int) -> Estimate:
        sampled = Sampled(calibrate)
        async with self._asker(bool(calibrate)) as (asker, served):
            with peeking(self.order) as memory:
                counting = _counting(asker, memory if served else NOTHING_REMEMBERED, self.judge)
                found = await self._counted(counting, self._under(served), sampled)
            if not calibrate and found.questions:
                found.notes += notes_on(asker, served)
            if calibrate and found.questions:
                works = sampled.works(found.questions, found.asked_of)
                found.timed, notes = await time_of(works, self.order.rubric, asker, NotRun())
                found.notes += notes
        return found

    @asynccontextmanager
    async def _asker(self, starts: bool) -> AsyncIterator[tuple[Asker, str]]:
        """The judge, started and remembering what it answers, or left alone; and what it is.

        What it is, is empty where nobody knows before it is started.
        """
        rubric, judge = self.order.rubric, self.judge
        if not starts:
            served = known_served(judge, self.what.manifest, as_kept=self.order.as_kept)
            yield unstarted_asker(judge, rubric, served), served
            return
        with remembering(self.order.cache, 0.0) as memory:
            async with ready(judge, asks=self.what.needs.judge, rubric=rubric, memory=memory) as it:
                yield it, it.served

    def _under(self, served: str) -> str:
        """What grades would be under; empty where that is not known."""
        if not served:
            return ""
        return graded_under(self.order.rubric, self.judge, served, self.what.needs.checks)

    async def _counted(self, asker: Asker, under: str, sampled: Sampled) -> Estimate:
        retry, what = self.order.retry_failed, self.what
        found = Estimate(samples=what.samples.count, done=what.done(under, retry))
        planned = 0
        async with aclosing(self._plans(what.pending(under, retry), asker)) as plans:
            async for made in plans:
                planned += 1
                if count_plan(found, made, asker):
                    sampled.offer(made.work)
                if self.each:
                    self.each(made)
        found.twins = found.samples - found.done - planned
        found.recalled = asker.usage.recalled
        counted_in(found, asker)
        if self.each and found.twins:
            async with aclosing(self._plans(what.passed_over(under, retry), asker)) as plans:
                async for made in plans:
                    self.each(made)
        return found

    def _plans(self, pending: Iterator[Pending], asker: Asker) -> AsyncGenerator[Plan, None]:
        async def works() -> AsyncIterator[Work]:
            for one in pending:
                yield Work(one.sample, one.sample_hash, one.attempt, one.prior)

        return finished_plans(works(), self.order.rubric, asker, sandbox=NotRun())


def _counting(asker: Asker, memory: Remembering, judge: Judge) -> Asker:
    """The judge with backends that only count, and a cache that is only looked into."""
    seats = tuple(replace(s, backend=Counting(s.backend, s.spec)) for s in asker.seats)
    return replace(
        asker,
        seats=seats,
        cache=memory.cache_for(judge),
        recheck=memory.share(judge),
        day=memory.day,
        usage=Usage(),
    )


@contextmanager
def peeking(order: Order) -> Iterator[Remembering]:
    """What the order's job would remember of earlier ones; nothing of it counts as used."""
    place = verdict_folder() if order.cache else None
    if place is None:
        yield NOTHING_REMEMBERED
        return
    with VerdictPeek(place) as peek:
        yield Remembering(peek, order.recheck, datetime.now(UTC).date().isoformat())


class NotRun:
    """Stands for the sandbox: no code is run, and what needs it has no outcome."""

    tier = "none"
    notes: tuple[str, ...] = ()

    async def start(self) -> None:
        """Nothing."""

    async def calls(self, job: CallsJob) -> tuple[Called, ...]:
        """Raises: SandboxFailed."""
        raise SandboxFailed(UNASKED)

    async def run(self, job: ProgramJob) -> Ran:
        """Raises: SandboxFailed."""
        raise SandboxFailed(UNASKED)

    async def tests(self, job: TestsJob) -> tuple[Tested, ...]:
        """Raises: SandboxFailed."""
        raise SandboxFailed(UNASKED)

    async def aclose(self) -> None:
        """Nothing."""
