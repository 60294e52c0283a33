"""The judge asked again: in the other order."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy")

from rlaif.agreement.rated import MISSING  # noqa: E402 - after what may be absent
from rlaif.agreement.repeats import (  # noqa: E402 - after what may be absent
    TIE,
    A,
    B,
    accuracies,
    positions,
)
from tests.agreement.ratings import rated  # noqa: E402 - after what may be absent

SIDES = ("b", "tie", "a")
A_FIRST = [A, A, A, B, TIE, A]
B_FIRST = [A, B, A, B, B, MISSING]


def test_a_pair_is_flipped_where_the_orders_name_opposite_sides() -> None:
    found = positions(np.array(A_FIRST), np.array(B_FIRST), np.arange(6))
    assert found["flip_rate"].value == pytest.approx(1 / 5)


def test_the_first_position_is_counted_over_answers_with_a_side() -> None:
    found = positions(np.array(A_FIRST), np.array(B_FIRST), np.arange(6))
    # First with a first: a, a, a, -b, (tie); first with b first: -a, b, -a, b, b
    assert found["first_position"].value == pytest.approx((3 + 3) / (4 + 5))


def test_a_judge_without_a_liking_for_places_names_the_first_in_half() -> None:
    same = np.array([A, B, A, A, B])
    found = positions(same, same, np.arange(5))
    assert found["first_position"].value == pytest.approx(0.5)
    assert found["flip_rate"].value == 0


def test_a_judge_that_always_names_the_first_flips_always() -> None:
    found = positions(np.full(9, A), np.full(9, B), np.arange(9))
    assert found["first_position"].value == found["flip_rate"].value == 1


def test_accuracy_is_told_without_ties_and_of_steady_pairs() -> None:
    human = [A, A, B, B, TIE, A]
    judge = [A, TIE, A, B, B, A]
    found = accuracies(rated(human, judge, SIDES), np.array(A_FIRST), np.array(B_FIRST))
    assert found["accuracy_without_ties"].value == pytest.approx(3 / 4)
    assert found["accuracy_consistent"].value == pytest.approx(2 / 3)


def test_nothing_is_steady_that_was_asked_in_one_order() -> None:
    found = accuracies(rated([A, B], [A, B], SIDES), np.array([A, B]), np.full(2, MISSING))
    assert list(found) == ["accuracy_without_ties"]


def test_a_judge_that_was_asked_in_one_order_has_no_flips() -> None:
    found = positions(np.array([A, B]), np.full(2, MISSING), np.arange(2))
    assert {one.value for one in found.values()} == {None}
    assert found["flip_rate"].why == "nothing was answered twice"
