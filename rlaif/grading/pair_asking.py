"""The judges' questions about one pair, in both orders: which are asked, and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlaif.grading.asking import label_votes, with_votes
from rlaif.grading.known import Known
from rlaif.grading.labels import Put, put_to
from rlaif.grading.pair_combine import Rule, judged, keyed
from rlaif.grading.pair_plan import PairPlan
from rlaif.grading.panel import Bench, Keyed, outcomes
from rlaif.grading.seat import Asker, Seat
from rlaif.grading.sitting import Sitting
from rlaif.grading.verdict import believed
from rlaif.prompting.pair_prompt import PairPrompter, Shown
from rlaif.prompting.question import Question
from rlaif.records.criterion import Judged
from rlaif.records.outcome import Failure, Outcome, Verdict
from rlaif.records.pair import SIDES
from rlaif.records.preference import PAIR_ANSWERS


@dataclass(frozen=True, slots=True)
class Comparer:
    """Judges ready to compare."""

    asker: Asker
    prompters: tuple[PairPrompter, ...]
    """Of each judge."""
    rule: Rule


@dataclass(frozen=True, slots=True)
class PairCase:
    """One pair before its judges: the open questions, and how each judge is asked them."""

    made: PairPlan
    criteria: list[Judged]
    puts: tuple[list[Put], ...]
    """By judge: all questions in the one order, and then in the other, so that what the questions
    of an order share is computed once."""
    known: Known


def case_of(made: PairPlan, comparer: Comparer) -> PairCase | None:
    """The open questions; None where there are none, or they are settled without the judges."""
    criteria = made.open_judged()
    if not criteria:
        return None
    a, b = made.subjects
    puts = []
    for seat, prompter in zip(comparer.asker.seats, comparer.prompters, strict=True):
        try:
            orders = prompter.shown(a, b), prompter.shown(b, a)
            questions = [prompter.pair_question(c) for c in criteria]
        except ValueError as error:
            for criterion in criteria:
                made.take(criterion, Failure("render", str(error)))
            return None
        if _too_long(made, orders, questions, seat):
            return None
        puts.append(_put(seat, criteria, orders, questions))
    return PairCase(made, criteria, tuple(puts), Known(made.work.prior, comparer.asker))


async def ask(case: PairCase, comparer: Comparer, sittings: Sequence[Sitting]) -> None:
    """Ask every open question in both orders, all at once, and take what comes of it."""
    found = await _both_orders(case, comparer, sittings)
    count = len(case.criteria)
    for place, criterion in enumerate(case.criteria):
        (one, first_key), (other, second_key) = found[place], found[count + place]
        made = judged(criterion, (one, other), comparer.rule)
        case.made.given[criterion.id] = keyed(made, (first_key, second_key))


async def _both_orders(
    case: PairCase, comparer: Comparer, sittings: Sequence[Sitting]
) -> list[Keyed]:
    async def of_seat(number: int, places: list[int]) -> list[Outcome]:
        mine = [case.puts[number][place] for place in places]
        return await label_votes(mine, sittings[number], case.known)

    def keys(number: int) -> list[str]:
        seat = comparer.asker.seats[number]
        return [with_votes(put.key, seat.spec) for put in case.puts[number]]

    least = min(seat.spec.min_label_mass for seat in comparer.asker.seats)

    def prior(key: str) -> Outcome | None:
        verdict = case.known.prior(key)
        return verdict and believed(verdict, least)

    bench = Bench(len(case.puts[0]), of_seat, keys, _answer, _worth, prior)
    return await outcomes(bench, comparer.asker)


def _answer(_: int, verdict: Verdict) -> int:
    distribution = verdict.distribution
    return max(range(len(distribution)), key=lambda place: distribution[place])


def _worth(_: int, verdict: Verdict) -> float | None:
    """What it says for the completion that is shown first; no jury that compares asks for this."""
    return verdict.distribution[-1] - verdict.distribution[0]


def _put(
    seat: Seat,
    criteria: Sequence[Judged],
    orders: tuple[Shown, Shown],
    questions: Sequence[Question],
) -> list[Put]:
    return [
        put_to(seat, criterion, shown.prefix, question, PAIR_ANSWERS)
        for shown in orders
        for criterion, question in zip(criteria, questions, strict=True)
    ]


def _too_long(
    made: PairPlan, orders: tuple[Shown, Shown], questions: Sequence[Question], seat: Seat
) -> bool:
    """Whether the pair's length has decided, alike for both orders.

    A completion longer than the judge takes of one is caught as too long, and so is one that takes
    more than its half of what the prompt leaves where the two do not fit together. A prompt that
    leaves less than a quarter of the window is ours: a failure.
    """
    most, tokens = seat.room, orders[0].tokens
    limit = seat.max_completion
    caught = {s: "too_long" for s, n in zip(SIDES, tokens, strict=True) if limit and n > limit}
    whole = max(shown.prefix.tokens for shown in orders) + max(q.tokens for q in questions)
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
