"""Bins of equally many verdicts."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy")
calibration = pytest.importorskip("sklearn.calibration")
proportion = pytest.importorskip("statsmodels.stats.proportion")

from hypothesis import given  # noqa: E402 - after what may be absent
from hypothesis import strategies as st  # noqa: E402 - after what may be absent

from rlaif.agreement.measures import measure  # noqa: E402 - after what may be absent
from rlaif.agreement.reliability import (  # noqa: E402 - after what may be absent
    Stated,
    binned,
    curve,
    stated,
)
from tests.agreement.ratings import YES_NO, rated  # noqa: E402 - after what may be absent


def of_yes(yes: list[float], human: list[int]) -> Stated:
    share = np.array(yes)
    judge = (share > 0.5).astype(int)
    return stated(np.column_stack([1 - share, share]), judge, np.array(human))


def test_bins_are_the_quantiles_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    yes = random.uniform(0.5, 1, 200)
    human = (random.random(200) < yes).astype(int)
    found = of_yes(yes.tolist(), human.tolist())
    bins = curve(found, binned(found), np.arange(200), YES_NO)
    seen, said = calibration.calibration_curve(human, yes, n_bins=10, strategy="quantile")
    assert [one.seen for one in bins] == pytest.approx(seen.tolist())
    assert [one.stated for one in bins] == pytest.approx(said.tolist())
    assert {one.rows for one in bins} == {20}


def test_the_interval_of_a_bin_is_that_of_wilson_where_prompts_differ() -> None:
    found = of_yes([0.9] * 25, [1] * 21 + [0] * 4)
    (one,) = curve(found, binned(found), np.arange(25), YES_NO)
    low, high = proportion.proportion_confint(21, 25, method="wilson")
    assert (one.low, one.high) == pytest.approx((low, high))


def test_answers_to_one_prompt_widen_the_interval_of_a_bin() -> None:
    found = of_yes([0.9] * 24, [1] * 12 + [0] * 12)
    bins = binned(found)
    (apart,) = curve(found, bins, np.arange(24), YES_NO)
    (together,) = curve(found, bins, np.arange(24) // 6, YES_NO)
    assert together.low < apart.low
    assert together.high > apart.high


def test_no_bin_holds_both_answers() -> None:
    # As often right as it says on average, but too sure of yes and too unsure of no
    found = of_yes([0.7] * 50 + [0.3] * 50, [1] * 25 + [0] * 25 + [0] * 45 + [1] * 5)
    bins = curve(found, binned(found), np.arange(100), YES_NO)
    assert [(one.answer, one.seen) for one in bins] == [("no", 0.9), ("yes", 0.5)]
    assert [one.stated for one in bins] == pytest.approx([0.7, 0.7])


def test_ece_is_the_mean_distance_over_the_bins() -> None:
    yes = np.array([0.7] * 50 + [0.3] * 50)
    human = [1] * 25 + [0] * 25 + [0] * 45 + [1] * 5
    labels = rated(human, (yes > 0.5).astype(int).tolist(), shares=np.column_stack([1 - yes, yes]))
    found = measure(labels, resamples=200)
    assert found.figures["ece"].value == pytest.approx((0.2 * 50 + 0.2 * 50) / 100)
    assert len(found.reliability) == 2


def test_a_judge_that_is_right_as_often_as_it_says_has_an_ece_near_0() -> None:
    random = np.random.default_rng(3)
    yes = random.random(4000)
    human = (random.random(4000) < yes).astype(int)
    judge = (yes > 0.5).astype(int)
    labels = rated(human.tolist(), judge.tolist(), shares=np.column_stack([1 - yes, yes]))
    found = measure(labels, resamples=200).figures["ece"]
    assert found.value is not None
    assert found.value < 0.03
    assert found.low == 0


@given(
    st.lists(st.sampled_from([0.1, 0.3, 0.5, 0.55, 0.6, 0.9]), min_size=1, max_size=80),
    st.randoms(),
)
def test_equal_probabilities_are_in_one_bin_whatever_the_order(
    yes: list[float], random: object
) -> None:
    human = [place % 2 for place in range(len(yes))]
    found = of_yes(yes, human)
    bins = binned(found).tolist()
    known: dict[float, int] = {}
    for share, place in zip(yes, bins, strict=True):
        assert known.setdefault(share, place) == place
    back = binned(Stated(*(column[::-1] for column in found)))
    assert back[::-1].tolist() == bins


def test_of_equally_probable_answers_the_judges_own_is_meant() -> None:
    found = stated(np.array([[0.5, 0.5], [0.5, 0.5]]), np.array([1, 0]), np.array([1, 1]))
    assert found.answer.tolist() == [1, 0]
    assert found.hit.tolist() == [1, 0]
