"""Unquoted scalars: the field decides what they are."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from rlaif.records.written import Flag, Free, Number, Text, Whole, Words, Written, plain

TEXT, WORDS = TypeAdapter[str](Text), TypeAdapter[str](Words)
NUMBER, WHOLE = TypeAdapter[float](Number), TypeAdapter[int](Whole)
FLAG, FREE = TypeAdapter[bool](Flag), TypeAdapter[Any](Free)


def refusal(adapter: TypeAdapter[Any], value: object) -> str:
    with pytest.raises(ValidationError) as raised:
        adapter.validate_python(value)
    return raised.value.errors()[0]["msg"]


@pytest.mark.parametrize(
    "text", ["yes", "no", "on", "true", "null", "~", "1.10", "0x1F", "", ".nan"]
)
def test_a_text_field_takes_it_as_it_stands(text: str) -> None:
    read = TEXT.validate_python(Written(text))
    assert read == text
    assert type(read) is str


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null", None),
        ("~", None),
        ("", None),
        ("true", True),
        ("FALSE", False),
        ("yes", "yes"),
        ("off", "off"),
        ("12", 12),
        ("-012", -12),
        ("0o17", 15),
        ("0xFF", 255),
        ("1.10", 1.1),
        ("+.5e1", 5.0),
        ("1_000", "1_000"),
        ("2020-01-01", "2020-01-01"),
        ("1:30", "1:30"),
    ],
)
def test_free_data_is_read_by_the_core_schema(text: str, value: object) -> None:
    read = plain(Written(text))
    assert read == value
    assert type(read) is type(value)


def test_quoted_text_stays_text_in_free_data() -> None:
    assert FREE.validate_python({"a": ["1", Written("1")]}) == {"a": ["1", 1]}


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_as_written(number: float) -> None:
    assert NUMBER.validate_python(Written(repr(number))) == number
    assert NUMBER.validate_python(number) == number


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_a_whole_number_reads_back_as_written(number: int) -> None:
    assert WHOLE.validate_python(Written(str(number))) == number


@given(st.text())
def test_any_text_is_taken_or_refused_and_never_crashes(text: str) -> None:
    for adapter in (TEXT, NUMBER, WHOLE, FLAG, FREE):
        try:
            adapter.validate_python(Written(text))
        except ValidationError:
            continue


@pytest.mark.parametrize(
    "text", ["nan", ".nan", ".inf", "-.INF", "1e400", "9" * 400, "ten", "", "yes"]
)
def test_a_number_field_takes_only_finite_numbers(text: str) -> None:
    refusal(NUMBER, Written(text))


@pytest.mark.parametrize("value", [math.nan, math.inf, True, None, "3", [3]])
def test_a_number_field_takes_only_real_numbers(value: object) -> None:
    refusal(NUMBER, value)


def test_refusals_say_what_was_there() -> None:
    assert refusal(NUMBER, "3") == "expected a number, not the text '3'"
    assert refusal(TEXT, {"a": 1}) == "expected text, not a mapping"
    assert refusal(TEXT, None) == "expected text, not nothing"
    assert refusal(FLAG, Written("yes")) == "expected true or false, not 'yes'"
    assert refusal(FLAG, 1) == "expected true or false, not 1"
    assert refusal(WHOLE, Written("1.5")) == "expected a whole number, not 1.5"
    assert refusal(WORDS, Written("  ")) == "this must not be empty"
    assert refusal(NUMBER, Written("9" * 41)) == "a number of 41 characters is too long"
