"""Pairs for elements in any order, where a tolerance leaves it open which belong together."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from rlaif.checks.forms import numbers

_STEPS = 500_000
"""Steps of the search for a pairing; there are more only where a great many are near another."""


class TooManyError(Exception):
    """More ways to pair than are tried."""


def can_be_paired(
    expected: Sequence[Any], got: Sequence[Any], tolerance: float, near: Callable[[Any, Any], bool]
) -> bool:
    """Whether each of `expected` has one of `got` to itself that `near` says is near enough.

    Both are equally many, with the same shape; `near` may raise where it is asked too often.
    Raises: TooManyError.
    """
    order, windows = _windows(expected, got, tolerance)
    if any(begin == end for begin, end in windows):
        return False
    places = [
        [place for place in order[begin:end] if near(one, got[place])]
        for one, (begin, end) in zip(expected, windows, strict=True)
    ]
    return all(places) and _Pairing(places).complete()


Windows = tuple[Sequence[int], list[tuple[int, int]]]
"""The places of what was got, in an order, and for each expected element its part of that order."""


def _windows(expected: Sequence[Any], got: Sequence[Any], tolerance: float) -> Windows:
    """Which places are worth a look, by the number that tells most elements apart."""
    wanted, found = [numbers(one) for one in expected], [numbers(one) for one in got]
    best: Windows = range(len(got)), [(0, len(got))] * len(expected)
    if not all(wanted) or not all(found):
        return best
    for mine, other in zip(
        zip(*filter(None, wanted), strict=True), zip(*filter(None, found), strict=True), strict=True
    ):
        windows = _windows_of(mine, other, tolerance)
        if _looks(windows) < _looks(best):
            best = windows
    return best


def _looks(windows: Windows) -> int:
    return sum(end - begin for begin, end in windows[1])


def _windows_of(wanted: Sequence[float], found: Sequence[float], tolerance: float) -> Windows:
    order = sorted(range(len(found)), key=found.__getitem__)
    ordered = [found[place] for place in order]
    spans = []
    for number in wanted:
        reach = 1.000001 * tolerance * max(1.0, abs(number))
        begin = bisect_left(ordered, number - reach)
        spans.append((begin, bisect_right(ordered, number + reach)))
    return order, spans


class _Pairing:
    """Rows, and the places that each can have; grown along augmenting paths (Kuhn 1955)."""

    def __init__(self, places: Sequence[Sequence[int]]) -> None:
        self._places = places
        self._owner: dict[int, int] = {}
        self._place: dict[int, int] = {}
        self._left = _STEPS

    def complete(self) -> bool:
        """Whether every row gets a place."""
        return all(self._seated(row) for row in range(len(self._places)))

    def _seated(self, start: int) -> bool:
        came: dict[int, int] = {}
        free = self._free(start, came)
        while free is not None:
            row = came[free]
            before = self._place.get(row)
            self._owner[free], self._place[row] = row, free
            if row == start:
                return True
            free = before
        return False

    def _free(self, start: int, came: dict[int, int]) -> int | None:
        """A place that is free once others move on; `came` says for each place seen, whence."""
        rows = [start]
        while rows:
            row = rows.pop()
            self._left -= len(self._places[row])
            if self._left < 0:
                raise TooManyError
            for place in self._places[row]:
                if place in came:
                    continue
                came[place] = row
                if place not in self._owner:
                    return place
                rows.append(self._owner[place])
        return None
