"""How far people agree among themselves: the ceiling."""

from __future__ import annotations

from dataclasses import replace

import pytest

np = pytest.importorskip("numpy")
metrics = pytest.importorskip("sklearn.metrics")
krippendorff_package = pytest.importorskip("krippendorff")


from rlaif.agreement.measures import measure  # noqa: E402 - after what may be absent
from rlaif.agreement.rated import Rated  # noqa: E402 - after what may be absent
from rlaif.records.agreement import CriterionAgreement  # noqa: E402 - after what may be absent
from tests.agreement.ratings import (  # noqa: E402 - after what may be absent
    drawn,
    rated,
    value,
)

FIVE = ("1", "2", "3", "4", "5")
KRIPPENDORFF = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3),
    (0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0),
)
"""Four observers, twelve units; 0 where one did not answer. Krippendorff 2011."""


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
