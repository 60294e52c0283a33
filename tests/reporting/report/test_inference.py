"""Intervals and tests from sums, against tables that everybody has and against plain arithmetic."""

from collections.abc import Sequence
from math import comb, sqrt
from statistics import mean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlaif.records.figures import Sums
from rlaif.reporting.report.inference import (
    DIFFERENCES,
    estimate,
    fisher,
    holm,
    kappa,
    mcnemar,
    student,
)


def sums(clusters: Sequence[Sequence[float]]) -> Sums:
    pairs = [(len(one), sum(one)) for one in clusters]
    return Sums(
        len(pairs),
        sum(n for n, _ in pairs),
        sum(s for _, s in pairs),
        sum(s * s for _, s in pairs),
        sum(s * n for n, s in pairs),
        sum(n * n for n, _ in pairs),
    )


@pytest.mark.parametrize(
    ("freedom", "expected"),
    [(1, 12.7062), (2, 4.3027), (5, 2.5706), (10, 2.2281), (30, 2.0423), (1_000_000, 1.95996)],
)
def test_students_t_is_that_of_the_tables(freedom: int, expected: float) -> None:
    assert student(0.975, freedom) == pytest.approx(expected, abs=1e-4)


def test_without_groups_the_interval_is_the_ordinary_t_interval() -> None:
    numbers = [0.1, 0.4, 0.35, 0.8, 0.9, 0.5]
    found = estimate(sums([[one] for one in numbers]))
    reach = 2.5706 * stdev(numbers) / sqrt(len(numbers))
    assert found is not None
    assert found.low == pytest.approx(mean(numbers) - reach, abs=1e-4)
    assert found.high == pytest.approx(mean(numbers) + reach, abs=1e-4)


def test_a_sample_that_is_there_four_times_makes_no_narrower_interval() -> None:
    numbers = [0.3, 0.4, 0.35, 0.6, 0.5]
    once = estimate(sums([[one] for one in numbers]))
    often = estimate(sums([[one] * 4 for one in numbers]))
    assert once is not None
    assert often is not None
    assert often.low == pytest.approx(once.low)


def test_one_prompt_has_a_mean_and_no_interval() -> None:
    found = estimate(sums([[0.2, 0.4]]))
    assert found is not None
    assert found.mean == pytest.approx(0.3)
    assert (found.low, found.high) == (None, None)
    assert estimate(sums([])) is None


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_sum_of_a_fair_coins_chances(one: int, other: int) -> None:
    count = one + other
    tail = sum(comb(count, k) for k in range(min(one, other) + 1)) / 2**count
    assert mcnemar(one, other) == pytest.approx(min(1.0, 2 * tail), abs=1e-12)


def test_mcnemar_of_a_million_changes_is_found_at_once() -> None:
    assert mcnemar(500_500, 499_500) == pytest.approx(0.3176, abs=1e-3)


def test_many_tests_make_each_p_larger_and_keep_their_order() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_kappa_is_agreement_beyond_chance() -> None:
    assert kappa(20, 5, 10, 50) == pytest.approx(0.4)
    assert kappa(50, 0, 0, 50) is None
    assert kappa(0, 25, 25, 50) == pytest.approx(-1)


def test_few_clusters_or_equal_numbers_have_no_interval() -> None:
    for numbers in ([0.1, 0.2, 0.3, 0.4], [0.3] * 50):
        found = estimate(sums([[one] for one in numbers]))
        assert found is not None
        assert (found.low, found.high) == (None, None)


def test_an_interval_of_scores_ends_at_none_and_all() -> None:
    numbers = [0.0, 0.0, 0.0, 0.0, 1.0]
    found = estimate(sums([[one] for one in numbers]))
    wide = estimate(sums([[one] for one in numbers]), DIFFERENCES)
    assert found is not None
    assert wide is not None
    assert found.low == 0.0
    assert wide.low == pytest.approx(0.2 - 2.7764 * 0.2, abs=1e-4)
    assert not found.enough


def test_the_interval_of_a_correlation_is_fishers() -> None:
    assert fisher(0.5, 28) == pytest.approx((0.156, 0.736), abs=1e-3)
    assert fisher(0.5, 4) is None
    assert fisher(1.0, 100) is None
