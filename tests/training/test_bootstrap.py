"""Intervals of means over prompts."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlaif.training.bootstrap import FEWEST, interval, paired, student, surely_fell, surely_rose

SCORES = st.lists(st.floats(0, 1), min_size=FEWEST, max_size=12)


@settings(max_examples=40, deadline=None)
@given(SCORES)
def test_the_mean_lies_within_its_interval_and_the_interval_within_the_numbers(
    values: list[float],
) -> None:
    found = interval(values)
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert min(values) - 1e-9 <= found.low <= found.mean + 1e-9
    assert found.mean - 1e-9 <= found.high <= max(values) + 1e-9


@settings(max_examples=8, deadline=None)
@given(SCORES)
def test_a_surer_interval_is_no_narrower(values: list[float]) -> None:
    usual, surer = interval(values), interval(values, level=0.999)
    assert usual is not None
    assert surer is not None
    assert surer.low is not None
    assert usual.low is not None
    assert surer.low <= usual.low + 0.02


def test_the_same_seed_gives_the_same_interval() -> None:
    values = [0.1, 0.5, 0.2, 0.9, 0.4, 0.6]
    assert interval(values, seed=3) == interval(values, seed=3)
    assert interval(values, seed=3) != interval(values, seed=4)


def test_few_prompts_have_a_mean_and_no_interval() -> None:
    found = interval([0.0, 1.0])
    assert found is not None
    assert (found.mean, found.low, found.high) == (0.5, None, None)
    assert not surely_rose({"a": 1.0}, {"a": 0.0})
    assert interval([]) is None


def test_only_prompts_that_both_rounds_have_are_compared() -> None:
    before = {f"p{n}": 0.5 for n in range(6)}
    after = {f"p{n}": 0.7 for n in range(1, 8)}
    found = paired(after, before)
    assert found is not None
    assert found.prompts == 5
    assert found.mean == pytest.approx(0.2)
    assert surely_rose(after, before)
    assert surely_fell(before, after, 0.1)
    assert not surely_fell(before, after, 0.3)


def test_of_rounds_with_no_prompt_in_common_nothing_is_said() -> None:
    assert paired({"a": 1.0}, {"b": 1.0}) is None


@pytest.mark.parametrize(
    ("share", "freedom", "known"), [(0.975, 4, 2.776), (0.975, 30, 2.042), (0.999, 4, 7.173)]
)
def test_students_quantile_is_the_known_one(share: float, freedom: int, known: float) -> None:
    assert student(share, freedom) == pytest.approx(known, rel=0.01)


@pytest.mark.parametrize("prompts", [8, 40])
def test_about_95_of_100_intervals_hold_the_true_mean(prompts: int) -> None:
    random = Random(7)  # noqa: S311 - made-up numbers
    held = 0
    for turn in range(60):
        values = [random.gauss(0.5, 0.2) for _ in range(prompts)]
        found = interval(values, seed=turn)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.5 <= found.high
    assert held >= 52  # 0.95 less three standard errors
