"""Whether a program wrote what was expected: by lines, by tokens, or exactly."""

from __future__ import annotations

import math
import re
from typing import Literal

from rlaif.checks.sameness import near_number
from rlaif.checks.telling import bytes_shown, value_text

Compare = Literal["lines", "exact", "tokens"]

_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,4})?\Z")
_LONGEST_NUMBER = 400
_LINE_SPACE = " \t\r\f\v"
_SPACE = f"{_LINE_SPACE}\n"


def same_output(expected: str, got: bytes, compare: Compare, tolerance: float = 0.0) -> bool:
    """Whether `got` is UTF-8 for `expected`, as far as `compare` looks.

    `lines`: white space at the ends of lines and empty lines at the end do not count. `tokens`: no
    white space counts, and two numbers may differ by `tolerance` x max(1, |expected|).
    """
    text = _text(got)
    if text is None:
        return False
    if compare == "exact":
        return text == expected
    if compare == "lines":
        wanted = _lines(expected)
        return _lines(text, len(wanted)) == wanted
    wanted = expected.split()
    found = text.split(maxsplit=len(wanted))
    return len(wanted) == len(found) and all(
        one == other or (tolerance > 0 and _near(one, other, tolerance))
        for one, other in zip(wanted, found, strict=True)
    )


def difference(expected: str, got: bytes, compare: Compare, tolerance: float = 0.0) -> str:
    """What was written and what was expected; of several lines the first that differ."""
    text = _text(got)
    if text is None:
        return f"{bytes_shown(got)} (not UTF-8), expected {value_text(expected)}"
    wanted = _lines(expected)
    found = _lines(text, max(len(wanted), 1))
    if min(len(wanted), len(found)) < 2 or compare == "exact":
        return f"{value_text(text)}, expected {value_text(expected)}"
    for number, (one, other) in enumerate(zip(wanted, found, strict=False), 1):
        if not same_output(one, other.encode(), compare, tolerance):
            return f"{value_text(other)} in line {number}, expected {value_text(one)}"
    written = text.rstrip(_SPACE).count("\n") + 1
    return f"{written} lines, expected {len(wanted)}"


def _text(got: bytes) -> str | None:
    try:
        return got.decode()
    except UnicodeDecodeError:
        return None


def _lines(text: str, most: int = -1) -> list[str]:
    """The lines without what does not count; what comes after `most` of them as one line more.

    A program can write more lines than there is memory for.
    """
    text = text.rstrip(_SPACE)
    return [line.rstrip(_LINE_SPACE) for line in text.split("\n", most)] if text else []


def _near(expected: str, got: str, tolerance: float) -> bool:
    one, other = _number(expected), _number(got)
    return one is not None and other is not None and near_number(one, other, tolerance)


def _number(token: str) -> float | None:
    """A number as programs write it; `inf` and `nan` are words."""
    if len(token) > _LONGEST_NUMBER or not _NUMBER.match(token):
        return None
    if token.lstrip("+-").isdigit():
        return int(token)
    found = float(token)
    return found if math.isfinite(found) else None
