"""Inputs drawn from what an expert declares: the same for a seed on every machine, edges often.

Only `random()` and `getrandbits()` of Python's generator are used, whose numbers no version of
Python has changed. A quarter of the values is an edge of its range (the least, the greatest, 0, 1,
empty, one element), the first two cases are all small and all large, and a case that was drawn
before is drawn again a few times.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor
from random import Random
from typing import Any, TypeVar

from rlaif.checks.forms import form
from rlaif.records.drawn import Characters, Integers, Lists, Numbers, Strategy
from rlaif.records.identity import digest

MOST_A_CASE = 50_000
"""Values of one case; lists and texts are as short as they may be from there on."""

MOST = 500_000
"""Values of all cases together."""

_EDGES = 0.25
_SMALL = 0.5
_DRAWN_AGAIN = 5
_SHAPES = ("small", "large")


T = TypeVar("T")


class CannotDrawError(ValueError):
    """Nothing fits what is declared; the message says what does not."""


def drawn(strategies: tuple[Strategy, ...], count: int, seed: str) -> list[list[Any]]:
    """So many lists of arguments, one value for each strategy. Raises: CannotDrawError."""
    cases: list[list[Any]] = []
    seen = set()
    left = MOST
    for place in range(count):
        for again in range(_DRAWN_AGAIN):
            random = Random(int(digest(seed, str(place), str(again)), 16))  # noqa: S311 - no secret
            shape = _SHAPES[place] if place < len(_SHAPES) and not again else ""
            draw = _Draw(random, min(left, MOST_A_CASE), shape)
            case = [draw.value(strategy) for strategy in strategies]
            if (known := form(case)) not in seen:
                break
        seen.add(known)
        left -= draw.spent
        cases.append(case)
    return cases


_How = tuple[Callable[[Any], Any], Any]
"""What draws a value, and what it is given."""


class _Draw:
    """Draws one case."""

    def __init__(self, random: Random, budget: int, shape: str) -> None:
        self._random = random
        self._budget = budget
        self._shape = shape
        self.spent = 0
        self._how: dict[int, _How] = {}
        self._by_kind: dict[str, Callable[[Any], Any]] = {
            "integers": self._integer,
            "numbers": self._number,
            "booleans": lambda _: self._below(2) == 1,
            "text": self._text,
            "one_of": self._one,
            "lists": self._list,
            "tuples": lambda parts: tuple(self.value(part) for part in parts),
            "records": lambda parts: {key: self.value(part) for key, part in parts.items()},
            "value": lambda value: value,
        }

    def value(self, strategy: Strategy) -> Any:
        """One value."""
        self.spent += 1
        if self.spent > 4 * MOST_A_CASE:
            raise CannotDrawError(f"one case needs more than {4 * MOST_A_CASE} values")
        draw, declared = self._how.get(id(strategy)) or self._looked_up(strategy)
        return draw(declared)

    def _looked_up(self, strategy: Strategy) -> _How:
        kind = strategy.kind
        how = self._how[id(strategy)] = self._by_kind[kind], getattr(strategy, kind)
        return how

    def _integer(self, bounds: Integers) -> int:
        low, high = bounds.min, bounds.max
        if self._at_an_edge():
            return self._edge([low, high, *(i for i in (0, 1, -1) if low < i < high)])
        if high - low > 1000 and self._random.random() < _SMALL:
            low, high = self._narrowed(low, high)
        return low + self._below(high - low + 1)

    def _narrowed(self, low: int, high: int) -> tuple[int, int]:
        """Numbers of few digits, which a wide range would hardly ever give."""
        reach = 10 ** (1 + self._below(len(str(high - low)) - 1))
        middle = min(max(0, low), high)
        return max(low, middle - reach), min(high, middle + reach)

    def _number(self, bounds: Numbers) -> float:
        low, high = bounds.min, bounds.max
        if bounds.decimals is not None:
            return self._decimal(bounds, 10**bounds.decimals)
        if self._at_an_edge():
            return self._edge([low, high, *(x for x in (0.0, 1.0, -1.0) if low < x < high)])
        share = self._random.random()
        return min(max(low * (1 - share) + high * share, low), high)

    def _decimal(self, bounds: Numbers, unit: int) -> float:
        low = ceil(Fraction(repr(float(bounds.min))) * unit)
        high = floor(Fraction(repr(float(bounds.max))) * unit)
        if low > high:
            told = f"between {bounds.min:.15g} and {bounds.max:.15g}"
            raise CannotDrawError(f"no number {told} has {bounds.decimals} decimals")
        if self._at_an_edge():
            return self._edge([low, high, *(i for i in (0, unit, -unit) if low < i < high)]) / unit
        return (low + self._below(high - low + 1)) / unit

    def _text(self, bounds: Characters) -> str:
        length = self._length(bounds.min_length, bounds.max_length, cost=8)
        self.spent += length // 8
        alphabet = bounds.alphabet
        shape, self._shape = self._shape, ""
        of = 1 if self._at_an_edge() else length
        found = "".join(alphabet[self._below(len(alphabet))] for _ in range(of))
        self._shape = shape
        return (found * length)[:length]

    def _one(self, values: tuple[Any, ...]) -> Any:
        return values[self._below(len(values))]

    def _list(self, bounds: Lists) -> list[Any]:
        length = self._length(bounds.min_length, bounds.max_length)
        values = self._unlike(bounds, length) if bounds.unique else self._any(bounds.of, length)
        return sorted(values) if bounds.sorted else values

    def _any(self, of: Strategy, length: int) -> list[Any]:
        """Values of any kind; a small or large case is one by its length."""
        shape, self._shape = self._shape, ""
        found = [self.value(of) for _ in range(length)]
        self._shape = shape
        return found

    def _unlike(self, bounds: Lists, length: int) -> list[Any]:
        """Values that all differ; fewer than `length` where there are not so many."""
        found: dict[Any, Any] = {}
        shape, self._shape = self._shape, ""
        for _ in range(50 + 10 * length):
            if len(found) == length:
                break
            value = self.value(bounds.of)
            found.setdefault(form(value), value)
        self._shape = shape
        if len(found) < bounds.min_length:
            told = f"{bounds.min_length} different values"
            raise CannotDrawError(f"a list needs {told}, and only {len(found)} were found")
        return list(found.values())

    def _length(self, least: int, most: int, cost: int = 1) -> int:
        """Any length, short ones more often; the least where the case is large already."""
        most = min(most, max(least, (self._budget - self.spent) * cost))
        if self._at_an_edge():
            return self._edge([least, most, *([1] if least < 1 < most else [])])
        return least + int((most - least + 1) * self._random.random() ** 2)

    def _at_an_edge(self) -> bool:
        return bool(self._shape) or self._random.random() < _EDGES

    def _edge(self, edges: list[T]) -> T:
        """One of the edges; the least stands first, the greatest second."""
        if self._shape:
            return edges[_SHAPES.index(self._shape)]
        return edges[self._below(len(edges))]

    def _below(self, number: int) -> int:
        """A whole number from 0 to `number` - 1, each as likely."""
        if self._shape:
            return 0 if self._shape == "small" else number - 1
        bits = (number - 1).bit_length()
        while True:
            found = self._random.getrandbits(bits) if bits else 0
            if found < number:
                return found
