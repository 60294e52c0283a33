"""Where annotators disagree: who hears of it, and how long the last word holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rlaif.errors import InputError, StaleReview
from rlaif.ports import Reviewing
from rlaif.records.review import DisputedCriterion
from rlaif.runs.review import open_review
from rlaif.runs.review_corrections import corrections_of
from tests.runs.reviewed import a_run, finish

LATE = 10**6
"""A revision that is never stale."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_run(tmp_path_factory.mktemp("disputes"))


@pytest.fixture
def review(run: Path, tmp_path: Path) -> Iterator[Reviewing]:
    opened = open_review(run, file=tmp_path / "review.sqlite")
    yield opened
    opened.close()


def disputed(review: Reviewing, annotator: str = "eve") -> DisputedCriterion:
    (dispute,) = review.disputes(annotator, others=True)
    (one,) = dispute.criteria
    return one


def test_nobody_hears_of_an_answer_before_both_are_done(review: Reviewing) -> None:
    finish(review, 0, "ann", "yes")
    review.answer(0, "bob", "right", "no", 0)
    review.rewrite(0, "bob", "Mine.", LATE)
    assert review.item(0, "ann").state == "done"
    assert review.item(0, "bob").state == "mine"
    assert review.progress("ann").disputed == review.progress("bob").disputed == 0
    assert review.disputes("ann") == review.disputes("eve", others=True) == []
    with pytest.raises(InputError, match="sample 1: nobody disagrees on 'right'"):
        review.settle(0, "eve", "right", "yes", LATE)
    finish(review, 0, "bob", "no")
    assert {review.item(0, name).state for name in ("ann", "bob")} == {"disputed"}
    assert review.item(0, "eve").state == "open"
    assert (review.progress("ann").disputed, review.progress("eve").disputed) == (1, 0)
    assert review.disputes("eve") == []
    assert len(review.disputes("eve", others=True)) == len(review.disputes("bob")) == 1
    review.take_back(0, "bob", "clear", LATE)  # no longer done
    assert review.item(0, "ann").state == "done"
    assert review.disputes("ann") == []


def test_a_card_shows_what_those_say_who_are_done(review: Reviewing) -> None:
    finish(review, 0, "ann", "yes")
    finish(review, 0, "bob", "no")
    review.comment(0, "bob", "it is five", LATE, "right")
    for name, text in (("bob", "Five."), ("cat", "Six.")):
        review.rewrite(0, name, text, LATE)
    review.answer(0, "cat", "right", "no", LATE)
    (dispute,) = review.disputes("ann")
    assert dispute.criteria[0].said == (("ann", "yes", ""), ("bob", "no", "it is five"))
    assert dispute.rewrites == (("bob", "Five."),)


def test_a_dispute_is_settled_beside_what_they_said(review: Reviewing) -> None:
    finish(review, 0, "ann", "yes")
    finish(review, 0, "bob", "no")
    before = disputed(review)
    one = review.settle(0, "eve", "right", None, before.revision, "neither").criteria[0]
    assert (one.is_settled, one.settled, one.comment) == (True, None, "neither")
    assert one.said == before.said
    assert review.item(0, "ann").state == "adjudicated"
    assert (review.progress("ann").disputed, review.progress("ann").adjudicated) == (0, 1)
    assert review.undo("eve") is not None
    assert review.item(0, "ann").state == "disputed"
    with pytest.raises(InputError, match="nobody disagrees on 'clear'"):
        review.settle(0, "eve", "clear", "bad", LATE)


def test_the_last_of_two_adjudicators_holds_and_undo_brings_the_first_back(
    review: Reviewing,
) -> None:
    finish(review, 0, "ann", "yes")
    finish(review, 0, "bob", "no")
    seen = disputed(review).revision
    review.settle(0, "eve", "right", "yes", seen)
    with pytest.raises(StaleReview, match="settled this"):
        review.settle(0, "fay", "right", "no", seen)
    review.settle(0, "fay", "right", "no", disputed(review).revision)
    assert disputed(review).settled == "no"
    review.undo("fay")
    assert disputed(review).settled == "yes"


def test_a_settlement_is_refused_in_view_of_other_answers(review: Reviewing) -> None:
    finish(review, 0, "ann", "yes")
    finish(review, 0, "bob", "no")
    seen = disputed(review).revision
    review.answer(0, "bob", "right", None, LATE)
    with pytest.raises(StaleReview, match="answered anew"):
        review.settle(0, "eve", "right", "yes", seen)


def test_the_last_word_holds_while_the_answers_that_it_judged_stand(
    review: Reviewing, tmp_path: Path
) -> None:
    finish(review, 0, "ann", "yes")
    finish(review, 0, "bob", "no")
    review.settle(0, "eve", "right", "yes", LATE, "see the book")
    finish(review, 0, "cat", "yes")  # one more, and none less
    assert disputed(review).is_settled
    review.answer(0, "bob", "right", None, LATE)
    one = disputed(review)
    assert (one.is_settled, one.settled) == (False, None)
    assert one.comment == "eve had settled it as 'yes', before an answer changed: see the book"
    assert review.item(0, "ann").state == "disputed"
    assert not any(c.adjudicated for c in corrections_of(tmp_path / "review.sqlite"))
    review.undo("bob")
    assert disputed(review).settled == "yes"
    review.answer(0, "bob", "right", "yes", LATE)
    assert review.disputes("eve", others=True) == []
    assert not any(c.adjudicated for c in corrections_of(tmp_path / "review.sqlite"))
    review.answer(0, "bob", "right", None, LATE)
    assert review.settle(0, "eve", "right", "yes", LATE, "see the book").criteria[0].is_settled


def test_blind_hides_the_judge_from_who_has_not_answered(run: Path, tmp_path: Path) -> None:
    review = open_review(run, file=tmp_path / "blind.sqlite", blind=True)
    finish(review, 0, "ann", "yes")
    finish(review, 0, "bob", "no")
    assert disputed(review, "eve").judge is None
    assert disputed(review, "ann").judge is not None
    review.close()
