import math
import subprocess
import sys
from itertools import pairwise
from typing import Any

import pytest

from rlaif.checks.drawing import MOST, MOST_A_CASE, CannotDrawError, drawn
from rlaif.records.drawn import Strategy


def strategies(*written: Any) -> tuple[Strategy, ...]:
    return tuple(Strategy.model_validate(one) for one in written)


def values(written: Any, count: int = 300, seed: str = "s") -> list[Any]:
    return [case[0] for case in drawn(strategies(written), count, seed)]


def test_the_same_seed_draws_the_same_and_another_one_others() -> None:
    lists = {"lists": {"of": {"text": {}}, "max_length": 5}}
    assert values(lists) == values(lists)
    assert values(lists) != values(lists, seed="t")
    assert values(lists, 300)[:10] == values(lists, 10)


def test_what_is_drawn_is_the_same_on_every_machine() -> None:
    written = (
        {"integers": {"min": -5, "max": 10**12}},
        {"numbers": {"min": 0, "max": 1, "decimals": 2}},
        {"records": {"b": {"booleans": {}}, "t": {"text": {"max_length": 4}}}},
    )
    assert drawn(strategies(*written), 5, "pinned")[2:] == PINNED


PINNED: list[list[Any]] = [
    [917864830033, 0.0, {"b": False, "t": "c"}],
    [-1, 0.94, {"b": True, "t": "syg"}],
    [1000000000000, 0.33, {"b": False, "t": "a"}],
]


@pytest.mark.parametrize(
    ("written", "low", "high", "edges"),
    [
        ({"integers": {"min": -3, "max": 10**9}}, -3, 10**9, {-3, 10**9, 0, 1, -1}),
        ({"integers": {"min": 5, "max": 5}}, 5, 5, {5}),
        ({"integers": {"min": -(2**63), "max": 2**63 - 1}}, -(2**63), 2**63 - 1, {0, -(2**63)}),
        ({"numbers": {"min": -1.5, "max": 2.5}}, -1.5, 2.5, {-1.5, 2.5, 0.0, 1.0, -1.0}),
        ({"numbers": {"min": -1.7e308, "max": 1.7e308}}, -1.7e308, 1.7e308, {1.7e308, 0.0}),
    ],
)
def test_numbers_lie_within_their_range_and_its_edges_come_up(
    written: Any, low: float, high: float, edges: set[float]
) -> None:
    found = values(written)
    assert found[0] == low
    assert found[1] == high
    assert all(low <= one <= high and math.isfinite(one) for one in found)
    assert edges <= set(found)


def test_a_wide_range_gives_numbers_of_few_digits_too() -> None:
    found = values({"integers": {"min": 0, "max": 10**15}})
    assert sum(1 < one < 1000 for one in found) > 10
    assert sum(one > 10**14 for one in found) > 50


def test_whole_numbers_are_whole_and_others_floats() -> None:
    assert {type(one) for one in values({"integers": {"min": 0, "max": 9}})} == {int}
    assert {type(one) for one in values({"numbers": {"min": 0, "max": 9, "decimals": 0}})} == {
        float
    }


def test_decimals_are_those_of_the_number_as_it_is_written() -> None:
    found = values({"numbers": {"min": 0.05, "max": 1.27, "decimals": 2}})
    assert all(len(repr(one).partition(".")[2]) <= 2 for one in found)
    assert (min(found), max(found)) == (0.05, 1.27)


def test_texts_and_lists_are_as_long_as_they_may_be() -> None:
    texts = values({"text": {"alphabet": "ab", "min_length": 2, "max_length": 6}})
    assert {len(one) for one in texts} == {2, 3, 4, 5, 6}
    assert {"aa", "bb", "aaaaaa", "bbbbbb"} <= set(texts)
    assert (len(texts[0]), len(texts[1])) == (2, 6)
    assert set("".join(texts)) == {"a", "b"}
    lists = values({"lists": {"of": {"booleans": {}}, "max_length": 3}})
    assert [] in lists
    assert {len(one) for one in lists} <= {0, 1, 2, 3}
    (first,), (second,), *_ = drawn(
        strategies({"lists": {"of": {"integers": {"min": 0, "max": 99}}, "max_length": 30}}), 9, "s"
    )
    assert first == []
    assert len(second) == 30
    assert len(set(second)) > 5


def test_every_kind_has_its_shape() -> None:
    written = {
        "records": {
            "point": {"tuples": [{"integers": {"min": 0, "max": 1}}, {"value": "x"}]},
            "kind": {"one_of": ["a", 2, None]},
            "none": {"value": None},
        }
    }
    found = values(written)
    assert {one["point"] for one in found} == {(0, "x"), (1, "x")}
    assert {one["kind"] for one in found} == {"a", 2, None}
    assert all(list(one) == ["point", "kind", "none"] and one["none"] is None for one in found)


def test_unique_and_sorted_lists_are_that() -> None:
    written = {
        "lists": {
            "of": {"integers": {"min": 0, "max": 9}},
            "min_length": 3,
            "unique": True,
            "sorted": True,
        }
    }
    for one in values(written):
        assert len(one) >= 3
        assert all(a < b for a, b in pairwise(one))


def test_few_possible_cases_are_each_drawn_before_many_come_twice() -> None:
    assert {*values({"booleans": {}}, 4)} == {True, False}
    found = values({"integers": {"min": 1, "max": 30}}, 20)
    assert len(set(found)) >= 16


def test_large_declarations_stay_within_bounds() -> None:
    inner = {"lists": {"of": {"integers": {"min": 0, "max": 9}}, "max_length": 990}}
    found = values({"lists": {"of": inner, "max_length": 100}}, 40)
    sizes = [len(one) + sum(map(len, one)) for one in found]
    assert max(sizes) <= MOST_A_CASE + 1000
    assert sum(sizes) <= MOST + MOST_A_CASE
    assert sizes[1] > 10_000


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (
            [{"lists": {"of": {"text": {"max_length": 0}}, "min_length": 3, "unique": True}}],
            "a list needs 3 different values, and only 1 were found",
        ),
        (
            [{"numbers": {"min": 0.1, "max": 0.2, "decimals": 0}}],
            "no number between 0.1 and 0.2 has 0 decimals",
        ),
        (
            [
                {
                    "lists": {
                        "of": {"tuples": [{"value": 1}] * 8},
                        "min_length": 9_999,
                        "max_length": 9_999,
                    }
                }
            ]
            * 3,
            "one case needs more than 200000 values",
        ),
    ],
)
def test_what_cannot_be_drawn_is_said(written: list[Any], why: str) -> None:
    with pytest.raises(CannotDrawError, match=why):
        drawn(strategies(*written), 3, "s")


@pytest.mark.slow
def test_the_order_of_hashes_moves_nothing() -> None:
    script = (
        "from rlaif.checks.drawing import drawn\n"
        "from rlaif.records.drawn import Strategy\n"
        "w = {'lists': {'of': {'text': {}}, 'unique': True}}\n"
        "print(drawn((Strategy.model_validate(w),), 20, 's'))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1
