"""Patterns in RE2's syntax: linear time on any text, and told apart from what RE2 leaves out."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

from rlaif.records.base import Fault

LONGEST_PATTERN = 10_000
"""Characters of one pattern."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_LOOKAROUND = re.compile(r"\(\?<?[=!]")
_BACKREFERENCE = re.compile(r"\\[1-9]|\(\?P=|\\k<")
_ATOMIC = re.compile(r"\(\?>|[*+?}]\+")
_MENDS = (
    (_LOOKAROUND, "look-ahead and look-behind", "say it with two criteria, one for each condition"),
    (_BACKREFERENCE, "references back to a group", "write the repeated part out"),
    (_ATOMIC, "atomic groups and possessive repeats", "plain groups never backtrack here"),
)


@lru_cache(maxsize=1024)
def compiled(pattern: str, ignore_case: bool = False) -> Any:
    """The pattern, ready to search with. Raises: re2.error where it is not RE2's syntax."""
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not ignore_case
    return re2.compile(pattern, options)


def well_formed(text: str) -> str:
    """`text` with each half of a surrogate pair, which no UTF-8 can hold, replaced by U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def pattern_fault(pattern: str, at: tuple[str | int, ...] = ()) -> Fault | None:
    """What keeps the pattern from being used, with its place and the mend; None when sound."""
    if len(pattern) > LONGEST_PATTERN:
        return Fault(at, f"a pattern of {len(pattern)} characters is too long", "10000 at most")
    try:
        compiled(well_formed(pattern))
    except re2.error as error:
        return _explained(pattern, _reason(error), at)
    return None


def _reason(error: Exception) -> str:
    """RE2's own words; it hands them over as bytes."""
    said = error.args[0] if error.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


def _explained(pattern: str, reason: str, at: tuple[str | int, ...]) -> Fault:
    for known, name, mend in _MENDS:
        found = known.search(pattern)
        if found:
            where = f"'{found.group()}' at character {found.start() + 1}"
            return Fault(at, f"patterns do not support {name}: {where}", mend)
    kind, _, piece = reason.partition(": ")
    place = pattern.find(piece) if piece and piece != pattern else -1
    where = f" at character {place + 1}" if place >= 0 else ""
    shown = reason if len(reason) <= 120 else f"{kind}: {piece[:60]}..."
    return Fault(at, f"the pattern is not valid{where}: {shown}", "patterns are in RE2's syntax")
