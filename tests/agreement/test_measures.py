"""How far a judge and people agree, as a whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

np = pytest.importorskip("numpy")
metrics = pytest.importorskip("sklearn.metrics")
krippendorff_package = pytest.importorskip("krippendorff")


from rlaif.agreement.compared import only  # noqa: E402 - after what may be absent
from rlaif.agreement.measures import (  # noqa: E402 - after what may be absent
    measure,
    measure_together,
)
from rlaif.agreement.rated import MISSING, NA, Rated  # noqa: E402 - after what may be absent
from rlaif.records.agreement import CriterionAgreement  # noqa: E402 - after what may be absent
from tests.agreement.ratings import (  # noqa: E402 - after what may be absent
    drawn,
    figures_of,
    of_table,
    rated,
    value,
    width,
)

LEVELS = ("bad", "fair", "good")


@pytest.fixture(scope="module")
def levels() -> Rated:
    return drawn(1, people=3, kinds=4)


@pytest.fixture(scope="module")
def of_levels(levels: Rated) -> CriterionAgreement:
    return measure(levels, resamples=400)


def test_figures_of_yes_or_no_equal_those_of_scikit_learn() -> None:
    labels = drawn(2)
    found = measure(labels, resamples=50).figures
    human, judge, yes = labels.human, labels.judge, labels.shares[:, 1]
    expected = {
        "accuracy": metrics.accuracy_score(human, judge),
        "kappa": metrics.cohen_kappa_score(human, judge),
        "sensitivity": metrics.recall_score(human, judge),
        "specificity": metrics.recall_score(human, judge, pos_label=0),
        "brier": metrics.brier_score_loss(human, yes),
        "human_prevalence": human.mean(),
        "judge_prevalence": judge.mean(),
        "label_mass": labels.label_mass.mean(),
    }
    assert {name: value(found[name]) for name in expected} == pytest.approx(expected)
    assert "weighted_kappa" not in found


def test_figures_of_levels_equal_those_of_the_packages(
    levels: Rated, of_levels: CriterionAgreement
) -> None:
    human, judge, found = levels.human, levels.judge, of_levels.figures
    counts = (np.eye(4)[human].reshape(-1, 3, 4)).sum(1) + np.eye(4)[judge[::3]]
    expected = {
        "weighted_kappa": metrics.cohen_kappa_score(human, judge, weights="quadratic"),
        "linear_kappa": metrics.cohen_kappa_score(human, judge, weights="linear"),
        "alpha": krippendorff_package.alpha(value_counts=counts, level_of_measurement="ordinal"),
        "brier": metrics.brier_score_loss(
            human, levels.shares, labels=[0, 1, 2, 3], scale_by_half=True
        ),
        "human_prevalence": human.mean() / 3,
    }
    assert {name: value(found[name]) for name in expected} == pytest.approx(expected)
    assert of_levels.confusion == tuple(map(tuple, metrics.confusion_matrix(human, judge).tolist()))
    assert "sensitivity" not in found


def test_alpha_is_that_of_the_judge_and_of_all_people_with_their_gaps() -> None:
    whole = drawn(7, people=3, kinds=4)
    kept = only(whole, np.random.default_rng(1).random(len(whole.human)) < 0.6)
    told = np.full((4, whole.sample.max() + 1), np.nan)  # each person's answers, and the judge's
    told[kept.annotator, kept.sample] = kept.human
    told[3, kept.sample] = kept.judge
    expected = krippendorff_package.alpha(told, level_of_measurement="ordinal")
    assert value(measure(kept, resamples=50).figures["alpha"]) == pytest.approx(expected)


def test_the_order_of_the_rows_does_not_matter(
    levels: Rated, of_levels: CriterionAgreement
) -> None:
    order = np.random.default_rng(0).permutation(len(levels.human))
    columns = {
        name: getattr(levels, name)[order]
        for name in Rated.__dataclass_fields__
        if isinstance(getattr(levels, name), np.ndarray)
    }
    other = measure(replace(levels, **columns), resamples=400)
    for one, again in zip(figures_of(of_levels), figures_of(other), strict=True):
        assert (one.value, one.low, one.high) == pytest.approx((again.value, again.low, again.high))


def test_the_same_seed_gives_the_same_intervals_and_another_one_others(levels: Rated) -> None:
    again = measure(levels, resamples=400)
    assert again == measure(levels, resamples=400)
    assert again.figures["kappa"] != measure(levels, resamples=400, seed=1).figures["kappa"]


def test_what_the_judge_did_not_answer_is_counted_and_in_no_figure() -> None:
    found = measure(rated([1, 0, 1, 1], [1, 0, MISSING, 0]), resamples=50)
    assert (found.rows, found.unanswered) == (3, 1)
    assert value(found.figures["accuracy"]) == pytest.approx(2 / 3)
    assert found.confusion == ((1, 0), (1, 1))


def test_what_people_did_not_answer_is_not_a_no() -> None:
    found = measure(rated([1, MISSING, 0], [1, 0, 0]), resamples=50)
    assert (found.rows, found.unanswered, found.confusion) == (2, 0, ((1, 0), (0, 1)))


def test_does_not_apply_is_an_answer_but_no_place_on_a_scale() -> None:
    human, judge = [0, 1, 2, 3, 2, 0], [0, 1, 1, 3, 3, 0]
    found = measure(rated(human, judge, (*LEVELS, NA)), resamples=50).figures
    assert value(found["accuracy"]) == pytest.approx(4 / 6)
    on_scale = [0, 1, 2, 0], [0, 1, 1, 0]
    weighted = metrics.cohen_kappa_score(*on_scale, weights="quadratic", labels=[0, 1, 2])
    assert value(found["weighted_kappa"]) == pytest.approx(weighted)
    assert value(found["human_prevalence"]) == pytest.approx((0 + 0.5 + 1 + 1 + 0) / 5)


def test_completions_of_one_prompt_count_for_less_than_those_of_many() -> None:
    apart = drawn(4, prompts=200, per_prompt=1)
    together = replace(apart, cluster=np.lexsort((apart.judge == apart.human,)) // 20)
    one, other = (measure(labels, resamples=400).figures for labels in (apart, together))
    assert one["kappa"].value == other["kappa"].value
    assert width(other["accuracy"]) > width(one["accuracy"])


def test_together_every_answer_counts_once_and_chance_is_within_each() -> None:
    mostly_yes = of_table([[1, 9], [9, 81]], criterion="x")
    mostly_no = of_table([[81, 9], [9, 1]], criterion="y")
    found = measure_together([mostly_yes, mostly_no], resamples=200)
    assert (found.criterion, found.rows, found.prompts) == ("", 200, 100)
    assert found.confusion == ((82, 18), (18, 82))
    assert value(found.figures["accuracy"]) == pytest.approx(0.82)
    assert value(found.figures["kappa"]) == pytest.approx(0, abs=1e-12)
    assert value(found.figures["sensitivity"]) == pytest.approx(0.82)


def test_together_criteria_with_other_answers_have_no_common_table() -> None:
    found = measure_together([drawn(0), drawn(1, kinds=3)], resamples=200)
    assert (found.categories, found.confusion) == ((), ())
    assert found.figures["human_prevalence"].why == "the criteria are not answered alike"
    assert "sensitivity" not in found.figures
    assert found.figures["weighted_kappa"].value is not None
    assert {one.answer for one in found.reliability} == {""}


def test_together_a_choice_has_no_weighted_kappa() -> None:
    choice = replace(drawn(0, kinds=3), ordinal=False)
    found = measure_together([choice, drawn(1, kinds=4)], resamples=50)
    assert found.figures["weighted_kappa"].why == "the answers of a criterion have no order"
    assert "weighted_kappa" not in measure(choice, resamples=50).figures


def test_together_of_one_criterion_is_that_criterion() -> None:
    labels = drawn(5, people=2)
    alone = measure(labels, resamples=100)
    assert replace(measure_together([labels], resamples=100), criterion="c") == alone


def test_together_of_none_is_refused() -> None:
    with pytest.raises(ValueError, match="no criterion"):
        measure_together([])
