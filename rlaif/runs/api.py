"""Grading from Python, with no run folder."""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Collection,
    Iterable,
    Iterator,
)
from contextlib import aclosing, asynccontextmanager

from rlaif.errors import InputError
from rlaif.grading.engine import finished_plans
from rlaif.grading.plan import Work
from rlaif.ports import JudgeBackend, Sandbox
from rlaif.records.grade import Grade
from rlaif.records.judge import Judge
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample, sample_digest
from rlaif.runs.fit import misfit
from rlaif.runs.forgeable import forgery, refuse_forgeable
from rlaif.runs.job import seldom_collected
from rlaif.runs.judge import ready
from rlaif.runs.needs import runs_code
from rlaif.runs.remembering import Remembering, remembering
from rlaif.runs.sandbox import OnDemand, sandbox_ready


async def grade(
    samples: Iterable[Sample] | AsyncIterable[Sample],
    rubric: Rubric,
    judge: Judge,
    *,
    backend: JudgeBackend | None = None,
    sandbox: Sandbox | None = None,
    unsafe_no_sandbox: bool = False,
    accept_forgeable: Collection[str] = (),
    cache: bool = False,
) -> AsyncGenerator[Grade, None]:
    """Grades as they are done, in no particular order: `sample_id` says whose each is.

    That ids are unique is for the caller to see to; a run folder checks it.

    Args: `backend` answers instead of the one that the judge file names, as in tests. `sandbox`
    runs code instead of the one that would be made, and is left open, so that many calls can share
    it. `unsafe_no_sandbox`: the policy's code runs as you, and can read and delete whatever you
    can. `accept_forgeable`: ids of criteria that are used although a policy can forge their pass.
    `cache`: take verdicts from this machine's verdict cache, and keep new ones there.
    Raises: InputError for a sample that does not fit the rubric, and for a check that can be forged
    and was not accepted; JudgeUnavailable, SandboxUnavailable, MissingExtra.
    """
    refuse_forgeable(rubric.items, accept_forgeable)
    async with (
        sandbox_ready(runs_code(rubric.items), sandbox, unsafe=unsafe_no_sandbox) as used,
        _remembering(cache) as memory,
        ready(judge, backend, rubric=rubric, memory=memory) as asker,
    ):
        works = _works(samples, rubric, used, accept_forgeable)
        plans = finished_plans(works, rubric, asker, sandbox=used)
        with seldom_collected():
            async with aclosing(plans):
                async for made in plans:
                    yield made.grade(asker.name)


def grade_sync(
    samples: Iterable[Sample],
    rubric: Rubric,
    judge: Judge,
    *,
    backend: JudgeBackend | None = None,
    sandbox: Sandbox | None = None,
    unsafe_no_sandbox: bool = False,
    accept_forgeable: Collection[str] = (),
    cache: bool = False,
) -> Iterator[Grade]:
    """As `grade`, for code without an event loop; grades come as they are asked for.

    Raises: as `grade`; InputError where an event loop runs already.
    """
    if _in_a_loop():
        raise InputError(
            "grade_sync cannot be used where an event loop runs, as in a notebook\n"
            "  hint: `async for grade in rlaif.grade(...)` there"
        )
    with asyncio.Runner() as runner:
        stream = grade(
            samples,
            rubric,
            judge,
            backend=backend,
            sandbox=sandbox,
            unsafe_no_sandbox=unsafe_no_sandbox,
            accept_forgeable=accept_forgeable,
            cache=cache,
        )
        try:
            while (one := runner.run(_next(stream))) is not None:
                yield one
        finally:
            runner.run(_close(stream))


@asynccontextmanager
async def _remembering(use: bool) -> AsyncIterator[Remembering]:
    with remembering(use) as memory:
        yield memory


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def _next(stream: AsyncGenerator[Grade, None]) -> Grade | None:
    return await anext(stream, None)


async def _close(stream: AsyncGenerator[Grade, None]) -> None:
    await stream.aclose()


async def _works(
    samples: Iterable[Sample] | AsyncIterable[Sample],
    rubric: Rubric,
    sandbox: OnDemand,
    accepted: Collection[str],
) -> AsyncIterator[Work]:
    async for sample in _each(samples):
        if not isinstance(sample, Sample):
            raise InputError(f"expected rlaif.Sample, not {type(sample).__name__}")
        if fault := misfit(sample, rubric):
            raise InputError(f"sample '{sample.sample_id}': {fault.message}")
        if fault := forgery(sample.criteria, accepted):
            raise InputError(f"sample '{sample.sample_id}': {fault.message}\n  hint: {fault.hint}")
        if runs_code(sample.criteria):
            await sandbox.start()
        yield Work(sample, sample_digest(sample))


async def _each(samples: Iterable[Sample] | AsyncIterable[Sample]) -> AsyncIterator[Sample]:
    if isinstance(samples, AsyncIterable):
        async for sample in samples:
            yield sample
    else:
        for sample in samples:
            yield sample
