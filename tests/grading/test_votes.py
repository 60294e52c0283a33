from __future__ import annotations

from collections.abc import Sequence

import pytest

from rlaif.grading.votes import counted, disagree, voted
from rlaif.records.backends import ScriptedJudge
from rlaif.records.outcome import Ballot, Failure, Outcome, Quote, Verdict

YES, NO = Verdict((0.0, 1.0), 0.9), Verdict((1.0, 0.0), 0.8)
FAILED = Failure("parse", "no JSON")


def spec(votes: int, most: int | None = None) -> ScriptedJudge:
    return ScriptedJudge(
        judge="fake",
        version="1.0.0",
        backend="scripted",
        verdict="generated",
        temperature=0.7,
        votes=votes,
        most_votes=most,
    )


class Saying:
    """Gives each question's votes in turn, and remembers which were asked."""

    def __init__(self, *votes: Sequence[Outcome]) -> None:
        self._votes = votes
        self.asked: list[tuple[int, list[int]]] = []

    async def __call__(self, vote: int, places: list[int]) -> list[Outcome]:
        self.asked.append((vote, places))
        return [self._votes[place][vote] for place in places]


async def test_one_vote_is_the_verdict_itself() -> None:
    assert await voted(1, Saying([YES]), spec(1)) == [YES]


async def test_the_verdict_is_the_mean_of_the_votes_and_keeps_them() -> None:
    (found,) = await voted(1, Saying([YES, NO, YES]), spec(3))
    assert isinstance(found, Verdict)
    assert found.distribution == pytest.approx((1 / 3, 2 / 3))
    assert found.label_mass == 0.8
    assert found.ballots == (
        Ballot("vote 0", (0.0, 1.0), 0.9),
        Ballot("vote 1", (1.0, 0.0), 0.8),
        Ballot("vote 2", (0.0, 1.0), 0.9),
    )


async def test_further_votes_are_asked_only_where_the_first_disagree() -> None:
    say = Saying([YES, YES, NO, NO], [YES, NO, NO, NO])
    await voted(2, say, spec(2, 4))
    assert say.asked == [(0, [0, 1]), (1, [0, 1]), (2, [1]), (3, [1])]


async def test_a_vote_that_failed_asks_for_another() -> None:
    say = Saying([YES, FAILED, YES])
    (found,) = await voted(1, say, spec(2, 3))
    assert isinstance(found, Verdict)
    assert found.distribution == (0.0, 1.0)
    assert [vote for vote, _ in say.asked] == [0, 1, 2]


@pytest.mark.parametrize("votes", [[FAILED], [FAILED, YES], [FAILED, FAILED, YES]])
def test_where_half_of_the_votes_failed_there_is_no_verdict(votes: list[Outcome]) -> None:
    found = counted(votes)
    assert isinstance(found, Failure)
    assert found.stage == "parse"
    assert "votes failed: no JSON" in found.message


def test_the_rationale_is_of_a_vote_that_names_the_answer() -> None:
    quote = Quote("is 4", True)
    told = Verdict((0.0, 1.0), None, "because", evidence=(quote,))
    against = Verdict((1.0, 0.0), None, "because not")
    found = counted([against, told, told])
    assert isinstance(found, Verdict)
    assert (found.rationale, found.evidence) == ("because", (quote,))


def test_votes_disagree_by_the_answers_that_they_name() -> None:
    assert not disagree([Verdict((0.4, 0.6)), Verdict((0.1, 0.9))])
    assert disagree([Verdict((0.4, 0.6)), Verdict((0.6, 0.4))])
    assert disagree([YES, FAILED])
