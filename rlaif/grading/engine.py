"""The bounded stream from samples to grades: gates first, a sample's questions together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from rlaif.checks.run import needs_sandbox
from rlaif.grading.asking import Case, ask, askable, case_of
from rlaif.grading.combine import unmet_gates
from rlaif.grading.holistic import in_one
from rlaif.grading.plan import Plan, Work, plan
from rlaif.grading.seat import Asker as Asker
from rlaif.grading.sitting import Sitting, broken_by, sittings
from rlaif.grading.together import dropped, together
from rlaif.grading.workbench import Workbench
from rlaif.ports import Sandbox
from rlaif.records.criterion import Checked, Criterion, Judged
from rlaif.records.outcome import Skipped
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
        asker = asker.unlimited()
    ended: asyncio.Queue[asyncio.Task[Any]] = asyncio.Queue()
    running: set[asyncio.Task[Any]] = set()

    def start(step: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(step)
        task.add_done_callback(ended.put_nowait)
        running.add(task)
        return task

    async with sittings(asker) as judges, Workbench(sandbox) as bench:
        to = _To(asker, judges, bench)
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
    judges: tuple[Sitting, ...]
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
        made = plan(work, rubric, screen=screen, reads=to.asker.reads)
        if to.asker.holistic:
            made = in_one(made, to.asker.seats[0].prompter.overall)
        await _decide(made, to, skip_by_gates)
    except Exception as error:
        if not broken_by(error, to.judges):
            error.add_note(f"while grading the sample '{work.sample.sample_id}'")
        raise
    return made


async def _decide(made: Plan, to: _To, skip_by_gates: bool) -> None:
    """Bring every criterion of one sample to its outcome."""
    case: Case | None = None
    for wave in _WAVES:
        mine = [c for c in made.open() if wave(c)]
        if not mine:
            continue
        for criterion in mine:
            if isinstance(criterion, Checked) and not _in_sandbox(criterion):
                made.check(criterion)
        asked: list[Judged] = []
        if judged := [c for c in mine if isinstance(c, Judged)]:
            case = case or case_of(made, to.asker)
            asked = askable(case, judged) if case else []
        # A completion that is too long for the judge has closed them
        code = [c for c in made.open() if wave(c) and isinstance(c, Checked)]
        steps = [made.run(criterion, to.bench) for criterion in code]
        if case and asked:
            steps.append(ask(case, asked, to.judges))
        await together(steps)
        if skip_by_gates:
            _skip_needless(made)


def _skip_needless(made: Plan) -> None:
    needless = unmet_gates(made.items, made.given)
    for criterion in list(made.open()):
        if criterion.id in needless:
            made.take(criterion, Skipped("gate"))
