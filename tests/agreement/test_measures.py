"""How far a judge and people agree, as a whole."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from typing import Any

import pytest

np = pytest.importorskip("numpy")
scipy_stats = pytest.importorskip("scipy.stats")
metrics = pytest.importorskip("sklearn.metrics")
krippendorff_package = pytest.importorskip("krippendorff")

from hypothesis import given, settings  # noqa: E402 - after what may be absent
from hypothesis import strategies as st  # noqa: E402 - after what may be absent

from rlaif.agreement.measures import (  # noqa: E402 - after what may be absent
    measure,
    measure_together,
)
from rlaif.agreement.rated import MISSING, NA, Rated  # noqa: E402 - after what may be absent
from rlaif.records.agreement import (  # noqa: E402 - after what may be absent
    CriterionAgreement,
    Figure,
)
from tests.agreement.ratings import drawn, of_table, rated  # noqa: E402 - after what may be absent

FIVE = ("1", "2", "3", "4", "5")
LEVELS = ("bad", "fair", "good")
KRIPPENDORFF = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3),
    (0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0),
)
"""Four observers, twelve units; 0 where one did not answer. Krippendorff 2011."""


def value(found: Figure) -> float:
    assert found.value is not None, found.why
    return found.value


def figures_of(found: CriterionAgreement) -> list[Figure]:
    return [*found.figures.values(), *found.ceiling.values()]


def four_observers(ordinal: bool) -> Rated:
    said = [
        (unit, who, answer - 1)
        for who, answers in enumerate(KRIPPENDORFF)
        for unit, answer in enumerate(answers)
        if answer
    ]
    sample, annotator, human = zip(*said, strict=True)
    return rated(
        human, human, FIVE, sample=sample, cluster=sample, annotator=annotator, ordinal=ordinal
    )


@pytest.fixture(scope="module")
def levels() -> Rated:
    return drawn(1, people=3, kinds=4)


@pytest.fixture(scope="module")
def of_levels(levels: Rated) -> CriterionAgreement:
    return measure(levels, resamples=400)


def test_the_alpha_of_people_is_that_of_krippendorff_2011() -> None:
    nominal = measure(four_observers(ordinal=False), resamples=50).ceiling["alpha"]
    ordinal = measure(four_observers(ordinal=True), resamples=50).ceiling["alpha"]
    assert value(nominal) == pytest.approx(0.743, abs=5e-4)
    assert value(ordinal) == pytest.approx(0.815, abs=5e-4)


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
    counts = np.eye(4)[human] + np.eye(4)[judge]
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


def test_the_ceiling_is_the_agreement_of_people_two_by_two(
    levels: Rated, of_levels: CriterionAgreement
) -> None:
    answers = levels.human.reshape(-1, 3)
    pairs = [(answers[:, i], answers[:, j]) for i, j in ((0, 1), (0, 2), (1, 2))]
    alike = np.mean([one == other for one, other in pairs])
    assert value(of_levels.ceiling["accuracy"]) == pytest.approx(alike)
    # Chance is pooled over the pairs: next to the mean of their kappas, where all share as much
    mean = np.mean([metrics.cohen_kappa_score(*pair) for pair in pairs])
    assert value(of_levels.ceiling["kappa"]) == pytest.approx(mean, abs=2e-3)
    theirs = krippendorff_package.alpha(answers.T, level_of_measurement="ordinal")
    assert value(of_levels.ceiling["alpha"]) == pytest.approx(theirs)


def test_two_people_have_the_kappa_of_cohen() -> None:
    labels = drawn(3, people=2)
    found = measure(labels, resamples=50).ceiling["kappa"]
    one, other = labels.human.reshape(-1, 2).T
    assert value(found) == pytest.approx(metrics.cohen_kappa_score(one, other))


def test_people_who_share_two_samples_do_not_pull_kappa_down() -> None:
    both = drawn(3, people=2)
    passing = rated([0, 1, 1, 0], [0, 1, 1, 0], sample=[900, 900, 901, 901], annotator=[7, 8, 7, 8])
    columns = {
        name: np.concatenate([getattr(both, name), getattr(passing, name)])
        for name in Rated.__dataclass_fields__
        if isinstance(getattr(both, name), np.ndarray)
    }
    found = measure(replace(both, **columns), resamples=50).ceiling
    alone = measure(both, resamples=50).ceiling
    assert value(found["kappa"]) == pytest.approx(value(alone["kappa"]))
    assert value(found["accuracy"]) < value(alone["accuracy"])


def test_one_person_has_no_ceiling() -> None:
    assert measure(drawn(0), resamples=50).ceiling == {}


def test_people_who_share_no_sample_say_so() -> None:
    found = measure(rated([0, 1, 1], [0, 1, 0], annotator=[0, 1, 1]), resamples=50).ceiling
    assert {one.why for one in found.values()} == {"no sample was answered by two people"}


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


def test_all_right_is_not_certain() -> None:
    found = measure(of_table([[12, 0], [0, 18]]), resamples=200).figures
    for name in ("accuracy", "kappa", "ac1", "alpha", "sensitivity", "specificity"):
        one = found[name]
        assert one.value == 1
        assert one.high == 1
        assert one.low is not None
        assert 0.5 < one.low < 0.95


@pytest.mark.parametrize("table", [((0, 0), (0, 30)), ((30, 0), (0, 0))])
def test_one_answer_only_tells_nothing_beyond_chance(table: Any) -> None:
    found = measure(of_table(table), resamples=50).figures
    for name in ("kappa", "ac1", "alpha"):
        assert found[name].value is None
        assert "beyond chance" in found[name].why
    assert found["accuracy"].value == 1


def test_a_judge_that_always_says_yes_has_kappa_0_and_no_interval_of_it() -> None:
    kappa = measure(of_table([[0, 10], [0, 20]]), resamples=50).figures["kappa"]
    assert (kappa.value, kappa.low) == (0, None)
    assert "the same in every draw" in kappa.why


def test_labels_of_one_prompt_have_no_interval() -> None:
    found = measure(rated([0, 1, 1, 0], [0, 1, 0, 0], cluster=[3, 3, 3, 3]), resamples=50)
    assert found.prompts == 1
    assert {(one.low, one.high) for one in found.figures.values()} == {(None, None)}
    assert all(one.why for one in found.figures.values())


def test_no_label_says_so() -> None:
    found = measure(rated([], []), resamples=50)
    assert found.rows == 0
    assert found.figures == {"accuracy": Figure(None, why=found.figures["accuracy"].why)}
    assert "no answer of people" in found.figures["accuracy"].why
    assert found.confusion == ((0, 0), (0, 0))


def test_a_judge_without_probabilities_says_so() -> None:
    labels = rated([0, 1, 1], [0, 1, 0], shares=np.full((3, 2), np.nan))
    found = measure(labels, resamples=50)
    assert found.figures["brier"].why == found.figures["ece"].why
    assert "no probabilities" in found.figures["brier"].why
    assert found.reliability == ()


def test_completions_of_one_prompt_count_for_less_than_those_of_many() -> None:
    apart = drawn(4, prompts=200, per_prompt=1)
    together = replace(apart, cluster=np.lexsort((apart.judge == apart.human,)) // 20)
    one, other = (measure(labels, resamples=400).figures for labels in (apart, together))
    assert one["kappa"].value == other["kappa"].value
    assert width(other["accuracy"]) > width(one["accuracy"])


def width(found: Figure) -> float:
    assert found.high is not None
    assert found.low is not None
    return found.high - found.low


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


SMALL = st.lists(
    st.tuples(
        st.integers(MISSING, 2),
        st.integers(MISSING, 2),
        st.integers(0, 6),
        st.integers(0, 2),
        st.floats(0, 1),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(SMALL, st.booleans(), st.booleans())
def test_no_figure_is_ever_nan_or_outside_its_bounds(
    rows: list[tuple[int, int, int, int, float]], ordinal: bool, na: bool
) -> None:
    human, judge, cluster, who, sure = ([row[place] for row in rows] for place in range(5))
    shares = [[p, (1 - p) / 2, (1 - p) / 2] for p in sure]
    categories = (*LEVELS[:2], NA) if na else LEVELS
    labels = rated(
        human, judge, categories, cluster=np.array(cluster, int), annotator=np.array(who, int),
        sample=np.array(cluster, int), shares=np.reshape(shares, (-1, 3)), ordinal=ordinal,
    )  # fmt: skip
    for found in figures_of(measure(labels, resamples=40)):
        if found.value is None:
            assert found.why
            continue
        assert isfinite(found.value)
        assert found.value <= 1 + 1e-9
        if found.low is None or found.high is None:
            assert found.low is found.high is None
            assert found.why
        else:
            assert found.low - 1e-12 <= found.value <= found.high + 1e-12
