"""Plain data as JSON, both ways: what may cross between hostile code and this side.

None, bool, int, float, complex, str, bytes, list, tuple, dict, set and frozenset cross as what they
are; a value of a subclass crosses as plain data, its class never does; anything else crosses as the
name of its type. Reading trusts nothing: depth, nodes and digits are bounded.
"""

from __future__ import annotations

import base64
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

DEEPEST = 64
"""Levels of one value."""

MOST_NODES = 200_000
"""Parts of one value, those of its parts included."""

_MOST_ALIKE = 200
"""Parts of one set or dict with the same hash: numbers can be chosen so that all have it."""

_EXACT = 2**53
_MOST_DIGITS = 100_000
_SETS: dict[str, type] = {"s": set, "fs": frozenset}
_NOT_FINITE = ("nan", "inf", "-inf")


Special = Callable[[Any], Any]
"""Writes what is no plain data, as JSON data."""

Foreign = Callable[[str, str], Any]
"""Makes something of what is no plain data: a tag (`o` an object's type, `h` a handle), a text."""


class Garbled(ValueError):
    """The text is no value that may cross; the message says why."""


def encode(value: Any, special: Special | None = None, depth: int = 0) -> Any:
    """`value` as JSON data; what is no plain data is written by `special`, else as its type's name.

    Raises nothing but what a hostile value's own methods raise.
    """
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        return value if -_EXACT < value < _EXACT else {"t": "i", "v": hex(value)}
    if kind is float:
        return value if math.isfinite(value) else {"t": "f", "v": repr(value)}
    if depth > DEEPEST:
        return {"t": "o", "v": "a value nested too deeply"}
    if kind is list:
        return [encode(part, special, depth + 1) for part in value]
    for base, tag, parts in _OF_PARTS:
        if isinstance(value, base):
            written = [encode(part, special, depth + 1) for part in parts(value)]
            return {"t": tag, "v": written} if tag else written
    return _encode_leaf(value, special, depth)


def _encode_leaf(value: Any, special: Special | None, depth: int) -> Any:
    if isinstance(value, bytes | bytearray):
        return {"t": "b", "v": base64.b64encode(value).decode()}
    if isinstance(value, complex):
        return {"t": "c", "v": [repr(value.real), repr(value.imag)]}
    if isinstance(value, int):
        return encode(int(value), special, depth)
    if isinstance(value, float):
        return encode(float(value), special, depth)
    if isinstance(value, str):
        return encode(str(value), special, depth)
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        return encode(value.tolist(), special, depth + 1)
    return special(value) if special else {"t": "o", "v": type(value).__name__[:80]}


_OF_PARTS: tuple[tuple[type, str, Callable[[Any], Iterable[Any]]], ...] = (
    (tuple, "tu", tuple.__iter__),
    (dict, "d", lambda value: (tuple(pair) for pair in dict.items(value))),
    (set, "s", set.__iter__),
    (frozenset, "fs", frozenset.__iter__),
    (list, "", list.__iter__),
)
"""Types with parts, which may be subclasses of them, and the letter that each crosses under."""


def decode(data: Any, foreign: Foreign) -> Any:
    """The value that JSON data stands for; what is no plain data is made by `foreign`.

    Raises: Garbled.
    """
    return _Reader(foreign).read(data, 0)


class _Reader:
    """Reads one value, counting its parts."""

    def __init__(self, foreign: Foreign) -> None:
        self._left = MOST_NODES
        self._foreign = foreign

    def read(self, data: Any, depth: int) -> Any:
        self._left -= 1
        if depth > DEEPEST + 2 or self._left < 0:
            raise Garbled("the value is too deep or too large")
        if data is None or type(data) in (bool, int, float, str):
            return data
        if type(data) is list:
            return [self.read(part, depth + 1) for part in data]
        if type(data) is dict:
            return self._tagged(data.get("t"), data.get("v"), depth)
        raise Garbled("no value of ours")

    def _tagged(self, tag: Any, data: Any, depth: int) -> Any:
        if type(data) is list:
            return self._of_parts(tag, data, depth)
        if type(data) is not str:
            raise Garbled("a part without its data")
        if tag in ("o", "h"):
            return self._foreign(tag, data[:80])
        if tag == "f" and data in _NOT_FINITE:
            return float(data)
        try:
            if tag == "i" and len(data) < _MOST_DIGITS:
                return int(data, 16)
            if tag in ("b", "ba"):
                raw = base64.b64decode(data, validate=True)
                return raw if tag == "b" else bytearray(raw)
        except ValueError:
            raise Garbled("a number or bytes that cannot be read") from None
        raise Garbled("an unknown kind of value")

    def _of_parts(self, tag: Any, data: list[Any], depth: int) -> Any:
        try:
            if tag == "tu":
                return tuple(self.read(part, depth + 1) for part in data)
            if tag == "d":
                pairs = [self._of_parts("tu", pair["v"], depth + 1) for pair in data]
                _told_apart([pair[0] for pair in pairs])
                return dict(pairs)
            if tag in ("s", "fs"):
                parts = [self.read(part, depth + 1) for part in data]
                _told_apart(parts)
                return _SETS[tag](parts)
            if tag == "c":
                real, imaginary = data
                return complex(float(real), float(imaginary))
        except (LookupError, TypeError, ValueError, OverflowError) as error:
            if isinstance(error, Garbled):
                raise
            raise Garbled("a part that does not fit its kind") from None
        raise Garbled("an unknown kind of value")


def _told_apart(parts: list[Any]) -> None:
    """Raises: Garbled where a table of the parts would take time without end to build."""
    if len(parts) > _MOST_ALIKE and max(Counter(map(hash, parts)).values()) > _MOST_ALIKE:
        raise Garbled("too many parts with the same hash")


def loads(line: bytes) -> Any:
    """One line of JSON. Raises: Garbled for whatever is none."""
    try:
        return json.loads(line, parse_constant=_no_constant)
    except Garbled:
        raise
    except (ValueError, RecursionError):
        raise Garbled("not JSON") from None


def dumps(data: Any) -> bytes:
    """JSON data as one line."""
    return json.dumps(data, separators=(",", ":")).encode() + b"\n"


def _no_constant(name: str) -> Any:
    raise Garbled(f"{name} is no number of JSON")
