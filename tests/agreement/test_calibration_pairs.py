"""Preferences calibrated: the slope of scikit-learn, the best band, and what is refused."""

from __future__ import annotations

from math import isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")
pytest.importorskip("scipy")

from sklearn.linear_model import LogisticRegression  # noqa: E402 - after what may be absent

from rlaif.agreement.calibration_fits import CannotFit  # noqa: E402 - as above
from rlaif.agreement.calibration_pairs import answers, band_of, calibrate_pairs, slope_of  # noqa: E402 - as above
from rlaif.agreement.calibration_pairs_measure import losses  # noqa: E402 - as above
from rlaif.records.calibrated import CalibratedPairs, CalibrationOrder, LabelledPair  # noqa: E402 - as above

QUICK = CalibrationOrder(draws=200)
SIGNS = {-1: "b", 0: "tie", 1: "a"}


def people(count: int, slope: float, ties: float = 0.0, seed: int = 1) -> tuple:  # type: ignore[type-arg]  # of arrays
    """What a judge states, and people whose preference follows it by that slope."""
    draw = np.random.default_rng(seed)
    margin = draw.uniform(-0.95, 0.95, count)
    means = np.tanh(slope * np.arctanh(margin))
    human = np.where(draw.uniform(size=count) < (1 + means) / 2, 1, -1)
    return margin, np.where(np.abs(means) <= ties, 0, human)


def rows(margin, human, own=None) -> list[LabelledPair]:  # type: ignore[no-untyped-def]  # arrays
    """Two of each prompt, every other prompt in the part that is fitted on."""
    own = margin if own is None else own
    return [
        LabelledPair(n // 2, n // 2 % 2 == 0, SIGNS[who], one, mine, SIGNS[int(np.sign(mine))])  # type: ignore[arg-type]  # an answer
        for n, (one, who, mine) in enumerate(
            zip(margin.tolist(), human.tolist(), own.tolist(), strict=True)
        )
    ]


def of(given_: list[LabelledPair], order: CalibrationOrder = QUICK) -> CalibratedPairs:
    return calibrate_pairs(given_, order)


def test_the_slope_is_that_of_scikit_learn_without_an_intercept() -> None:
    margin, human = people(300, 0.5)
    logits = 2 * np.arctanh(margin) * human
    target = 301 / 302
    weights = np.repeat([target, 1 - target], 300)
    model = LogisticRegression(C=np.inf, tol=1e-10, fit_intercept=False)
    model.fit(np.tile(logits, 2)[:, None], np.repeat([1, 0], 300), sample_weight=weights)
    assert slope_of(margin, human) == pytest.approx(float(model.coef_[0, 0]), rel=1e-3)


def test_ties_of_people_do_not_move_the_slope() -> None:
    margin, human = people(300, 0.5)
    more, ties = np.concatenate([margin, margin]), np.concatenate([human, 0 * human])
    assert slope_of(more, ties) == slope_of(margin, human)


def test_swapping_a_and_b_everywhere_leaves_the_map_as_it_is() -> None:
    margin, human = people(400, 0.5, ties=0.15)
    one, other = of(rows(margin, human)), of(rows(-margin, -human))
    assert one.map == other.map
    assert one.figures == other.figures


def test_without_one_mistake_the_judge_is_not_made_certain() -> None:
    margin = np.linspace(-0.5, 0.5, 40)
    found = slope_of(margin, np.sign(margin))
    assert 1 < found < 1000


def test_a_judge_that_people_contradict_has_no_slope() -> None:
    margin, human = people(300, 2.0)
    with pytest.raises(CannotFit, match="do not rather prefer"):
        slope_of(margin, -human)
    found = of(rows(margin, -human))
    assert (found.map, found.figures) == (None, {})
    assert "do not rather prefer" in found.why


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from([-0.9, -0.5, -0.2, 0.0, 0.1, 0.2, 0.6]), st.integers(-1, 1)),
        min_size=1,
        max_size=12,
    )
)
def test_no_other_band_is_right_more_often(told: list[tuple[float, int]]) -> None:
    margin, human = (np.array(column) for column in zip(*told, strict=True))
    found = band_of(margin, human, least=0)

    def right(band: float) -> int:
        return int((answers(margin, band) == human).sum())

    assert right(found) == max(right(band) for band in (0, 0.05, 0.15, 0.3, 0.55, 0.7, 1))
    inside = int((np.abs(margin) <= found).sum())
    narrower = [b for b in (0, 0.05, 0.15, 0.3, 0.55, 0.7) if (np.abs(margin) <= b).sum() < inside]
    assert all(right(band) < right(found) for band in narrower)


