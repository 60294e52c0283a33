"""The questions of an audit, asked: all about completions in one stream, then all about pairs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from rlaif.errors import FileProblems, InputError
from rlaif.grading.audit_pairs import AuditPair
from rlaif.grading.audit_plan import Layout, Place
from rlaif.grading.audit_questions import earned
from rlaif.grading.engine import Asker, finished_plans
from rlaif.grading.holistic import OVERALL
from rlaif.grading.pair_asking import Comparer
from rlaif.grading.pair_engine import finished_pairs
from rlaif.grading.pair_plan import PairWork
from rlaif.grading.plan import Plan, Work
from rlaif.records.criterion import Judged
from rlaif.records.grade import Answered
from rlaif.records.judge import Judge
from rlaif.records.outcome import Failure, Skipped
from rlaif.records.preference import Compared
from rlaif.records.rubric import Rubric
from rlaif.runs.comparer import pair_prompter_of, refuse_written

Watch = Callable[[int, int], None]
"""Told how many texts are done, of how many."""


def _nobody(_done: int, _of: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Said:
    """What the judge said to one question."""

    answer: str
    """`does not apply` where it said so."""
    value: float | None
    """What it earns the completion, in [0, 1]; None where it does not apply, or failed."""
    estimate: bool = False
    """The answer is a number of a range: two of them are held against each other by value."""
    failure: str = ""
    """The stage at which it failed."""


async def answers_to(
    layout: Layout, rubric: Rubric, asker: Asker, watch: Watch = _nobody
) -> Mapping[Place, Said]:
    """What the judge says to every question of the layout, by where it stands.

    What shares a prompt is handed in together. Raises: whatever broke the judge.
    """

    async def works() -> AsyncIterator[Work]:
        for one in layout.asked.values():
            yield Work(one.sample)

    # Every sample brings its own questions, those of the rubric among them
    bare = rubric.model_copy(update={"criteria": "per-sample", "examples": ()})
    found: dict[Place, Said] = {}
    done = 0
    plans = finished_plans(works(), bare, asker, skip_by_gates=False, screen=False)
    async with aclosing(plans):
        async for made in plans:
            found.update(_said(made, layout))
            done += 1
            watch(done, len(layout.asked))
    return found


def _said(made: Plan, layout: Layout) -> dict[Place, Said]:
    name = made.work.sample.sample_id
    readings = layout.asked[name].readings
    found: dict[Place, Said] = {}
    for criterion in made.criteria:
        given = made.given[criterion.id]
        if reading := readings.get(criterion.id):
            found[name, criterion.id] = _one(reading.criterion, reading.of(given.outcome))
        elif isinstance(criterion, Judged):
            found[name, OVERALL] = _one(criterion, given)
    return found


def _one(criterion: Judged, given: Answered) -> Said:
    if isinstance(given.outcome, Failure):
        return Said("", None, failure=given.outcome.stage)
    if isinstance(given.outcome, Skipped):
        return Said("does not apply", None)
    estimate = criterion.range is not None
    return Said(given.answer or "", earned(criterion, given), estimate)


async def preferences_on(
    pairs: Sequence[AuditPair], rubric: Rubric, comparer: Comparer
) -> Mapping[str, Mapping[str, Compared]]:
    """What the judge says to the pairs in both orders: by pair, by criterion."""
    bare = rubric.model_copy(update={"criteria": "per-sample", "examples": ()})
    works = [PairWork(one.pair) for one in pairs]
    found: dict[str, Mapping[str, Compared]] = {}
    plans = finished_pairs(works, bare, comparer)
    async with aclosing(plans):
        async for made in plans:
            found[made.work.pair.pair_id] = dict(made.given)
    return found


def comparer_of(judge: Judge, asker: Asker) -> Comparer | str:
    """The judge that answers, as one who compares; in words, why it cannot.

    The model is the one that is loaded already.
    """
    try:
        refuse_written(judge)
        prompters = [
            pair_prompter_of(one, seat.backend)
            for one, seat in zip(judge.seats, asker.seats, strict=True)
        ]
    except InputError as error:
        return str(error).partition("\n")[0]
    except FileProblems as error:
        return error.problems[0].message
    return Comparer(asker, tuple(prompters), judge.spec.pairwise)


def why_no_pairs(judge: Judge) -> str:
    """Why a judge cannot compare, as far as its file tells; empty where it can."""
    try:
        refuse_written(judge)
    except InputError as error:
        return str(error).partition("\n")[0]
    return ""
