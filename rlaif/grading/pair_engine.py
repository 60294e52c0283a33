"""The bounded stream from pairs to preferences: a pair's questions in both orders together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass

from rlaif.grading.asking import decision_of
from rlaif.grading.desk import Desk
from rlaif.grading.engine import Asker
from rlaif.grading.pair_combine import Rule, judged, keyed
from rlaif.grading.pair_plan import PairPlan, PairWork, pair_plan
from rlaif.grading.together import dropped, together
from rlaif.grading.verdict import believed, read_answer
from rlaif.grading.workbench import Workbench
from rlaif.ports import Answer, Decision, Sandbox
from rlaif.prompting.pair_prompt import PairPrompter, Shown
from rlaif.prompting.question import Question
from rlaif.records.criterion import Judged
from rlaif.records.identity import digest
from rlaif.records.outcome import Failure, Outcome
from rlaif.records.pair import SIDES
from rlaif.records.preference import PAIR_ANSWERS
from rlaif.records.rubric import Rubric

IN_FLIGHT = 128
"""Pairs under way at once."""


@dataclass(frozen=True, slots=True)
class Comparer:
    """A judge ready to compare."""

    asker: Asker
    prompter: PairPrompter
    rule: Rule


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
    async with Desk(comparer.asker.backend) as desk, Workbench(sandbox) as bench:
        running: set[asyncio.Task[PairPlan]] = set()
        waiting = iter(works)
        try:
            while True:
                while len(running) < in_flight and (work := next(waiting, None)):
                    running.add(asyncio.create_task(_finish(work, rubric, comparer, desk, bench)))
                if not running:
                    return
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in sorted(done, key=_broke):  # what was finished comes before the fault
                    yield task.result()
        finally:
            await dropped(running)


def _broke(task: asyncio.Task[PairPlan]) -> bool:
    return task.exception() is not None


async def _finish(
    work: PairWork, rubric: Rubric, comparer: Comparer, desk: Desk, bench: Workbench
) -> PairPlan:
    """One pair's plan with all its outcomes."""
    try:
        made = pair_plan(work, rubric)
        await _decide(made, comparer, desk, bench)
    except Exception as error:
        if error is not desk.broken:
            error.add_note(f"while comparing the pair '{work.pair.pair_id}'")
        raise
    return made


async def _decide(made: PairPlan, comparer: Comparer, desk: Desk, bench: Workbench) -> None:
    """Gates first, the cheap ones before those that run code; then all that is left, at once."""
    made.check_plain(gates=True)
    if gates := made.open_code(gates=True):
        await together([made.run(criterion, bench) for criterion in gates])
        made.skip_needless()
    made.check_plain(gates=False)
    put = _put(made, comparer)
    steps = [made.run(criterion, bench) for criterion in made.open_code()]
    await together([*steps, _judge(made, put, comparer, desk)] if put else steps)


@dataclass(frozen=True, slots=True)
class _Put:
    """What is to be asked of the judge about one pair."""

    criteria: list[Judged]
    orders: tuple[Shown, Shown]
    questions: list[Question]


def _put(made: PairPlan, comparer: Comparer) -> _Put | None:
    """The open questions; None where there are none, or they are settled without the judge."""
    criteria = made.open_judged()
    if not criteria:
        return None
    a, b = made.subjects
    try:
        orders = comparer.prompter.shown(a, b), comparer.prompter.shown(b, a)
        questions = [comparer.prompter.pair_question(c) for c in criteria]
    except ValueError as error:
        for criterion in criteria:
            made.take(criterion, Failure("render", str(error)))
        return None
    if _too_long(made, orders, questions, comparer.asker):
        return None
    return _Put(criteria, orders, questions)


async def _judge(made: PairPlan, put: _Put, comparer: Comparer, desk: Desk) -> None:
    """Ask every open question in both orders, all at once."""
    outcomes = await _ask(made, put, comparer, desk)
    for place, criterion in enumerate(put.criteria):
        (one, first_key), (other, second_key) = outcomes[2 * place : 2 * place + 2]
        found = judged(criterion, (one, other), comparer.rule)
        made.given[criterion.id] = keyed(found, (first_key, second_key))


async def _ask(
    made: PairPlan, put: _Put, comparer: Comparer, desk: Desk
) -> list[tuple[Outcome, str]]:
    """(outcome, key) of every criterion, with a first and then with b first.

    What an earlier attempt has answered is not asked. Questions of one order stand together, so
    that a backend computes what they share once.
    """
    asker = comparer.asker
    found: dict[tuple[int, int], tuple[Outcome, str]] = {}
    asked: list[tuple[tuple[int, int], Decision]] = []
    both = list(zip(put.criteria, put.questions, strict=True))
    for order, shown in enumerate(put.orders):
        for place, (criterion, question) in enumerate(both):
            key = digest(shown.prefix.hash, question.hash, asker.fingerprint, "vote 0")
            if known := made.work.prior.get(key):
                found[place, order] = believed(known, asker.min_label_mass), key
            else:
                number = desk.number()
                decision = decision_of(
                    criterion, shown.prefix, question, key, number, answers=PAIR_ANSWERS
                )
                asked.append(((place, order), decision))
    answers = await desk.ask([decision for _, decision in asked])
    for (at, decision), answer in zip(asked, answers, strict=True):
        outcome = (
            read_answer(answer, len(decision.labels), asker.min_label_mass)
            if isinstance(answer, Answer)
            else answer
        )
        found[at] = outcome, decision.key
    return [found[place, order] for place in range(len(put.criteria)) for order in (0, 1)]


def _too_long(
    made: PairPlan, orders: tuple[Shown, Shown], questions: Sequence[Question], asker: Asker
) -> bool:
    """Whether the pair's length has decided, alike for both orders.

    A completion longer than the judge takes of one is caught as too long, and so is one that takes
    more than its half of what the prompt leaves where the two do not fit together. A prompt that
    leaves less than a quarter of the window is ours: a failure.
    """
    most, tokens = asker.max_length, orders[0].tokens
    limit = asker.max_completion
    caught = {s: "too_long" for s, n in zip(SIDES, tokens, strict=True) if limit and n > limit}
    whole = max(len(shown.prefix.ids) for shown in orders) + max(len(q.ids) for q in questions)
    others = whole - sum(tokens)
    if not caught and most and others > most * 3 // 4:
        told = f"without the completions the prompt has {others} tokens, over three quarters of"
        for criterion in made.open_judged():
            made.take(criterion, Failure("length", f"{told} the {most} that the judge takes"))
        return True
    if not caught and most and whole >= most:
        half = (most - others) / 2
        caught = {s: "too_long" for s, n in zip(SIDES, tokens, strict=True) if n >= half}
    made.screen(caught)
    return bool(caught)
