"""Plain data as nested tuples that sort, and are equal exactly where the values are the same.

Types count: `True` is not 1, a list is not a tuple. Whole numbers and floats are numbers alike. No
form is hashed, because numbers can be chosen so that their hashes collide, and no method of a value
that could vote is called.
"""

from __future__ import annotations

from math import isfinite
from typing import Any

DEEPEST = 100
"""More nesting than this has no form."""

_MOST_NUMBERS = 8

Form = tuple[Any, ...]
_NONE, _BOOL, _NUMBER, _NAN, _COMPLEX, _TEXT, _BYTES, _LIST, _TUPLE, _DICT, _SET = range(11)


class NoFormError(Exception):
    """No plain data, or nested too deep."""


def form(value: Any, depth: int = 0, *, blank: bool = False) -> Form:
    """The form of `value`; with `blank` without its numbers, but for those in the keys of dicts.

    Raises: NoFormError.
    """
    kind = type(value)
    if kind in (int, float, complex):
        return _number_form(value, blank)
    if kind is str or kind is bytes:
        return (_TEXT if kind is str else _BYTES, value)
    if value is None or kind is bool:
        return (_NONE,) if value is None else (_BOOL, value)
    if depth >= DEEPEST:
        raise NoFormError
    if kind is list or kind is tuple:
        parts = tuple(form(one, depth + 1, blank=blank) for one in value)
        return (_LIST if kind is list else _TUPLE, len(parts), parts)
    return _unordered_form(value, depth, blank)


def _number_form(value: complex, blank: bool) -> Form:
    if type(value) is complex:
        parts = (form(value.real, blank=blank), form(value.imag, blank=blank))
        return (_COMPLEX, *parts)
    if blank:
        return (_NUMBER,)
    return (_NAN,) if value != value else (_NUMBER, value)


def _unordered_form(value: Any, depth: int, blank: bool) -> Form:
    if type(value) is dict:
        pairs = [
            (form(key, depth + 1), form(one, depth + 1, blank=blank)) for key, one in value.items()
        ]
        return (_DICT, len(pairs), tuple(sorted(pairs)))
    if type(value) in (set, frozenset):
        parts = [form(one, depth + 1, blank=blank) for one in value]
        return (_SET, len(parts), tuple(sorted(parts)))
    raise NoFormError


def numbers(value: Any) -> list[float] | None:
    """The first numbers in a value that has a form, as floats, in an order that the form fixes.

    None where a set, which fixes no order, or a number that is no finite float is among them.
    """
    found: list[float] = []
    waiting = [value]
    while waiting and len(found) < _MOST_NUMBERS:
        one = waiting.pop()
        kind = type(one)
        if kind in (int, float):
            number = _finite(one)
            if number is None:
                return None
            found.append(number)
        elif kind in (list, tuple):
            waiting.extend(reversed(one[:_MOST_NUMBERS]))
        elif kind is dict:
            keyed = sorted(((form(key), part) for key, part in one.items()), key=lambda row: row[0])
            waiting.extend(part for _, part in reversed(keyed))
        elif kind in (set, frozenset, complex):
            return None
    return found


def _finite(number: float) -> float | None:
    try:
        found = float(number)
    except OverflowError:
        return None
    return found if isfinite(found) else None
