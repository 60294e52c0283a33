"""Coefficients of agreement against papers and packages."""

from __future__ import annotations

from typing import Any

import pytest

np = pytest.importorskip("numpy")
krippendorff_package = pytest.importorskip("krippendorff")
metrics = pytest.importorskip("sklearn.metrics")
inter_rater = pytest.importorskip("statsmodels.stats.inter_rater")

from hypothesis import given  # noqa: E402 - after what may be absent
from hypothesis import strategies as st  # noqa: E402 - after what may be absent

from rlaif.agreement.tables import (  # noqa: E402 - after what may be absent
    added,
    coefficient,
    cohen,
    distances,
    gwet,
    krippendorff,
)


@st.composite
def tables(draw: st.DrawFn) -> Any:
    kinds = draw(st.integers(2, 5))
    cells = st.lists(st.integers(0, 12), min_size=kinds**2, max_size=kinds**2)
    return np.array(draw(cells.filter(any)), float).reshape(kinds, kinds)


def kappa(table: Any, power: int = 0) -> float:
    return float(coefficient(cohen(table, distances(table.shape[-1], power))))


def ac1(table: Any) -> float:
    return float(coefficient(gwet(table, distances(table.shape[-1]))))


def alpha(table: Any, ordered: bool) -> float:
    return float(coefficient(krippendorff(table + table.T, ordered)))


def rows(table: Any) -> tuple[Any, Any]:
    one, other = np.nonzero(np.ones_like(table))
    times = table.astype(int).ravel()
    return np.repeat(one, times), np.repeat(other, times)


def test_kappa_is_that_of_cohen_1960() -> None:
    # 200 patients by two diagnosticians: 70% alike where 41% are so by chance
    assert kappa(np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])) == pytest.approx(0.29 / 0.59)


def test_weighted_kappa_is_that_of_cohen_1968() -> None:
    table = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    apart = np.array([[0, 1, 3], [1, 0, 6], [3, 6, 0]]) / 6
    assert float(coefficient(cohen(table, apart))) == pytest.approx(0.348, abs=5e-4)


def test_ac1_stays_where_kappa_falls_below_nothing_as_in_gwet_2008() -> None:
    table = np.array([[118, 5], [2, 0]])
    assert kappa(table) == pytest.approx(-0.0234, abs=5e-5)
    assert ac1(table) == pytest.approx(0.9408, abs=5e-5)


def test_ac1_of_three_categories_is_that_of_gwet_2014() -> None:
    # 100 pregnancies by two abstractors
    table = np.array([[13, 0, 0], [0, 20, 7], [0, 4, 56]])
    assert ac1(table) == pytest.approx(0.84933, abs=5e-6)
    assert kappa(table) == pytest.approx(0.79641, abs=5e-6)
    assert alpha(table, ordered=False) == pytest.approx(0.79726, abs=5e-6)


@given(tables())
def test_kappas_equal_those_of_scikit_learn_and_statsmodels(table: Any) -> None:
    one, other = rows(table)
    labels = np.arange(len(table))
    for power, name in ((0, None), (1, "linear"), (2, "quadratic")):
        ours = kappa(table, power)
        if np.isnan(ours):
            assert len({*one, *other}) == 1
            continue
        theirs = metrics.cohen_kappa_score(one, other, labels=labels, weights=name)
        assert ours == pytest.approx(theirs, abs=1e-12)
        stated = inter_rater.cohens_kappa(table, wt=name, return_results=False)
        assert ours == pytest.approx(stated, abs=1e-12)


@given(tables(), st.booleans())
def test_alpha_equals_that_of_krippendorff(table: Any, ordered: bool) -> None:
    counts = np.stack([np.bincount(pair, minlength=len(table)) for pair in zip(*rows(table))])  # noqa: B905 - as long
    if np.count_nonzero(counts.sum(0)) < 2:
        assert np.isnan(alpha(table, ordered))
        return
    level = "ordinal" if ordered else "nominal"
    theirs = krippendorff_package.alpha(value_counts=counts, level_of_measurement=level)
    assert alpha(table, ordered) == pytest.approx(theirs, abs=1e-12)


@given(tables(), st.randoms())
def test_coefficients_are_bounded_symmetric_and_blind_to_names(table: Any, random: Any) -> None:
    order = list(range(len(table)))
    random.shuffle(order)
    renamed = table[np.ix_(order, order)]
    for found in (kappa, ac1, lambda t: alpha(t, ordered=False)):
        value = found(table)
        assert np.isnan(value) or value <= 1
        assert value == pytest.approx(found(table.T), nan_ok=True)
        assert value == pytest.approx(found(renamed), nan_ok=True)


@given(tables())
def test_weights_mean_nothing_where_there_are_two_answers(table: Any) -> None:
    two = table[:2, :2]
    assert kappa(two) == pytest.approx(kappa(two, 2), nan_ok=True)
    assert alpha(two, ordered=False) == pytest.approx(alpha(two, ordered=True), nan_ok=True)


def test_a_reversed_scale_has_the_same_weighted_agreement() -> None:
    table = np.array([[5, 2, 0], [1, 4, 3], [2, 0, 6]])
    back = table[::-1, ::-1]
    assert kappa(table, 2) == pytest.approx(kappa(back, 2))
    assert alpha(table, ordered=True) == pytest.approx(alpha(back, ordered=True))


def test_pooled_kappa_takes_chance_within_each_table() -> None:
    # Each has no agreement beyond chance; one table of both would show much
    mostly_yes, mostly_no = np.array([[1, 9], [9, 81]]), np.array([[81, 9], [9, 1]])
    apart = distances(2)
    pooled = added([cohen(mostly_yes, apart), cohen(mostly_no, apart)])
    assert float(coefficient(pooled)) == pytest.approx(0, abs=1e-12)
    assert kappa(mostly_yes + mostly_no) > 0.6


def test_many_tables_at_once_are_those_one_by_one() -> None:
    several = np.random.default_rng(0).integers(0, 9, (6, 4, 4)).astype(float)
    at_once = coefficient(krippendorff(several + several.swapaxes(1, 2), ordered=True))
    assert at_once.tolist() == pytest.approx([alpha(table, ordered=True) for table in several])
