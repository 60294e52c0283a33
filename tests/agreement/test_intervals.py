"""Draws of whole prompts, and the intervals made of them."""

from __future__ import annotations

from typing import Any

import pytest

np = pytest.importorskip("numpy")
scipy_stats = pytest.importorskip("scipy.stats")

from rlaif.agreement.bootstrap import (  # noqa: E402 - after what may be absent
    Plan,
    Sums,
    cluster_weights,
)
from rlaif.agreement.intervals import (  # noqa: E402 - after what may be absent
    above_noise,
    interval,
    mean,
)


def weights(clusters: int, resamples: int, seed: int) -> Any:
    return np.vstack(list(cluster_weights(clusters, resamples, seed)))


def test_a_draw_has_as_many_prompts_as_there_are() -> None:
    drawn = weights(7, 300, 0)
    assert drawn.shape == (300, 7)
    assert set(drawn.sum(axis=1)) == {7}
    assert drawn.mean(axis=0).tolist() == pytest.approx([1.0] * 7, abs=0.25)
    assert drawn.var() == pytest.approx(1 - 1 / 7, abs=0.1)


def test_draws_are_those_of_the_seed() -> None:
    assert (weights(9, 50, 3) == weights(9, 50, 3)).all()
    assert (weights(9, 50, 3) != weights(9, 50, 4)).any()


def test_many_prompts_are_drawn_in_blocks_that_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlaif.agreement.bootstrap._AT_ONCE", 100)
    blocks = list(cluster_weights(30, 7, 0))
    assert [len(block) for block in blocks] == [3, 3, 1]
    assert (blocks[0] != blocks[1]).any()


def test_sums_of_a_draw_are_those_of_the_rows_that_it_holds() -> None:
    cluster, cell = np.array([0, 0, 1, 2, 3, 4, 4]), np.array([0, 3, 1, 1, 2, 0, 0])
    amounts = np.array([1.0, 2, 3, 4, 5, 6, 7])
    sums = Sums(5)
    counts, told = sums.add(cluster, cell, (2, 2)), sums.add(cluster, cell, (4,), amounts)
    drawn = sums.drawn(20, seed=1)
    assert drawn.plan == Plan(5, 20)
    assert drawn[counts][0].tolist() == [[3, 2], [1, 1]]
    for row, times in enumerate(weights(5, 20, 1), 1):
        held = np.repeat(np.arange(7), times[cluster].astype(int))
        assert drawn[counts][row].ravel().tolist() == np.bincount(cell[held], minlength=4).tolist()
        by_hand = np.bincount(cell[held], amounts[held], 4)
        assert drawn[told][row].tolist() == pytest.approx(by_hand)
    for prompt in range(5):
        rest = cluster != prompt
        without = np.bincount(cell[rest], amounts[rest], 4)
        assert drawn[told][21 + prompt].tolist() == pytest.approx(without)


def test_the_interval_of_a_mean_is_about_that_of_student() -> None:
    values = np.random.default_rng(0).beta(4, 4, 60)
    found = mean(values, np.arange(60), 2000, 0)
    error = scipy_stats.sem(values)
    low, high = scipy_stats.t.interval(0.95, 59, values.mean(), error)
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(low, abs=error / 5)
    assert found.high == pytest.approx(high, abs=error / 5)


def test_bca_is_that_of_scipy_but_for_its_wider_level() -> None:
    values = np.random.default_rng(1).exponential(0.1, 40)
    ours = mean(values, np.arange(40), 4000, 0)
    share = 1 - 2 * scipy_stats.norm.cdf(-np.sqrt(40 / 39) * scipy_stats.t.ppf(0.975, 39))
    theirs = scipy_stats.bootstrap(
        (values,), np.mean, confidence_level=share, n_resamples=4000, method="BCa", rng=2
    ).confidence_interval
    error = scipy_stats.sem(values)
    assert ours.low == pytest.approx(theirs.low, abs=error / 6)
    assert ours.high == pytest.approx(theirs.high, abs=error / 4)


def test_answers_of_one_prompt_that_are_alike_say_less() -> None:
    values = np.repeat(np.random.default_rng(2).random(20), 10)
    together = mean(values, np.repeat(np.arange(20), 10), 1000, 0)
    apart = mean(values, np.arange(200), 1000, 0)
    assert together.value == pytest.approx(apart.value)
    assert together.low is not None
    assert apart.low is not None
    assert together.low < apart.low


def test_few_prompts_have_no_interval() -> None:
    found = mean(np.array([0.1, 0.4, 0.2, 0.9]), np.arange(4), 500, 0)
    assert (found.low, found.high) == (None, None)
    assert found.why == "labels of fewer than 5 prompts: no interval"


def test_what_is_the_same_in_every_draw_has_no_interval() -> None:
    found = mean(np.full(30, 0.25), np.arange(30), 500, 0)
    assert (found.value, found.low) == (0.25, None)
    assert found.why == "the same in every draw of prompts: no interval"


def test_what_can_seldom_be_told_has_no_interval() -> None:
    values = np.array([0.5, *([np.nan] * 30), *np.linspace(0, 1, 70)])
    assert "too many draws" in interval(values, Plan(10, 100)).why
    values[1:31] = 0.5
    assert interval(values, Plan(10, 100)).low is not None


def test_a_distance_that_noise_explains_may_be_0() -> None:
    draws = np.linspace(0.10, 0.18, 500)
    noise = np.linspace(0.02, 0.12, 500)
    found = above_noise(np.array([0.1, *draws]), np.array([0, *noise]), Plan(300, 500))
    assert found.low == 0
    assert found.high == pytest.approx(0.178, abs=1e-3)
    surely = above_noise(np.array([0.2, *(draws + 0.1)]), np.array([0, *noise]), Plan(300, 500))
    assert surely.low == pytest.approx(0.2 - 0.1175, abs=1e-3)
