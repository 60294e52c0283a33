"""The judges' questions about one sample: which are asked, and what the answers say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import copysign

from rlaif.grading.known import Known
from rlaif.grading.labels import Put, ask_labels, put_to
from rlaif.grading.panel import Bench, outcomes
from rlaif.grading.plan import Plan
from rlaif.grading.seat import Asker, Seat
from rlaif.grading.sitting import Sitting
from rlaif.grading.verdict import answered, believed
from rlaif.grading.votes import voted
from rlaif.grading.writing import Sheet, form_of, written_key
from rlaif.ports import Prefix
from rlaif.records.criterion import Judged
from rlaif.records.identity import digest
from rlaif.records.judge_base import JudgeBase
from rlaif.records.outcome import Failure, Outcome, Verdict


@dataclass(frozen=True, slots=True)
class Case:
    """One sample before its judges."""

    made: Plan
    asker: Asker
    prefixes: tuple[Prefix, ...]
    """The prompt up to the question, by judge."""
    known: Known
    puts: tuple[dict[str, Put], ...]
    """By judge, the questions in labels that were found askable, by the criterion's id."""


def case_of(made: Plan, asker: Asker) -> Case | None:
    """The sample as its judges see it, or None where every open question is settled without them.

    A completion too long for one of the judges is the completion's doing: prescreened. Text that
    cannot be written as a prompt is ours: every judged criterion fails.
    """
    prefixes = []
    for seat in asker.seats:
        try:
            prefix = seat.prompter.prefix(made.subject)
        except ValueError as error:
            for criterion in [c for c in made.open() if isinstance(c, Judged)]:
                made.take(criterion, Failure("render", str(error)))
            return None
        if seat.max_completion and prefix.policy > seat.max_completion:
            made.skip_all("too_long")
            return None
        prefixes.append(prefix)
    known = Known(made.work.prior, asker)
    return Case(made, asker, tuple(prefixes), known, tuple({} for _ in prefixes))


def askable(case: Case, criteria: Sequence[Judged]) -> list[Judged]:
    """Those of the criteria that can be asked; the others' outcomes are taken.

    Empty where the completion fills a judge's window, which has closed the sample.
    """
    made, asked = case.made, []
    for criterion in criteria:
        failure: Failure | None = None
        for number in range(len(case.prefixes)):
            try:
                failure = _put(case, number, criterion, criteria)
            except _FillsTheWindow:
                made.skip_all("too_long")
                return []
            if failure:
                break
        if failure:
            made.take(criterion, failure)
        else:
            asked.append(criterion)
    return asked


class _FillsTheWindow(Exception):
    """The completion's doing: with it, the prompt does not fit."""


def _put(case: Case, number: int, criterion: Judged, criteria: Sequence[Judged]) -> Failure | None:
    """Put a criterion to one judge; why that cannot be done, where it is ours.

    Raises: _FillsTheWindow.
    """
    seat, prefix = case.asker.seats[number], case.prefixes[number]
    try:
        if seat.spec.reads_labels:
            question = seat.prompter.question(criterion)
            case.puts[number][criterion.id] = put_to(seat, criterion, prefix, question)
            length = question.tokens
        else:
            length = form_of(_beside(criterion, criteria, seat), seat).tokens
    except ValueError as error:
        return Failure("render", str(error))
    room = seat.room
    if room is None:
        return None
    if failure := _prompt_too_long(prefix, length, room, screened=bool(seat.max_completion)):
        return failure
    if prefix.tokens + length >= room:
        raise _FillsTheWindow
    return None


async def ask(case: Case, criteria: Sequence[Judged], sittings: Sequence[Sitting]) -> None:
    """Ask all at once, and take what comes of it."""
    made = case.made

    async def of_seat(number: int, places: list[int]) -> list[Outcome]:
        mine = [criteria[place] for place in places]
        return await _of_judge(case, mine, number, sittings[number])

    def worth(place: int, verdict: Verdict) -> float | None:
        criterion = criteria[place]
        value = answered(criterion, verdict).value
        return None if value is None else copysign(value, criterion.weight)

    def answer(place: int, verdict: Verdict) -> int:
        criterion = criteria[place]
        name = answered(criterion, verdict).answer
        return len(criterion.answers) if name is None else criterion.answers.index(name)

    def keys(number: int) -> list[str]:
        return _keys(case, criteria, number)

    least = min(seat.spec.min_label_mass for seat in case.asker.seats)

    def prior(key: str) -> Outcome | None:
        verdict = case.known.prior(key)
        return verdict and believed(verdict, least)

    bench = Bench(len(criteria), of_seat, keys, answer, worth, prior)
    found = await outcomes(bench, case.asker)
    for criterion, (outcome, key) in zip(criteria, found, strict=True):
        made.take(criterion, outcome, key)


async def _of_judge(
    case: Case, criteria: Sequence[Judged], number: int, sitting: Sitting
) -> list[Outcome]:
    """What one judge says of the criteria."""
    spec, prefix, known = sitting.seat.spec, case.prefixes[number], case.known
    if not spec.reads_labels:
        sheet = Sheet(prefix, case.made.subject, sitting, known)

        async def written(vote: int, places: list[int]) -> list[Outcome]:
            return await sheet.filled([criteria[place] for place in places], vote)

        return await voted(len(criteria), written, spec)
    puts = [case.puts[number][criterion.id] for criterion in criteria]
    return await label_votes(puts, sitting, known)


async def label_votes(puts: Sequence[Put], sitting: Sitting, known: Known) -> list[Outcome]:
    """What one judge says to the questions in labels, with as many votes as it has."""

    async def asked(vote: int, places: list[int]) -> list[Outcome]:
        return await ask_labels([puts[place] for place in places], sitting, known, vote)

    return await voted(len(puts), asked, sitting.seat.spec)


def _keys(case: Case, criteria: Sequence[Judged], number: int) -> list[str]:
    """By what the judge's verdicts on the criteria are known, all votes together."""
    seat, prefix = case.asker.seats[number], case.prefixes[number]
    if not seat.spec.reads_labels:
        keys = [
            written_key(prefix, form_of(_beside(c, criteria, seat), seat), c, seat)
            for c in criteria
        ]
    else:
        keys = [case.puts[number][c.id].key for c in criteria]
    return [with_votes(key, seat.spec) for key in keys]


def with_votes(key: str, spec: JudgeBase) -> str:
    """The key of what several votes on a question become; `key` itself for one vote."""
    if spec.votes == 1 and spec.most_votes is None:
        return key
    return digest("votes", str(spec.votes), str(spec.most_votes), key)


def _beside(criterion: Judged, criteria: Sequence[Judged], seat: Seat) -> Sequence[Judged]:
    """What is asked in one text with a criterion, itself included."""
    return criteria if seat.spec.verdict == "one_call" else [criterion]


def _prompt_too_long(prefix: Prefix, length: int, room: int, *, screened: bool) -> Failure | None:
    """Ours: what the policy did not write leaves it less than a quarter of the judge's window.

    Whether it does is not the policy's to choose. Where nothing is screened, whatever does not fit.
    """
    whole = prefix.tokens + length
    others = whole - prefix.policy
    if others > room * 3 // 4:
        told = f"without the completion the prompt has {others} tokens, over three quarters of"
        return Failure("length", f"{told} the {room} that the judge takes")
    if not screened and whole >= room:
        return Failure("length", f"{whole} tokens; the judge takes {room - 1}")
    return None
