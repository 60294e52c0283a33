"""Figures on held-out grades, against scikit-learn's own."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_score, recall_score, roc_auc_score

from rlaif.records.curate import Figure, HeldOut
from rlaif.training.curate.held_out import NAMES, _Measured, held_out_figures
from rlaif.training.curate.words import figure_of, verdict

UNITS = st.sampled_from([0.0, 0.2, 0.4, 0.5, 0.6, 0.8, 1.0])
TEXTS = st.lists(st.tuples(UNITS, UNITS, st.integers(0, 3)), min_size=2, max_size=30)


@settings(max_examples=60, deadline=None)
@given(TEXTS, UNITS)
def test_weighted_figures_are_those_of_scikit_learn(
    texts: list[tuple[float, float, int]], threshold: float
) -> None:
    score, probability, often = (
        np.array(column, dtype=float) for column in zip(*texts, strict=True)
    )
    good, kept = score >= 0.5, probability >= threshold
    found = _Measured(score, probability, 0.5, threshold).of(often[None, :])
    weighed: Any = {"sample_weight": often, "zero_division": np.nan}
    if often @ kept:
        assert found["precision"][0] == pytest.approx(precision_score(good, kept, **weighed))
        assert found["score_kept"][0] == pytest.approx(np.average(score, weights=often * kept))
    else:
        assert math.isnan(found["precision"][0])
        assert math.isnan(found["lift"][0])
    if often @ good:
        assert found["recall"][0] == pytest.approx(recall_score(good, kept, **weighed))
        assert found["f1"][0] == pytest.approx(f1_score(good, kept, **weighed))
    if often @ good and often @ ~good:
        auc = roc_auc_score(good, probability, sample_weight=often)
        assert found["auc"][0] == pytest.approx(auc)
    if often.sum():
        assert found["share"][0] == pytest.approx(np.average(kept, weights=often))
        assert found["base_rate"][0] == pytest.approx(np.average(good, weights=often))


def figures(score: Any, probability: Any, groups: Any = None) -> HeldOut:
    own = range(len(score)) if groups is None else groups
    return held_out_figures(list(score), list(probability), list(own), 0.5, 0.5)


def test_a_perfect_choice_is_better_and_its_interval_is_that_of_the_base_rate() -> None:
    score = np.tile([1.0, 0.0], 40)
    found = figures(score, score)
    assert (found.precision, found.auc) == (Figure(1, 1, 1), Figure(1, 1, 1))
    assert found.lift.value == 0.5
    assert found.lift.low == pytest.approx(0.39, abs=0.02)  # 0.5 - 1.96 * sqrt(0.25 / 80)
    assert found.better
    assert verdict(found) == "the classifier is better than keeping everything"


def test_keeping_everything_is_no_better_than_keeping_everything() -> None:
    found = figures(np.tile([1.0, 0.0], 40), np.full(80, 0.9))
    assert (found.lift, found.gain) == (Figure(0, 0, 0), Figure(0, 0, 0))
    assert found.share == Figure(1, 1, 1)
    assert not found.better


def test_keeping_nothing_has_no_precision_and_is_not_better() -> None:
    found = figures(np.tile([1.0, 0.0], 40), np.full(80, 0.1))
    assert found.precision == found.lift == found.score_kept == Figure(None)
    assert not found.better
    assert "its precision is none" in verdict(found)


def test_a_few_lucky_texts_are_not_better() -> None:
    score = np.array([1.0] * 9 + [0.0] * 71)
    found = figures(score, score)
    assert found.lift.low is not None
    assert found.lift.low > 0
    assert not found.better  # nine texts say nothing


def test_texts_that_are_nearly_the_same_count_as_one_in_the_interval() -> None:
    score = np.repeat(np.tile([1.0, 0.0], 10), 20)
    told = np.repeat(np.tile([0.9, 0.1, 0.1, 0.9], 5), 20)
    alone, alike = figures(score, told), figures(score, told, np.arange(400) // 20)
    for name in NAMES:
        one, other = figure_of(alone, name), figure_of(alike, name)
        assert one.value == other.value
        assert other.high is not None
        assert other.low is not None
        assert one.high is not None
        assert one.low is not None
        assert other.high - other.low > 3 * (one.high - one.low)  # sqrt(20) is 4.5


def test_figures_are_the_same_every_time() -> None:
    random = np.random.default_rng(3)
    score, told = random.random(90), random.random(90)
    assert figures(score, told) == figures(score, told)
