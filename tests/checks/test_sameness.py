import math
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlaif.checks.forms import DEEPEST
from rlaif.checks.sameness import same
from rlaif.records.jobs import Opaque

KEYS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
SCALARS = KEYS | st.complex_numbers()
PLAIN = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(KEYS, inner, max_size=4),
        st.sets(KEYS, max_size=4),
    ),
    max_leaves=20,
)
TOLERANCES = st.sampled_from([0.0, 1e-9, 0.1, 1.0, 1e300])


@settings(deadline=None)
@given(PLAIN, TOLERANCES, st.booleans())
def test_whatever_is_plain_is_the_same_as_itself(value: Any, tolerance: float, free: bool) -> None:
    assert same(value, value, tolerance, any_order=free)


@settings(deadline=None)
@given(PLAIN, PLAIN, st.booleans())
def test_without_a_tolerance_neither_side_is_favoured(one: Any, other: Any, free: bool) -> None:
    assert same(one, other, any_order=free) == same(other, one, any_order=free)


@settings(deadline=None)
@given(PLAIN, PLAIN, TOLERANCES, st.booleans())
def test_no_pair_of_values_makes_it_raise(
    one: Any, other: Any, tolerance: float, free: bool
) -> None:
    assert same(one, other, tolerance, any_order=free) in (True, False)


@settings(deadline=None)
@given(PLAIN, PLAIN)
def test_a_tolerance_only_lets_more_pass(one: Any, other: Any) -> None:
    assert not same(one, other) or same(one, other, 1e-9)


@settings(deadline=None)
@given(st.lists(PLAIN, max_size=5), st.randoms(use_true_random=False), TOLERANCES)
def test_a_shuffled_list_is_the_same_in_any_order(
    values: list[Any], random: Any, tolerance: float
) -> None:
    other = list(values)
    random.shuffle(other)
    assert same(values, other, tolerance, any_order=True)
    assert same(tuple(values), tuple(other), tolerance, any_order=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (True, 1),
        (False, 0),
        (1, "1"),
        ("a", b"a"),
        ([1], (1,)),
        ([], {}),
        ({1: "x"}, {True: "x"}),
        ({1}, {True}),
        ({(1,)}, {(True,)}),
        ([[1, 2]], [[2, 1]]),
        (None, False),
        (1, 1 + 0j),
        ({"a": 1}, {"a": 1, "b": 1}),
        ([1, 1, 2], [1, 2, 2]),
        (math.inf, -math.inf),
        (math.nan, 0.0),
        (math.inf, 1e308),
        (1e308, math.inf),
        (set(), ()),
    ],
)
@pytest.mark.parametrize("tolerance", [0.0, 1e-12])
@pytest.mark.parametrize("any_order", [False, True])
def test_these_are_not_the_same(one: Any, other: Any, tolerance: float, any_order: bool) -> None:
    assert not same(one, other, tolerance, any_order=any_order)
    assert not same(other, one, tolerance, any_order=any_order)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (0.0, -0.0),
        (math.nan, math.nan),
        ({1: "x"}, {1.0: "x"}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({1, 2}, frozenset({2, 1})),
        (2**60, float(2**60)),
        (10**400, 10**400),
    ],
)
@pytest.mark.parametrize("tolerance", [0.0, 1e-9])
def test_these_are_the_same(one: Any, other: Any, tolerance: float) -> None:
    assert same(one, other, tolerance)
    assert same(other, one, tolerance)


@pytest.mark.parametrize(
    ("expected", "got", "tolerance", "met"),
    [
        (1, 1.1, 0.1, True),
        (0.3, 0.1 + 0.2, 1e-9, True),
        (100, 101, 0.01, True),
        (100, 101.1, 0.01, False),
        (0.001, 0.0014, 0.0005, True),
        (10**30, 10**30 + 1, 0.0, False),
        (10**30, 10**30 + 1, 1e-29, True),
        (10**30, 10**30 + 1, 1e-31, False),
        (1, 10**400, 1.0, False),
        (10**400, 10**400 + 1, 1e-9, True),
        (10**400, 1.5, 0.5, False),
        (1.0, math.inf, 1e308, False),
        (1.0, math.nan, 1e308, False),
        (5.0, True, 10.0, False),
        (2 + 1j, 2.05 + 1j, 0.1, True),
        (2 + 1j, 2.5 + 1j, 0.1, False),
        ([1.0, {"a": (2.0,)}], [1.01, {"a": (2.01,)}], 0.1, True),
        ({1.0: 2.0}, {1.01: 2.0}, 0.1, False),
        ({1.0, 2.0}, {1.01, 2.01}, 0.1, True),
        ({1.0, 2.0}, {1.01, 2.5}, 0.1, False),
        ("1.0", "1.01", 0.1, False),
    ],
)
def test_the_tolerance_is_relative_to_what_was_expected(
    expected: Any, got: Any, tolerance: float, met: bool
) -> None:
    assert same(expected, got, tolerance) is met


