"""Labels that tell little: no figure is made up."""

from __future__ import annotations

from math import isfinite
from typing import Any

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("scipy")
metrics = pytest.importorskip("sklearn.metrics")

from hypothesis import given, settings  # noqa: E402 - after what may be absent
from hypothesis import strategies as st  # noqa: E402 - after what may be absent

from rlaif.agreement.measures import measure  # noqa: E402 - after what may be absent
from rlaif.agreement.rated import MISSING, NA  # noqa: E402 - after what may be absent
from rlaif.records.agreement import Figure  # noqa: E402 - after what may be absent
from tests.agreement.ratings import (  # noqa: E402 - after what may be absent
    figures_of,
    of_table,
    rated,
)

LEVELS = ("bad", "fair", "good")


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
    for name in ("kappa", "alpha"):
        assert found[name].value is None
        assert "beyond chance" in found[name].why
    assert found["accuracy"].value == 1
    gwet = found["ac1"]  # 1 where all are alike, and no more certain than that they are
    assert gwet.value == 1
    assert gwet.low == pytest.approx(found["accuracy"].low)


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
    human, judge, cluster, who = (np.array([row[at] for row in rows], int) for at in range(4))
    shares = [[sure, (1 - sure) / 2, (1 - sure) / 2] for *_, sure in rows]
    categories = (*LEVELS[:2], NA) if na else LEVELS
    labels = rated(
        human, judge, categories, cluster=cluster, annotator=who,
        sample=cluster, shares=np.reshape(shares, (-1, 3)), ordinal=ordinal,
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
