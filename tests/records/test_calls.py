"""Calls and literals as an expert writes them: read back as what Python says, and nothing else."""

from __future__ import annotations

import keyword
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlaif.records.calls import DEEPEST, LONGEST, MOST_STEPS, NotPlain, literal, parsed_call
from rlaif.records.jobs import Step

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
HASHABLE = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.complex_numbers(allow_nan=False, allow_infinity=False)
    | TEXT | st.binary(max_size=10),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=5,
)  # fmt: skip
VALUES = st.recursive(
    HASHABLE,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(HASHABLE, inner, max_size=4)
        | st.sets(HASHABLE, max_size=4)
    ),
    max_leaves=20,
)
NAMES = st.from_regex(r"[a-z_][a-z_0-9]{0,8}", fullmatch=True).filter(
    lambda name: not keyword.iskeyword(name)
)


@given(VALUES)
def test_what_python_writes_of_plain_data_is_read_back(value: Any) -> None:
    read = literal(repr(value))
    assert read == value
    assert type(read) is type(value)
    assert repr(read) == repr(value) or isinstance(value, set | dict | list | tuple)


@given(NAMES, st.lists(VALUES, max_size=3), st.dictionaries(NAMES, VALUES, max_size=3))
def test_a_call_has_the_arguments_that_are_written(
    name: str, arguments: list[Any], keywords: dict[str, Any]
) -> None:
    written = [*map(repr, arguments), *(f"{key}={value!r}" for key, value in keywords.items())]
    assert parsed_call(f"{name}({', '.join(written)})") == (Step(name, tuple(arguments), keywords),)


@given(st.lists(st.tuples(NAMES, st.lists(NUMBERS, max_size=2)), min_size=1, max_size=5))
def test_a_chain_has_its_calls_in_order(chain: list[tuple[str, list[Any]]]) -> None:
    text = ".".join(f"{name}({', '.join(map(repr, given))})" for name, given in chain)
    assert parsed_call(text) == tuple(Step(name, tuple(given)) for name, given in chain)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for reader in (literal, parsed_call):
        try:
            reader(text)
        except NotPlain:
            continue


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("float('inf')", math.inf),
        ("-float('inf')", -math.inf),
        ('float("-Infinity")', -math.inf),
        ("set()", set()),
        ("1 + 2j", 1 + 2j),
        ("-1-2j", -1 - 2j),
        ("- 3", -3),
        ("+3.5", 3.5),
        ("(1)", 1),
        ("(1,)", (1,)),
        ("'a' 'b'", "ab"),
        ("  {'a': {1, 2}}\n", {"a": {1, 2}}),
        ("1_000", 1000),
        ("0x1f", 31),
        ("'\\d'", "\\d"),
    ],
)
def test_the_forms_that_python_has_for_values(text: str, value: Any) -> None:
    assert literal(text) == value
    assert type(literal(text)) is type(value)


def test_nan_is_read() -> None:
    assert math.isnan(literal("float('nan')"))


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("x", "'x' is no literal"),
        ("[1, x]", "'x' is no literal"),
        ("f'{x}'", "is no literal"),
        ("...", "'...' is no literal"),
        ("1 + 2", "'1 + 2' is no literal"),
        ("1 * 2j", "'1 * 2j' is no literal"),
        ("1j + 2j", "'1j + 2j' is no literal"),
        ("not 1", "'not 1' is no literal"),
        ("-True", "'-True' is no literal"),
        ("-'a'", "is no literal"),
        ("--1", "'--1' is no literal"),
        ("[1,\n é, (\n1 + 2)]", "'é' is no literal"),
        ("[1,\r\n (x(\n1))]", "'x( ...' is no literal"),
        ("[" + "é" * 300 + "]", "éé...' is no literal"),
        ("float('1')", "'float('1')' is no literal"),
        ("float()", "'float()' is no literal"),
        ("set([1])", "'set([1])' is no literal"),
        ("[*[1]]", "'*[1]' is no literal"),
        ("{**{}}", "'{}' is no literal"),
        ("[i for i in (1,)]", "is no literal"),
        ("lambda: 1", "is no literal"),
        ("a.b", "'a.b' is no literal"),
        ("__import__('os')", "is no literal"),
        ("{[]}", "'{[]}' has a member that no set can hold"),
        ("{{}: 1}", "'{}' cannot be the key of a dict"),
        ("{'a': 1, 'a': 2}", "the key ''a'' stands twice"),
        ("{1: 'a', True: 'b'}", "the key 'True' stands twice"),
        ("1; 2", "is not Python"),
        ("", "is not Python"),
        ("'\0'", "is not Python"),
        ("'\\udc80'", "half a character"),
        ("9" * 4001, "more than 4000 digits"),
        ("0x" + "f" * 4000, "more than 4000 digits"),
        ("[" * (DEEPEST + 2) + "]" * (DEEPEST + 2), "nested too deep"),
        ("[" * 150 + "]" * 150, "nested too deep"),
        ("(" * 100_000, "is not Python: too many nested parentheses"),
        ("-" * 100_000 + "1", "nested too deep"),
        ("1" + "+1" * 100_000, "nested too deep"),
        ("[" + "1," * 200_000 + "]", "more than 200000 values"),
        ("'" + "x" * LONGEST + "'", "characters is too long"),
    ],
)
def test_what_is_no_literal_is_refused_by_its_part(text: str, part: str) -> None:
    with pytest.raises(NotPlain) as refused:
        literal(text)
    assert part in str(refused.value)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("solve", "'solve' is not a call"),
        ("math.sqrt(2)", "'math' is not a call"),
        ("solve().size", "'solve().size' is not a call"),
        ("solve()[0]", "'solve()[0]' is not a call"),
        ("(lambda: 1)()", "'lambda: 1' is called, and is no name"),
        ("solve(1)(2)", "'solve(1)' is called, and is no name"),
        ("solve(x=y)", "'y' is no literal"),
        ("solve(*[1])", "'*[1]' is no literal"),
        ("solve(**{})", "'**{}' is no argument by its name"),
        ("solve(a=1, a=2)", "twice"),
        ("solve(1) == 2", "'solve(1) == 2' is not a call"),
        ("await solve()", "not"),
        ("f()" + ".f()" * MOST_STEPS, "a chain of more than 100 calls"),
        ("f" + "()" * 100_000, "nested too deep"),
        ("f()" + ".f()" * 100_000, "nested too deep"),
    ],
)
def test_what_is_no_call_is_refused_by_its_part(text: str, part: str) -> None:
    with pytest.raises(NotPlain) as refused:
        parsed_call(text)
    assert part in str(refused.value)


def test_the_longest_chain_is_read() -> None:
    assert len(parsed_call("f()" + ".f()" * (MOST_STEPS - 1))) == MOST_STEPS


def test_a_long_list_is_read() -> None:
    assert parsed_call(f"f({list(range(100_000))})")[0].arguments[0][-1] == 99_999


def test_reading_runs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("print('ran')", "solve(print('ran'))"):
        with pytest.raises(NotPlain):
            literal(text)
    assert parsed_call("print('ran')") == (Step("print", ("ran",)),)
    assert capsys.readouterr().out == ""
