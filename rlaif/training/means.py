"""Means by name, of numbers that go by: two numbers a name are held, and no list."""

from __future__ import annotations


class Means:
    """A running mean for each name."""

    def __init__(self) -> None:
        """Begin with none."""
        self._sums: dict[str, tuple[float, int]] = {}

    def add(self, name: str, number: float) -> None:
        """One more number of a name."""
        total, count = self._sums.get(name, (0.0, 0))
        self._sums[name] = (total + number, count + 1)

    def of(self) -> dict[str, float]:
        """The mean of each name that had a number."""
        return {name: total / count for name, (total, count) in self._sums.items()}
