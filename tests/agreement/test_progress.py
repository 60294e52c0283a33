"""Figures beside somebody who labels, against published ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlaif.agreement.progress import HALF_WIDTH, clustered_wilson, cohen_kappa, labels_to_go, wilson


def test_the_interval_is_that_of_newcombe_1998() -> None:
    # Table I of Newcombe, Statistics in Medicine 17, 857-872: method 3, 81 of 263 and 0 of 20.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


def test_nothing_compared_has_no_interval_and_no_forecast() -> None:
    assert wilson(0, 0) is None
    assert labels_to_go(0, 0) is None
    assert cohen_kappa({}) is None


def test_answers_of_one_sample_that_are_alike_count_as_one() -> None:
    # Ten samples of five answers, all right or all wrong: no more is known than of ten answers,
    # but for the n / (n - 1) of a variance, which is more than can be.
    assert clustered_wilson([(5, 5)] * 7 + [(0, 5)] * 3) == pytest.approx(wilson(7, 10))


def test_answers_that_vary_within_samples_as_among_them_count_each() -> None:
    assert clustered_wilson([(3, 4)] * 10) == pytest.approx(wilson(30, 40))


def test_single_answers_have_the_interval_of_wilson() -> None:
    assert clustered_wilson([(1, 1)] * 6 + [(0, 1)] * 4) == pytest.approx(wilson(6, 10))


def test_where_all_agree_a_sample_counts_once() -> None:
    assert clustered_wilson([(6, 6)] * 5) == pytest.approx(wilson(5, 5))
    assert clustered_wilson([(2, 6)]) == pytest.approx(wilson(1 / 3, 1))
    assert clustered_wilson([]) is None


def test_kappa_is_that_of_a_worked_example() -> None:
    # 20 and 15 alike of 50, 5 and 10 not: seen 0.7, by chance 0.5.
    table = {("y", "y"): 20, ("y", "n"): 5, ("n", "y"): 10, ("n", "n"): 15}
    assert cohen_kappa(table) == pytest.approx(0.4)


def test_two_who_always_say_the_same_one_thing_have_no_kappa() -> None:
    assert cohen_kappa({("y", "y"): 30}) is None


def test_an_answer_that_only_one_of_them_gives_counts_as_disagreement() -> None:
    assert cohen_kappa({("a", "b"): 10, ("b", "a"): 10}) == pytest.approx(-1.0)


def test_three_out_of_three_are_not_taken_for_certain() -> None:
    assert (labels_to_go(3, 3) or 0) > 40


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_so_many_labels_more_make_the_interval_as_narrow_as_was_asked(
    given: tuple[int, int],
) -> None:
    agree, compared = given
    more = labels_to_go(agree, compared)
    assert more is not None
    total, share = compared + more, (agree + 2) / (compared + 4)
    low, high = wilson(share * total, total) or (0, 1)
    assert high - low <= 2 * HALF_WIDTH + 1e-9
    if more:
        low, high = wilson(share * (total - 1), total - 1) or (0, 1)
        assert high - low > 2 * HALF_WIDTH - 1e-9
