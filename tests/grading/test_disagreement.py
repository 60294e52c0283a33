"""How far ballots lie apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlaif.grading.disagreement import variance, variances
from rlaif.records.criterion import Judged
from rlaif.records.grade import Answered, Grade
from rlaif.records.outcome import Ballot, Skipped, Verdict

YES_NO = Judged(id="kind", ask="Is it kind to her?")
MAY_NOT = Judged(id="may", ask="Is it kind to her?", allow_na=True)
LEVELS = Judged(id="warm", ask="How warm is it?", levels=("cold", "mild", "warm"))


def of(*distributions: tuple[float, ...]) -> Verdict:
    return Verdict((0.5, 0.5), 0.5, ballots=tuple(Ballot("v", d) for d in distributions))


def test_it_is_the_mean_squared_distance_of_the_values() -> None:
    assert variance(YES_NO, of((1.0, 0.0), (0.0, 1.0))) == 0.25
    assert variance(YES_NO, of((0.5, 0.5), (0.5, 0.5), (0.5, 0.5))) == 0.0
    assert variance(YES_NO, of((0.75, 0.25), (0.25, 0.75))) == 0.0625


def test_levels_count_by_what_they_are_worth() -> None:
    assert variance(LEVELS, of((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))) == 0.0625


def test_one_ballot_or_none_has_no_variance() -> None:
    assert variance(YES_NO, of()) is None
    assert variance(YES_NO, of((0.0, 1.0))) is None


def test_who_says_that_it_does_not_apply_gives_no_value() -> None:
    na = (0.0, 0.25, 0.75)
    assert variance(MAY_NOT, of(na, (0.0, 1.0, 0.0))) is None
    assert variance(MAY_NOT, of(na, (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))) == 0.25


@given(st.lists(st.floats(0, 1), min_size=2, max_size=9))
def test_it_lies_between_0_and_a_quarter_and_no_order_matters(shares: list[float]) -> None:
    found = variance(YES_NO, of(*((1 - p, p) for p in shares)))
    assert found is not None
    assert 0 <= found <= 0.25 + 1e-12
    turned = variance(YES_NO, of(*((1 - p, p) for p in reversed(shares))))
    assert turned == pytest.approx(found, abs=1e-12)


def test_a_grade_has_one_for_each_verdict_of_several() -> None:
    apart = of((1.0, 0.0), (0.0, 1.0))
    outcomes = (
        Answered("kind", apart),
        Answered("warm", Verdict((1.0, 0.0, 0.0))),
        Answered("may", Skipped("na", of((1.0, 0.0, 0.0), (1.0, 0.0, 0.0)))),
        Answered("unknown", apart),
    )
    grade = Grade("a", "r", "j", 0.5, 0.5, "ok", "", (), outcomes)
    assert variances((YES_NO, MAY_NOT, LEVELS), grade) == {"kind": 0.25, "may": 0.0}