def test_few_ties_of_people_make_no_band() -> None:
    margin, human = people(100, 1.0, ties=0.2)
    assert band_of(margin, human, least=int((human == 0).sum()) + 1) == 0
    assert band_of(margin, human, least=1) == pytest.approx(0.2, abs=0.03)


def test_a_judge_that_is_too_sure_does_better_on_what_was_kept_aside() -> None:
    margin, human = people(1200, 0.4, ties=0.12)
    found = of(rows(margin, human))
    assert found.map is not None
    assert found.map.slope == pytest.approx(0.35, abs=0.12)
    assert found.map.held_out is not None
    assert found.map.held_out.labels == found.held_out == 600
    for name, sign in (("log_loss", -1), ("brier", -1), ("accuracy", 1)):
        change = found.figures[name]
        assert change.difference.low is not None
        assert change.difference.high is not None
        assert min(sign * change.difference.low, sign * change.difference.high) > 0
        stated = getattr(found.map.held_out.after, name)
        assert stated == pytest.approx(change.after.value, abs=1e-6)


def test_a_judge_that_ties_by_the_place_is_opened_by_the_mean_of_its_orders() -> None:
    margin, human = people(400, 1.0)
    found = of(rows(margin, human, own=0 * margin))
    assert found.map is not None
    assert found.figures["preferred"].before.value == 0.5
    assert (found.figures["preferred"].after.value or 0) > 0.6


def test_a_judge_that_is_right_about_itself_is_left_as_it_is() -> None:
    margin, human = people(600, 1.0)
    found = of(rows(margin, human))
    assert found.map is None
    assert found.why == "nothing does better than what the judge states, by cross-validation"
    assert set(found.tried) == {"as it is", "mean", "slope"}


def test_breaking_ties_by_a_coin_is_no_help() -> None:
    draw = np.random.default_rng(3)
    margin = draw.uniform(-0.9, 0.9, 400)
    human = draw.choice([-1, 1], 400)
    found = of(rows(margin, human, own=0 * margin))
    assert found.map is None
    assert found.why.startswith(("it tells apart", "people do not rather"))


def test_too_few_labels_are_said() -> None:
    margin, human = people(60, 0.4)
    found = of(rows(margin, human), CalibrationOrder(least=16))
    assert found.map is None
    assert found.why == "30 preferences other than ties to fit on, and 32 are wanted"
    only_ties = of(rows(margin, 0 * human))
    assert only_ties.why == "0 preferences other than ties to fit on, and 20 are wanted"
    one_prompt = [row._replace(prompt=7) for row in rows(margin, human)]
    assert of(one_prompt).why == "labels of fewer than two prompts to fit on"


def test_the_figures_by_hand() -> None:
    said = np.array([1, 0, -1, 1])
    found = losses(np.array([0.6, 0.0, -0.2, 0.5]), said, np.array([1, -1, 1, 0]))
    assert found.chosen.tolist() == [True, True, True, False]
    means = found.means(6)
    assert means["accuracy"] == 0.25
    assert means["preferred"] == 0.5
    assert means["brier"] == pytest.approx((0.04 + 0.25 + 0.36) / 3, abs=1e-6)
    assert isclose(means["log_loss"], -np.log([0.8, 0.5, 0.4]).mean(), abs_tol=1e-6)


def test_the_same_labels_give_the_same_map() -> None:
    margin, human = people(300, 0.4, ties=0.1)
    assert of(rows(margin, human)) == of(rows(margin, human))
