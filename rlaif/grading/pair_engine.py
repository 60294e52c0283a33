"""The bounded stream from pairs to preferences: a pair's questions in both orders together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass

from rlaif.grading.pair_asking import Comparer, ask, case_of
from rlaif.grading.pair_plan import PairPlan, PairWork, pair_plan
from rlaif.grading.sitting import Sitting, broken_by, sittings
from rlaif.grading.together import dropped, together
from rlaif.grading.workbench import Workbench
from rlaif.ports import Sandbox
from rlaif.records.rubric import Rubric

IN_FLIGHT = 128
"""Pairs under way at once."""


async def finished_pairs(
    works: Iterable[PairWork],
    rubric: Rubric,
    comparer: Comparer,
    *,
    sandbox: Sandbox | None = None,
    in_flight: int = IN_FLIGHT,
) -> AsyncGenerator[PairPlan, None]:
    """Every pair's plan with all its outcomes, in the order in which they finish.

    The sandbox, which is started, runs the checks that need one, beside the judge's questions.

    Raises: whatever broke the judge, or a fault of ours with the pair's id in a note.
    """
    async with sittings(comparer.asker) as judges, Workbench(sandbox) as bench:
        to = _To(comparer, judges, bench)
        running: set[asyncio.Task[PairPlan]] = set()
        waiting = iter(works)
        try:
            while True:
                while len(running) < in_flight and (work := next(waiting, None)):
                    running.add(asyncio.create_task(_finish(work, rubric, to)))
                if not running:
                    return
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in sorted(done, key=_broke):  # what was finished comes before the fault
                    yield task.result()
        finally:
            await dropped(running)


def _broke(task: asyncio.Task[PairPlan]) -> bool:
    return task.exception() is not None


@dataclass(frozen=True, slots=True)
class _To:
    """Whom the criteria go to."""

    comparer: Comparer
    judges: tuple[Sitting, ...]
    bench: Workbench


async def _finish(work: PairWork, rubric: Rubric, to: _To) -> PairPlan:
    """One pair's plan with all its outcomes."""
    try:
        made = pair_plan(work, rubric)
        await _decide(made, to)
    except Exception as error:
        if not broken_by(error, to.judges):
            error.add_note(f"while comparing the pair '{work.pair.pair_id}'")
        raise
    return made


async def _decide(made: PairPlan, to: _To) -> None:
    """Gates first, the cheap ones before those that run code; then all that is left, at once."""
    made.check_plain(gates=True)
    if gates := made.open_code(gates=True):
        await together([made.run(criterion, to.bench) for criterion in gates])
        made.skip_needless()
    made.check_plain(gates=False)
    case = case_of(made, to.comparer)
    steps = [made.run(criterion, to.bench) for criterion in made.open_code()]
    await together([*steps, ask(case, to.comparer, to.judges)] if case else steps)
