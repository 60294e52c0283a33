"""Several answers of one judge to the same question, made into one verdict."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from rlaif.grading.together import together
from rlaif.records.judge_base import JudgeBase
from rlaif.records.outcome import Ballot, Failure, Outcome, Quote, Verdict

Ask = Callable[[int, list[int]], Awaitable[list[Outcome]]]
"""Asks the questions at these places for the vote of this number."""


async def voted(count: int, ask: Ask, spec: JudgeBase) -> list[Outcome]:
    """The outcome of each of so many questions: one vote, or as many as the judge file asks for.

    Where the votes disagree, further ones are asked, up to `most_votes`.
    """
    every = list(range(count))
    if spec.votes == 1 and spec.most_votes is None:
        return await ask(0, every)

    async def one(vote: int) -> list[Outcome]:
        return await ask(vote, every)

    rounds = await together([one(vote) for vote in range(spec.votes)])
    votes = [[found[place] for found in rounds] for place in every]
    for vote in range(spec.votes, spec.most_votes or spec.votes):
        unsettled = [place for place in every if disagree(votes[place])]
        if not unsettled:
            break
        for place, outcome in zip(unsettled, await ask(vote, unsettled), strict=True):
            votes[place].append(outcome)
    return [counted(of_one) for of_one in votes]


def disagree(votes: Sequence[Outcome]) -> bool:
    """Whether the votes that can be read name different answers, or some cannot be read."""
    named = {_favourite(vote) for vote in votes if isinstance(vote, Verdict)}
    return len(named) != 1 or not all(isinstance(vote, Verdict) for vote in votes)


def counted(votes: Sequence[Outcome]) -> Outcome:
    """The mean of the votes; a failure where no more than half of them can be read.

    The rationale and the evidence are those of the first vote that names the mean's answer.
    """
    read = [vote for vote in votes if isinstance(vote, Verdict)]
    if 2 * len(read) <= len(votes):
        failed = next(vote for vote in votes if isinstance(vote, Failure))
        told = f"{len(votes) - len(read)} of {len(votes)} votes failed: {failed.message}"
        return Failure(failed.stage, told)
    ballots = tuple(
        Ballot(f"vote {place}", vote.distribution, vote.label_mass)
        for place, vote in enumerate(votes)
        if isinstance(vote, Verdict)
    )
    mean = mean_of([vote.distribution for vote in read])
    spoken = next((v for v in read if _favourite(v) == _most(mean)), read[0])
    quotes: tuple[Quote, ...] = spoken.evidence
    return Verdict(mean, least_mass(read), spoken.rationale, evidence=quotes, ballots=ballots)


def mean_of(distributions: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """The mean probability of each answer."""
    return tuple(sum(column) / len(distributions) for column in zip(*distributions, strict=True))


def least_mass(verdicts: Sequence[Verdict]) -> float | None:
    """The least label mass; None where none has one."""
    return min((v.label_mass for v in verdicts if v.label_mass is not None), default=None)


def _favourite(verdict: Verdict) -> int:
    return _most(verdict.distribution)


def _most(distribution: Sequence[float]) -> int:
    return max(range(len(distribution)), key=lambda place: distribution[place])