def test_the_size_of_what_came_back_widens_nothing() -> None:
    assert same(100.0, 90.0, 0.1)
    assert not same(90.0, 100.0, 0.1)


def test_any_order_pairs_what_sorting_alone_would_not() -> None:
    expected = [(1.0, "b"), (1.0000001, "a"), [5]]
    assert same(expected, [[5], (1.0, "a"), (1.0000001, "b")], 1e-3, any_order=True)
    crossed = [[1.0, 5.0], [1.05, 1.0]]
    assert same(crossed, [[1.0, 1.0], [1.05, 5.0]], 0.1, any_order=True)
    assert not same(crossed, [[1.0, 1.0], [1.05, 1.0]], 0.1, any_order=True)


def test_any_order_does_not_count_an_element_twice() -> None:
    assert not same([1.0, 1.1], [1.05, 9.0], 0.1, any_order=True)
    assert not same([[1, 1], [1, 1]], [[1, 1], [1, 5]], 0.1, any_order=True)


def test_any_order_is_for_the_outermost_list_alone() -> None:
    assert same([[1, 2], [3]], [[3], [1, 2]], any_order=True)
    assert not same([[1, 2], [3]], [[3], [2, 1]], any_order=True)
    assert not same({"a": [1, 2]}, {"a": [2, 1]}, any_order=True)


def test_what_is_no_plain_data_is_the_same_as_nothing() -> None:
    one = Opaque("Tensor")
    for value in (one, [one], {"a": one}, {one}, (1, one)):
        for tolerance in (0.0, 0.1):
            assert not same(value, value, tolerance)
            assert not same([value], [value], tolerance, any_order=True)


def test_no_method_of_a_value_votes() -> None:
    class Always(int):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = int.__hash__

    for tolerance in (0.0, 0.1):
        assert not same(5, Always(7), tolerance)
        assert not same([5], [Always(7)], tolerance, any_order=True)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("tolerance", [0.0, 0.1])
def test_deep_nesting_ends_in_a_no(tolerance: float) -> None:
    assert same(nested(DEEPEST), nested(DEEPEST), tolerance)
    for depth in (DEEPEST + 1, 5_000, 100_000):
        assert not same(nested(depth), nested(depth), tolerance)
        assert not same([1, nested(depth)], [nested(depth), 1], tolerance, any_order=True)


def test_many_elements_that_could_be_paired_in_many_ways_end_soon() -> None:
    many = [[float(i % 7), float(i % 3)] for i in range(3_000)]
    other = [[b + 1e-6, a] for a, b in many]
    assert not same(many, other, 0.1, any_order=True)
    alike = [[1.0 + i * 1e-6, 2.0] for i in range(3_000)]
    assert not same(alike, [*alike[1:], [9.0, 2.0]], 0.1, any_order=True)
    equal = [[0.0, 0.0]] * 20_000
    assert not same(equal, [*equal[1:], [9.0, 9.0]], 1e-6, any_order=True)
    hostile = [[0.0, (i * 2.0) % 40] for i in range(120)]
    assert same(hostile, [[1e-4 * (i % 9), b] for i, (_, b) in enumerate(hostile)], 0.01)
    assert same(
        hostile,
        [[1e-4 * (i % 9), b] for i, (_, b) in enumerate(reversed(hostile))],
        0.01,
        any_order=True,
    )


def test_a_thousand_noisy_points_find_their_pairs() -> None:
    random = Random(3)  # noqa: S311 - no secret
    points: list[list[Any]] = [[float(i % 40), float(i // 40), {"w": i / 7}] for i in range(1_000)]
    noisy: list[list[Any]] = [[a + random.uniform(-1e-7, 1e-7), b + 1e-8, w] for a, b, w in points]
    random.shuffle(noisy)
    assert same(points, noisy, 1e-6, any_order=True)
    noisy[500][1] += 1e-3
    assert not same(points, noisy, 1e-6, any_order=True)


def test_numbers_whose_hashes_collide_cost_no_more_than_others() -> None:
    prime = 2**61 - 1
    colliding = [prime * i for i in range(20_000)]
    assert same(colliding, colliding[::-1], any_order=True)
    assert same(colliding, colliding[::-1], 1e-9, any_order=True)
