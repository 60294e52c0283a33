"""What an expert declares of hidden cases: sound, bounded, and possible to draw."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rlaif.records.base import Fault
from rlaif.records.code import PythonFunction
from rlaif.records.drawn import MOST_PARTS, Hidden, Strategy

REFERENCE = "def solve(x, y=1):\n    return x\n"


def strategy(**given: Any) -> Strategy:
    return Strategy.model_validate(given)


def faults(**hidden: Any) -> list[Fault]:
    given = {"count": 3, "arguments": [{"booleans": {}}], "reference": REFERENCE} | hidden
    check = {"check": "python_function", "function": "solve"}
    with pytest.raises(ValidationError) as refused:
        PythonFunction.model_validate(
            check | {"hidden": {k: v for k, v in given.items() if v is not None}}
        )
    return [f for error in refused.value.errors() for f in error["ctx"]["faults"]]


@pytest.mark.parametrize(
    "given",
    [
        {"integers": {"min": -3, "max": 4}},
        {"numbers": {"min": 0.5, "max": 1.0, "decimals": 2}},
        {"booleans": {}},
        {"text": {"alphabet": "ab", "max_length": 3}},
        {"one_of": [1, None, "a"]},
        {"lists": {"of": {"tuples": [{"booleans": {}}, {"value": 3}]}, "sorted": False}},
        {"tuples": []},
        {"records": {"a": {"value": None}}},
        {"value": None},
        {"value": 0},
    ],
)
def test_a_strategy_says_by_its_one_key_what_it_is_and_is_written_so(given: Any) -> None:
    found = strategy(**given)
    assert found.kind == next(iter(given))
    assert Strategy.model_validate(found.as_written()) == found
    assert set(found.as_written()) == set(given)


def test_null_is_a_constant_and_no_missing_one() -> None:
    assert strategy(value=None).value is None
    with pytest.raises(ValidationError, match="nothing says how this value is drawn"):
        strategy()


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ({"integers": {"min": 3, "max": 3}}, 1),
        ({"integers": {"min": -1, "max": 1}}, 3),
        ({"one_of": [1, 1.0, True, 1]}, 3),
        ({"booleans": {}}, 2),
        ({"value": [1]}, 1),
        ({"numbers": {"min": 0, "max": 1}}, None),
    ],
)
def test_how_many_different_values_there_are_is_known_where_it_is_plain(
    given: Any, number: int | None
) -> None:
    assert strategy(**given).different == number


def test_a_list_without_repeats_needs_enough_different_values() -> None:
    inner = {"integers": {"min": 1, "max": 3}}
    assert strategy(lists={"of": inner, "min_length": 3, "unique": True}).kind == "lists"
    with pytest.raises(ValidationError, match="draws 3 different values, fewer than"):
        strategy(lists={"of": inner, "min_length": 4, "unique": True})


@pytest.mark.parametrize(
    ("of", "rises"),
    [
        ({"integers": {"min": 1, "max": 3}}, True),
        ({"text": {}}, True),
        ({"one_of": [1, 2.5, True]}, True),
        ({"one_of": ["a", "b"]}, True),
        ({"one_of": ["a", 1]}, False),
        ({"one_of": [None]}, False),
        ({"lists": {"of": {"booleans": {}}}}, True),
        ({"tuples": [{"booleans": {}}, {"text": {}}]}, True),
        ({"tuples": [{"booleans": {}}, {"records": {}}]}, False),
        ({"records": {"a": {"text": {}}}}, False),
        ({"value": 1}, False),
    ],
)
def test_only_what_has_an_order_can_be_sorted(of: Any, rises: bool) -> None:
    if rises:
        assert strategy(lists={"of": of, "sorted": True}).rises
    else:
        with pytest.raises(ValidationError, match="has no order"):
            strategy(lists={"of": of, "sorted": True})


def test_lists_inside_lists_are_bounded_by_what_they_may_hold() -> None:
    inner = {"lists": {"of": {"booleans": {}}, "max_length": 300}}
    assert strategy(lists={"of": inner, "max_length": 300}).parts == 1 + 300 * 301 < MOST_PARTS
    with pytest.raises(ValidationError, match="more than 100000 values at once"):
        strategy(lists={"of": inner, "max_length": 400})
    assert strategy(records={"a": inner, "b": {"value": 1}}).parts == 1 + 301 + 1


@pytest.mark.parametrize(
    ("hidden", "at", "message"),
    [
        ({"reference": None}, (), "hidden cases need a 'reference' that answers them"),
        ({"arguments": None}, (), "hidden cases need 'arguments' or a 'generator'"),
        (
            {"generator": "def arguments(random): return [1]"},
            ("generator",),
            "only one of 'arguments' and 'generator' draws the cases",
        ),
        (
            {"arguments": None, "generator": "def args(random): return [1]"},
            ("generator",),
            "the generator defines no function 'arguments'",
        ),
        (
            {"reference": "def other(): pass"},
            ("hidden", "reference"),
            "the reference defines no function 'solve'",
        ),
        (
            {"arguments": []},
            ("hidden", "arguments"),
            "0 arguments are drawn, and 'solve' of the reference takes 1 to 2",
        ),
        (
            {"reference": "def solve(x, y, *rest): pass"},
            ("hidden", "arguments"),
            "1 argument is drawn, and 'solve' of the reference takes 2 or more",
        ),
    ],
)
def test_what_hidden_cases_lack_is_said(hidden: Any, at: Any, message: str) -> None:
    (found,) = faults(**hidden)
    assert (found.at, found.message) == (at, message)


def test_a_reference_may_come_by_a_name_whose_arguments_nobody_can_count() -> None:
    for text in ("solve = max", "from math import gcd as solve", "@cache\ndef solve(): pass"):
        assert Hidden.model_validate(
            {"count": 1, "arguments": [{"booleans": {}}], "reference": text}
        ).reference
        check = {"check": "python_function", "function": "solve"}
        hidden = {"count": 1, "arguments": [{"booleans": {}}], "reference": text}
        assert PythonFunction.model_validate(check | {"hidden": hidden}).hidden


def test_defaults_are_in_no_hash() -> None:
    hidden = Hidden.model_validate({"count": 1, "arguments": [], "reference": "solve = 1"})
    assert hidden.as_written() == {"count": 1, "arguments": [], "reference": "solve = 1\n"}
