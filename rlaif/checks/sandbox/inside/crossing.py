"""What crosses between tests and the code they test: values, objects left behind, and changes.

Plain data crosses as in `values`. A list, dict, set or bytearray that is an argument of the call in
hand is named by its number, so that what is the same object on one side is so on the other. Some
types of the standard library cross as text. Anything else stays where it is, and a handle crosses.
"""

from __future__ import annotations

import base64
import builtins
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from rlaif.checks.sandbox.inside.values import DEEPEST, Garbled, decode, encode

MOST_LINE = 2**22
"""Bytes of one message."""

MOST_MUTABLES = 20_000
"""Lists, dicts, sets and bytearrays among the arguments of one call."""

BINARY = (
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"),
    *("and_", "or_", "xor", "lshift", "rshift", "lt", "le", "gt", "ge"),
)
"""Operators of two operands, as the module `operator` calls them."""

IN_PLACE = ("add", "sub", "mul", "truediv")

Special = Callable[[Any], Any]
Known = Callable[[str], Any]
_LEAVES = (type(None), bool, int, float, str, bytes)

_TYPES = {n: kind for n, kind in vars(builtins).items() if isinstance(kind, type) and n[0] != "_"}
_NAMED = {id(kind): name for name, kind in _TYPES.items()}
"""Builtin types, which are the same on both sides."""

_WRITTEN: dict[type, tuple[str, Callable[[Any], str]]] = {
    Decimal: ("D", str),
    Fraction: ("F", str),
    datetime: ("T", datetime.isoformat),
    date: ("Y", date.isoformat),
    timedelta: ("E", lambda value: f"{value.days},{value.seconds},{value.microseconds}"),
}
_READ: dict[str, Callable[[str], Any]] = {
    "D": Decimal,
    "F": Fraction,
    "T": datetime.fromisoformat,
    "Y": date.fromisoformat,
    "n": lambda name: _TYPES[name],
    "E": lambda text: timedelta(*map(int, text.split(","))),
}


def mutables(values: Any) -> list[Any]:
    """The lists, dicts, sets and bytearrays among arguments, in an order both sides agree on.

    One that is there twice is listed twice. Raises: TypeError where there are too many.
    """
    found = list(_mutables(values, 0))
    if len(found) > MOST_MUTABLES:
        raise TypeError("the arguments are too large to be handed to the code")
    return found


def _mutables(values: Any, depth: int) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list | dict | set | bytearray):
            yield value
        if isinstance(value, list | tuple) and depth < DEEPEST:
            yield from _mutables(value, depth + 1)
        elif isinstance(value, dict) and depth < DEEPEST:
            yield from _mutables(value.values(), depth + 1)


class Writer:
    """Values as JSON data, where some objects are known to the other side by a number."""

    def __init__(self, special: Special, known: list[Any] | None = None) -> None:
        """`special` writes what is no plain data; `known` are objects that are named by place."""
        self._special = special
        self._places: dict[int, int] = {}
        for place, one in enumerate(known or ()):
            self._places.setdefault(id(one), place)

    def write(self, value: Any, depth: int = 0) -> Any:
        """A value; one that is known by its number alone."""
        kind = type(value)
        if kind in _LEAVES:
            return encode(value)
        if id(value) in self._places:
            return {"t": "h", "v": f"a{self._places[id(value)]}"}
        return self.contents(value, depth)

    def contents(self, value: Any, depth: int = 0) -> Any:
        """A value by what is in it, known or not."""
        if depth > DEEPEST:
            raise ValueError("a value nested too deeply")
        if isinstance(value, list):
            return [self.write(one, depth + 1) for one in list.__iter__(value)]
        if isinstance(value, tuple):
            return {"t": "tu", "v": [self.write(one, depth + 1) for one in tuple.__iter__(value)]}
        if isinstance(value, dict):
            pairs = [self.write(tuple(pair), depth + 1) for pair in dict.items(value)]
            return {"t": "d", "v": pairs}
        if isinstance(value, bytearray):
            return {"t": "ba", "v": base64.b64encode(value).decode()}
        return encode(value, self._written, depth)

    def _written(self, value: Any) -> Any:
        """What stands for something that is no plain data."""
        if type(value) in _WRITTEN:
            tag, text = _WRITTEN[type(value)]
            if len(written := text(value)) < 79:
                return {"t": "h", "v": tag + written}
        if id(value) in _NAMED:
            return {"t": "h", "v": f"n{_NAMED[id(value)]}"}
        return self._special(value)


def read(data: Any, known: list[Any], handle: Known) -> Any:
    """The value that JSON data stands for. `handle` makes what no one here knows from its text.

    Raises: Garbled.
    """

    def foreign(tag: str, text: str) -> Any:
        if tag == "h" and text[:1] in _READ:
            try:
                return _READ[text[0]](text[1:])
            except (ArithmeticError, LookupError, TypeError, ValueError) as error:
                raise Garbled("a value that cannot be read") from error
        if tag == "h" and text[:1] == "a":
            place = number(text[1:])
            if place < len(known):
                return known[place]
        elif tag == "h":
            return handle(text)
        raise Garbled("no value that may cross")

    return decode(data, foreign)


def number(text: Any) -> int:
    """A number that the other side names something by. Raises: Garbled."""
    if type(text) is str and len(text) < 16 and text.isascii() and text.isdigit():
        return int(text)
    raise Garbled("no number")


def same_kind(old: Any, new: Any) -> bool:
    """Whether `new` can be what became of `old`: an object does not change its type."""
    kinds = (list, dict, set, bytearray)
    return any(isinstance(old, kind) and type(new) is kind for kind in kinds)


def become(old: Any, new: Any) -> None:
    """Give an object the contents of another of its kind."""
    if isinstance(old, list | bytearray):
        old[:] = new
    else:
        old.clear()
        old.update(new)
