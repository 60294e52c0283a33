"""Whether what code gave is what an expert expected: typed equality over plain data.

Types count: `True` is not 1, a list is not a tuple, and `{1: x}` is not `{True: x}`. Whole numbers
and floats compare as numbers, and a nan is the same as a nan. What is no plain data (`Opaque`), or
is nested more than 100 deep, is the same as nothing. The work is bounded.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any

from rlaif.checks.forms import DEEPEST, Form, NoFormError, form
from rlaif.checks.pairing import TooManyError, can_be_paired

_STEPS = 2_000_000
_STEPS_TO_PAIR = 200_000
"""Values looked at to pair elements whose order is free, where sorting alone does not pair them."""


class _TooMuchError(Exception):
    """More to look at than is looked at."""


def same(expected: Any, got: Any, tolerance: float = 0.0, *, any_order: bool = False) -> bool:
    """Whether `got` is `expected`.

    `tolerance` is relative to max(1, |expected|), for each number by itself, in sets as well, but
    not in the keys of a dict; an infinite number is within no tolerance. With `any_order` the
    elements of a list or tuple may come in another order; lists within it keep theirs. Where a
    tolerance leaves it open which elements belong together, and there are a great many such
    ways, only the sorted order is tried. Never raises.
    """
    try:
        if not tolerance:
            return _exactly(expected, any_order) == _exactly(got, any_order)
        within = _Within(tolerance)
        if any_order and type(expected) in (list, tuple):
            return type(got) is type(expected) and within.matched(expected, got, 0)
        return within.near(expected, got, 0)
    except (NoFormError, TooManyError, _TooMuchError):
        return False


def _exactly(value: Any, any_order: bool) -> Form:
    made = form(value)
    if any_order and type(value) in (list, tuple):
        return (*made[:-1], tuple(sorted(made[-1])))
    return made


class _Within:
    """Comparison within a tolerance; counts what it looks at."""

    def __init__(self, tolerance: float) -> None:
        self._tolerance = tolerance
        self._left = _STEPS

    def near(self, expected: Any, got: Any, depth: int) -> bool:
        """Whether two values are the same, each number within the tolerance."""
        self._left -= 1
        if self._left < 0 or depth > DEEPEST:
            raise _TooMuchError
        kind, other = type(expected), type(got)
        if kind in (int, float) and other in (int, float):
            return near_number(expected, got, self._tolerance)
        if kind in (set, frozenset) and other in (set, frozenset):
            return self.matched(tuple(expected), tuple(got), depth)
        if kind is not other:
            return False
        if kind is complex:
            return self.near((expected.real, expected.imag), (got.real, got.imag), depth)
        if kind in (list, tuple):
            return len(expected) == len(got) and self._each(expected, got, depth)
        if kind is dict:
            return self._near_dicts(expected, got, depth)
        return form(expected, depth) == form(got, depth)

    def matched(self, expected: Sequence[Any], got: Sequence[Any], depth: int) -> bool:
        """Whether each element of one can be paired with one of the other, in whatever order."""
        if len(expected) != len(got):
            return False
        wanted, found = _by_shape(expected, depth), _by_shape(got, depth)
        return [shape for shape, _ in wanted] == [shape for shape, _ in found] and all(
            len(mine) == len(other) and self._paired(mine, other, depth)
            for (_, mine), (_, other) in zip(wanted, found, strict=True)
        )

    def _each(self, expected: Sequence[Any], got: Sequence[Any], depth: int) -> bool:
        return all(self.near(e, g, depth + 1) for e, g in zip(expected, got, strict=True))

    def _near_dicts(self, expected: dict[Any, Any], got: dict[Any, Any], depth: int) -> bool:
        mine, other = _by_key(expected, depth), _by_key(got, depth)
        return [key for key, _ in mine] == [key for key, _ in other] and self._each(
            [one for _, one in mine], [one for _, one in other], depth
        )

    def _paired(self, expected: Sequence[Any], got: Sequence[Any], depth: int) -> bool:
        """In sorted order, which always finds it for numbers, or else in any order at all."""
        if self._each(expected, got, depth):
            return True
        self._left = min(self._left, _STEPS_TO_PAIR)
        return can_be_paired(
            expected, got, self._tolerance, lambda e, g: self.near(e, g, depth + 1)
        )


def near_number(expected: float, got: float, tolerance: float) -> bool:
    """|expected - got| <= tolerance x max(1, |expected|), by the numbers as they are written.

    So 1.1 is within 0.1 of 1, which floating point alone would deny.
    """
    if expected == got:
        return True
    if expected != expected or got != got:
        return expected != expected and got != got
    if math.inf in (abs(expected), abs(got)):
        return False
    try:
        a, b = float(expected), float(got)
    except OverflowError:
        return _near_exactly(expected, got, tolerance)
    off, allowed = abs(a - b), tolerance * max(1.0, abs(a))
    unsure = 1e-6 * allowed + 1e-15 * (abs(a) + abs(b))
    if math.isfinite(off) and math.isfinite(allowed) and abs(off - allowed) > unsure:
        return off < allowed
    return _near_exactly(expected, got, tolerance)


def _near_exactly(expected: float, got: float, tolerance: float) -> bool:
    a, b, share = _fraction(expected), _fraction(got), _fraction(tolerance)
    return abs(a - b) <= share * max(Fraction(1), abs(a))


def _fraction(number: float) -> Fraction:
    return Fraction(repr(number)) if type(number) is float else Fraction(number)


def _by_shape(values: Sequence[Any], depth: int) -> list[tuple[Form, list[Any]]]:
    """The values that differ in their numbers alone, together and sorted."""
    shaped = [(form(one, depth + 1, blank=True), form(one, depth + 1), one) for one in values]
    shaped.sort(key=lambda row: row[:2])
    return [(s, [row[2] for row in rows]) for s, rows in groupby(shaped, lambda row: row[0])]


def _by_key(value: dict[Any, Any], depth: int) -> list[tuple[Form, Any]]:
    keyed = [(form(key, depth + 1), one) for key, one in value.items()]
    return sorted(keyed, key=lambda row: row[0])
