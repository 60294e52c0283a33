"""Several judges as one: what a jury or a cascade makes of their verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from rlaif.grading.seat import Asker
from rlaif.grading.together import together
from rlaif.grading.votes import least_mass, mean_of
from rlaif.records.identity import digest
from rlaif.records.outcome import Ballot, Failure, Outcome, Verdict
from rlaif.records.panel import CascadeJudge, JuryJudge

Keyed = tuple[Outcome, str]
"""An outcome, and the hash of exactly what was asked for it."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Questions before all judges: how each judge is asked, and how an answer is understood."""

    count: int
    """How many questions there are."""
    ask: Callable[[int, list[int]], Awaitable[list[Outcome]]]
    """Asks the judge of this seat the questions at these places."""
    keys: Callable[[int], Sequence[str]]
    """By what key this seat's verdict on each question is known."""
    answer: Callable[[int, Verdict], int]
    """Which answer a verdict on the question at this place gives."""
    worth: Callable[[int, Verdict], float | None]
    """What it does for the score, more is better; None where the question does not apply."""
    prior: Callable[[str], Outcome | None]
    """What the same run knows by a key."""


async def outcomes(bench: Bench, asker: Asker) -> list[Keyed]:
    """The outcome of every question, and its key."""
    rule = asker.rule
    of_seats = [bench.keys(seat) for seat in range(len(asker.seats))]
    keys = list(of_seats[0])
    if rule is not None:
        keys = [digest(_told(rule), *keys) for keys in zip(*of_seats, strict=True)]
    known = [bench.prior(key) for key in keys]
    places = [place for place, outcome in enumerate(known) if outcome is None]
    asked: dict[int, Outcome] = {}
    if isinstance(rule, JuryJudge):
        asked = await _jury(bench, asker, rule, places)
    elif rule is not None:
        asked = await _cascade(bench, asker, rule, places)
    elif places:
        asked = dict(zip(places, await bench.ask(0, places), strict=True))
    return [(known[place] or asked[place], keys[place]) for place in range(bench.count)]


def _told(rule: JuryJudge | CascadeJudge) -> str:
    return f"jury {rule.rule}" if isinstance(rule, JuryJudge) else f"cascade {rule.unsure!r}"


async def _jury(
    bench: Bench, asker: Asker, rule: JuryJudge, places: list[int]
) -> dict[int, Outcome]:
    if not places:
        return {}

    async def one(seat: int) -> list[Outcome]:
        return await bench.ask(seat, places)

    by_seat = await together([one(seat) for seat in range(len(asker.seats))])
    names = [seat.name for seat in asker.seats]
    return {
        place: agreed([found[i] for found in by_seat], names, rule, bench, place)
        for i, place in enumerate(places)
    }


def agreed(
    outcomes: Sequence[Outcome], names: Sequence[str], rule: JuryJudge, bench: Bench, place: int
) -> Outcome:
    """What a jury says of one question; a failure where one of its judges failed."""
    verdicts = []
    for name, outcome in zip(names, outcomes, strict=True):
        if isinstance(outcome, Failure):
            return Failure(outcome.stage, f"{name}: {outcome.message}")
        assert isinstance(outcome, Verdict)  # noqa: S101 - a judge skips nothing
        verdicts.append(outcome)
    ballots = tuple(
        Ballot(name, verdict.distribution, verdict.label_mass)
        for name, verdict in zip(names, verdicts, strict=True)
    )
    told = [(n, v.rationale) for n, v in zip(names, verdicts, strict=True) if v.rationale]
    rationale = "\n".join(f"{name}: {text}" for name, text in told) or None
    quotes = tuple(dict.fromkeys(quote for verdict in verdicts for quote in verdict.evidence))
    distribution = _RULES[rule.rule](verdicts, bench, place)
    return Verdict(distribution, least_mass(verdicts), rationale, evidence=quotes, ballots=ballots)


def _mean(verdicts: Sequence[Verdict], _bench: Bench, _place: int) -> tuple[float, ...]:
    return mean_of([verdict.distribution for verdict in verdicts])


def _majority(verdicts: Sequence[Verdict], bench: Bench, place: int) -> tuple[float, ...]:
    named = Counter(bench.answer(place, verdict) for verdict in verdicts)
    answers = range(len(verdicts[0].distribution))
    return tuple(named[answer] / len(verdicts) for answer in answers)


def _minimum(verdicts: Sequence[Verdict], bench: Bench, place: int) -> tuple[float, ...]:
    """Of the judge that values it least; one that says "does not apply" does not value it."""
    worths = [(bench.worth(place, verdict), verdict) for verdict in verdicts]
    valued = [(worth, verdict) for worth, verdict in worths if worth is not None]
    least = min(valued, key=lambda one: one[0])[1] if valued else verdicts[0]
    return least.distribution


_RULES = {"mean": _mean, "majority": _majority, "minimum": _minimum}


async def _cascade(
    bench: Bench, asker: Asker, rule: CascadeJudge, places: list[int]
) -> dict[int, Outcome]:
    found: dict[int, Outcome] = {}
    heard: dict[int, list[Ballot]] = {place: [] for place in places}
    for number, seat in enumerate(asker.seats):
        if not places:
            break
        answers = await bench.ask(number, places)
        for place, outcome in zip(places, answers, strict=True):
            if isinstance(outcome, Verdict):
                ballot = Ballot(seat.name, outcome.distribution, outcome.label_mass)
                heard[place].append(ballot)
            found[place] = outcome
        places = [place for place in places if _unsure(found[place], rule.unsure)]
    return {place: _with(outcome, heard[place]) for place, outcome in found.items()}


def _unsure(outcome: Outcome, share: float) -> bool:
    return not isinstance(outcome, Verdict) or max(outcome.distribution) < 1 - share


def _with(outcome: Outcome, ballots: Sequence[Ballot]) -> Outcome:
    """The verdict of the last judge that was asked, with those of all."""
    if not isinstance(outcome, Verdict):
        return outcome
    return Verdict(
        outcome.distribution,
        outcome.label_mass,
        outcome.rationale,
        evidence=outcome.evidence,
        ballots=tuple(ballots),
    )
