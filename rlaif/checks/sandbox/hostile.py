"""Records that a process in the sandbox has written: read with nothing taken for granted."""

from __future__ import annotations

from typing import Any

import orjson

from rlaif.checks.sandbox.inside.calls import LONGEST_LINE
from rlaif.checks.sandbox.inside.values import Garbled, loads

_MOST = LONGEST_LINE + 4096
"""Bytes of one record: a longer one was not written by our side of that process."""


def read_line(line: bytes | None) -> dict[str, Any]:
    """The record in a line; an empty one for no line, and for whatever is no record."""
    if not line or len(line) > _MOST:
        return {}
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        found = _with_surrogates(line)
    return found if isinstance(found, dict) else {}


def _with_surrogates(line: bytes) -> Any:
    """Texts of Python may hold half a pair, which the faster reader refuses."""
    try:
        return loads(line)
    except Garbled:
        return None


def text_of(value: Any, most: int = 400) -> str:
    """A text, cut; empty for anything else, since even to write a deep list as text can raise."""
    return value[:most] if type(value) is str else ""
