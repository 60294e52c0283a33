from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlaif.checks.telling import bytes_shown, call_text, text_shown, value_text
from rlaif.records.jobs import Call, Opaque, Step

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
    max_leaves=40,
)


@settings(deadline=None, max_examples=60)
@given(PLAIN)
def test_a_value_is_one_short_line_of_what_can_be_seen(value: Any) -> None:
    text = value_text(value)
    assert len(text) <= 203
    assert text.isprintable()


@settings(deadline=None, max_examples=60)
@given(PLAIN)
def test_a_short_value_is_written_as_python_writes_it(value: Any) -> None:
    if len(text := value_text(value)) < 200 and "\\u" not in text and "\\x" not in text:
        assert text == repr(value)


@settings(deadline=None, max_examples=60)
@given(st.text())
def test_a_text_is_one_short_line_of_what_can_be_seen(text: str) -> None:
    line = text_shown(text, 20)
    assert line.isprintable()
    assert len(line) <= 20 * len("\\U0001f600") + 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({2, 1}, "{1, 2}"),
        (set(), "set()"),
        ((1,), "(1,)"),
        ({"a": [1, (2, 3)]}, "{'a': [1, (2, 3)]}"),
        (Opaque("Tensor"), "<Tensor>"),
        (Opaque("a\u202eb"), "<a\\u202eb>"),
        ("a\u202eb\n\u3164", "'a\\u202eb\\n\\u3164'"),
        (b"\x00", "b'\\x00'"),
        (10**4000, "<a whole number of 13288 bits>"),
        (-(10**4000), "<a negative whole number of 13288 bits>"),
        ("x" * 10**6, "'" + "x" * 199 + "..."),
        ([0] * 10**6, "[" + "0, " * 66 + "0..."),
    ],
)
def test_values_as_they_are_shown(value: Any, text: str) -> None:
    assert value_text(value) == text


def test_deep_nesting_is_cut() -> None:
    value: Any = 1
    for _ in range(100_000):
        value = [value]
    assert value_text(value).startswith("[" * 31 + "...]")


def test_output_that_is_no_text_is_shown_all_the_same() -> None:
    assert bytes_shown(b"a\n\xff\x1b[31m") == "'a\\n\ufffd\\x1b[31m'"


def test_a_call_is_shown_as_it_would_be_written() -> None:
    chain = Call((Step("Stack", (1, [2])), Step("push", ("x",), {"at": 0}), Step("size")))
    assert call_text(chain) == "Stack(1, [2]).push('x', at=0).size()"
    assert len(call_text(Call((Step("f", ("x" * 10**6,)),)))) < 220


def test_sets_within_sets_are_written_in_no_time() -> None:
    found: frozenset[object] = frozenset()
    for _ in range(60):
        found = frozenset([found])
    assert value_text(found).startswith("{{{{")
    assert value_text({frozenset({2}), frozenset({1}), 3}) == "{{1}, {2}, 3}"
