"""The bounded stream from samples to grades: gates first, a sample's questions together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

from rlaif.checks.run import needs_sandbox
from rlaif.grading.asking import Asked, ask, questions
from rlaif.grading.asking import Asker as Asker
from rlaif.grading.combine import unmet_gates
from rlaif.grading.desk import Desk
from rlaif.grading.plan import Plan, Work, plan
from rlaif.grading.together import dropped, together
from rlaif.grading.workbench import Workbench
from rlaif.ports import Prefix, Sandbox
from rlaif.records.criterion import Checked, Criterion, Judged
from rlaif.records.outcome import Failure, Skipped
from rlaif.records.rubric import Rubric

IN_FLIGHT = 256
"""Samples under way at once."""


async def finished_plans(
    works: AsyncIterator[Work],
    rubric: Rubric,
    asker: Asker,
    *,
    sandbox: Sandbox | None = None,
    in_flight: int = IN_FLIGHT,
    skip_by_gates: bool = True,
    screen: bool = True,
) -> AsyncGenerator[Plan, None]:
    """Every sample's plan with all its outcomes, in the order in which they finish.

    At most `in_flight` samples are under way; a source that lets wait for the next one holds up
    none of them. The sandbox, which is started, runs the checks that need one, beside the judge's
    questions. With `skip_by_gates` and `screen` false every criterion is asked, as for judging the
    judge.

    Raises: whatever broke the judge, or a fault of ours with the sample's id in a note.
    """
    if not screen:
        asker = replace(asker, max_completion=None)
    ended: asyncio.Queue[asyncio.Task[Any]] = asyncio.Queue()
    running: set[asyncio.Task[Any]] = set()

    def start(step: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(step)
        task.add_done_callback(ended.put_nowait)
        running.add(task)
        return task

    async with Desk(asker.backend) as desk, Workbench(sandbox) as bench:
        to = _To(asker, desk, bench)
        coming: asyncio.Task[Any] | None = start(_next(works))
        more = True
        try:
            while running:
                task = await ended.get()
                running.discard(task)
                if task is not coming:
                    yield task.result()
                elif work := task.result():
                    start(_finish(work, rubric, to, skip_by_gates, screen))
                    coming = None
                else:
                    more, coming = False, None
                if more and coming is None and len(running) < in_flight:
                    coming = start(_next(works))
        finally:
            await dropped(running)


async def _next(works: AsyncIterator[Work]) -> Work | None:
    return await anext(works, None)


@dataclass(frozen=True, slots=True)
class _To:
    """Whom the criteria go to."""

    asker: Asker
    desk: Desk
    bench: Workbench


def _gate_check(criterion: Criterion) -> bool:
    return isinstance(criterion, Checked) and criterion.gate is not False


def _plain_gate_check(criterion: Criterion) -> bool:
    return _gate_check(criterion) and not _in_sandbox(criterion)


def _gate(criterion: Criterion) -> bool:
    return criterion.gate is not False


def _any(_: Criterion) -> bool:
    return True


_WAVES: tuple[Callable[[Criterion], bool], ...] = (_plain_gate_check, _gate_check, _gate, _any)
"""Gates that a program decides, the cheap ones first, then those of the judge, then the rest."""


def _in_sandbox(criterion: Criterion) -> bool:
    return isinstance(criterion, Checked) and needs_sandbox(criterion.check)


async def _finish(work: Work, rubric: Rubric, to: _To, skip_by_gates: bool, screen: bool) -> Plan:
    """One sample's plan with all its outcomes."""
    try:
        made = plan(work, rubric, screen=screen)
        await _decide(made, to, skip_by_gates)
    except Exception as error:
        if error is not to.desk.broken:
            error.add_note(f"while grading the sample '{work.sample.sample_id}'")
        raise
    return made


async def _decide(made: Plan, to: _To, skip_by_gates: bool) -> None:
    """Bring every criterion of one sample to its outcome."""
    prefix: Prefix | None = None
    for wave in _WAVES:
        mine = [c for c in made.open() if wave(c)]
        for criterion in mine:
            if isinstance(criterion, Checked) and not _in_sandbox(criterion):
                made.check(criterion)
        asked: list[Asked] = []
        if judged := [c for c in mine if isinstance(c, Judged)]:
            prefix = prefix or _prefix(made, to.asker)
            asked = questions(made, judged, prefix, to.asker, to.desk) if prefix else []
        # A completion that is too long for the judge has closed them
        code = [c for c in made.open() if wave(c) and isinstance(c, Checked)]
        steps = [made.run(criterion, to.bench) for criterion in code]
        await together([*steps, ask(made, asked, to.asker, to.desk)] if asked else steps)
        if skip_by_gates:
            _skip_needless(made)


def _prefix(made: Plan, asker: Asker) -> Prefix | None:
    """The prompt up to the question, or None where every open question is settled without it.

    A completion too long for the judge is the completion's doing: prescreened. Text that cannot be
    written as a prompt is ours: every judged criterion fails.
    """
    try:
        prefix = asker.prompter.prefix(made.subject)
    except ValueError as error:
        for criterion in [c for c in made.open() if isinstance(c, Judged)]:
            made.take(criterion, Failure("render", str(error)))
        return None
    if asker.max_completion and prefix.policy > asker.max_completion:
        made.skip_all("too_long")
        return None
    return prefix


def _skip_needless(made: Plan) -> None:
    needless = unmet_gates(made.items, made.given)
    for criterion in list(made.open()):
        if criterion.id in needless:
            made.take(criterion, Skipped("gate"))
