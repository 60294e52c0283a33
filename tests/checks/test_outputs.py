import tracemalloc
from typing import Any

import pytest

from rlaif.checks.outputs import Compare, difference, same_output


@pytest.mark.parametrize(
    ("expected", "got", "compare", "tolerance", "met"),
    [
        ("1\n2\n", b"1 \r\n2", "lines", 0, True),
        ("1\n2", b"1\n2\n\n \n", "lines", 0, True),
        ("1\n2", b"1 2", "lines", 0, False),
        ("1\n2", b"\n1\n2", "lines", 0, False),
        (" 1", b"1", "lines", 0, False),
        ("", b"\n\n", "lines", 0, True),
        ("1\n", b"1\n", "exact", 0, True),
        ("1\n", b"1", "exact", 0, False),
        ("1 2\n3", b"1\n2 3 ", "tokens", 0, True),
        ("1.0", b"1", "tokens", 0, False),
        ("1.0", b"1", "tokens", 1e-9, True),
        ("x 100.0", b"x 100.5", "tokens", 0.01, True),
        ("x 100.0", b"y 100.0", "tokens", 0.01, False),
        ("1", b"1 1", "tokens", 0.1, False),
        ("1e3", b"1000", "tokens", 1e-9, True),
        ("1", b"inf", "tokens", 1e300, False),
        ("inf", b"inf", "tokens", 0.1, True),
        ("1", b"1e999", "tokens", 1e300, False),
        ("1", b"1_0", "tokens", 100, False),
        ("1", "\u0661".encode(), "tokens", 100, False),
        ("1", b"9" * 1_000_000, "tokens", 1e300, False),
        ("\ufffd", b"\xff", "lines", 0, False),
        ("\ufffd", "\ufffd".encode(), "lines", 0, True),
        ("\u00e9", "\u00e9".encode("latin-1"), "tokens", 0, False),
    ],
)
def test_outputs_are_compared_as_the_check_says(
    expected: str, got: bytes, compare: Compare, tolerance: float, met: bool
) -> None:
    assert same_output(expected, got, compare, tolerance) is met


@pytest.mark.parametrize(
    ("expected", "got", "compare", "text"),
    [
        ("1", b"2\n", "lines", "'2\\n', expected '1'"),
        ("1\n2\n3", b"1\nx\n3", "lines", "'x' in line 2, expected '2'"),
        ("1\n2\n3", b"1\n2", "lines", "2 lines, expected 3"),
        ("1", b"\xff", "lines", "'\ufffd' (not UTF-8), expected '1'"),
        ("1\n2", b"1\n2\n", "exact", "'1\\n2\\n', expected '1\\n2'"),
    ],
)
def test_the_difference_is_named(expected: str, got: bytes, compare: Compare, text: str) -> None:
    assert difference(expected, got, compare) == text


@pytest.mark.parametrize("compare", ["lines", "tokens"])
def test_far_more_than_is_expected_takes_little_memory(compare: Any) -> None:
    flood = b"ab\n" * 2_000_000
    tracemalloc.start()
    try:
        assert not same_output("ab\nab\n", flood, compare)
        told = difference("ab\nab\n", flood, compare)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert told == "2000000 lines, expected 2"
    assert most < 8 * len(flood)
