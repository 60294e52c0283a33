"""Lengths of pairs: whose fault they are, alike for both orders."""

from __future__ import annotations

from typing import Any

import pytest

from rlaif.grading.completion import prepare
from rlaif.grading.pair_asking import _too_long
from rlaif.grading.pair_plan import PairPlan, PairWork
from rlaif.grading.seat import Seat
from rlaif.ports import Prefix
from rlaif.prompting.pair_prompt import Shown
from rlaif.prompting.question import Question
from rlaif.records.backends import ScriptedJudge
from rlaif.records.outcome import Failure
from rlaif.records.pair import SIDES, Pair
from rlaif.records.rubric import Rubric

RUBRIC = Rubric.model_validate(
    {
        "rubric": "r",
        "version": "1.0.0",
        "title": "R",
        "criteria": [{"id": "c", "ask": "Is it so?"}],
    }
)
SPEC = ScriptedJudge(judge="j", version="1.0.0", backend="scripted")
QUESTION = Question("", (0,) * 10, ("B", "C", "A"), (1, 2, 3), "")


def decided(a: int, b: int, others: int, **limits: int) -> tuple[bool, PairPlan]:
    """Completions of so many tokens beside a prompt of `others`, before a judge with `limits`."""
    pair = Pair(pair_id="p", prompt="Which?", completion_a="It is one.", completion_b="Another.")
    sides = [prepare(pair.sample(side), "strip") for side in SIDES]
    made = PairPlan(PairWork(pair), RUBRIC, RUBRIC.items, (sides[0], sides[1]))
    prefix = Prefix((), ids=(0,) * (a + b + others - 10))
    unseen: Any = None
    seat = Seat("j", unseen, unseen, "", SPEC, **limits)
    orders = Shown(prefix, (a, b)), Shown(prefix, (b, a))
    return _too_long(made, orders, [QUESTION], seat), made


def test_what_fits_is_asked() -> None:
    ended, made = decided(40, 39, 20, max_length=100, max_completion=50)
    assert not ended
    assert made.screened is None


@pytest.mark.parametrize(("a", "b", "margin"), [(51, 9, -1.0), (9, 51, 1.0), (60, 60, 0.0)])
def test_a_completion_longer_than_one_may_be_loses(a: int, b: int, margin: float) -> None:
    ended, made = decided(a, b, 20, max_length=200, max_completion=50)
    assert ended
    assert made.screened
    assert (made.screened.margin, made.screened.reason) == (margin, "prescreen:too_long")


def test_of_two_that_do_not_fit_together_the_one_past_its_half_loses() -> None:
    assert (
        decided(50, 30, 20, max_length=100)[1].screened
        == decided(50, 31, 20, max_length=100)[1].screened
    )
    ended, made = decided(30, 50, 20, max_length=100)
    assert ended
    assert made.screened
    assert made.screened.margin == 1
    both = decided(40, 40, 20, max_length=100)[1].screened
    assert both
    assert both.margin == 0


def test_a_prompt_that_leaves_less_than_a_quarter_is_ours() -> None:
    ended, made = decided(5, 5, 76, max_length=100, max_completion=50)
    assert ended
    assert made.screened is None
    failure = made.given["c"].failure
    assert isinstance(failure, Failure)
    assert failure.stage == "length"
