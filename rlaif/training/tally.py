"""What is counted while rows are made, a row at a time."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Spread:
    """Numbers, of which only what their mean and deviation need is kept (Welford's sums)."""

    count: int = 0
    mean: float = 0.0
    low: float = math.inf
    high: float = -math.inf
    _squares: float = 0.0

    def add(self, number: float) -> None:
        """One more."""
        self.count += 1
        before = number - self.mean
        self.mean += before / self.count
        self._squares += before * (number - self.mean)
        self.low, self.high = min(self.low, number), max(self.high, number)

    @property
    def deviation(self) -> float:
        """The standard deviation, divided by n."""
        return math.sqrt(self._squares / self.count) if self.count else 0.0


@dataclass(slots=True)
class Tally:
    """Rows as they were made."""

    rows: int = 0
    prompts: int = 0
    """Those that gave a row."""
    policies: dict[str, Counter[str | None]] = field(default_factory=dict)
    """By side (`chosen`, `rejected`; `good`, `bad`; `completion`), how often which policy."""
    spreads: dict[str, Spread] = field(default_factory=dict)
    """By what is measured: `margin`, `score`, and the length of each side."""
    longer: int = 0
    """Pairs whose chosen completion is the longer one."""
    as_long: int = 0
    """Pairs whose completions are equally long."""
    on_policy: Counter[bool | None] = field(default_factory=Counter)

    @property
    def chosen_longer(self) -> float | None:
        """The share of pairs whose chosen completion is the longer one; None without pairs."""
        pairs = self.on_policy.total()
        return self.longer / pairs if pairs else None

    def side(self, side: str, policy: str | None, length: int) -> None:
        """One completion of a row."""
        self.policies.setdefault(side, Counter())[policy] += 1
        self.number(f"length, {side}", length)

    def number(self, name: str, number: float) -> None:
        """One more number of that name."""
        self.spreads.setdefault(name, Spread()).add(number)

    def pair(self, chosen: int, rejected: int, margin: float, on_policy: bool | None) -> None:
        """One pair, by the lengths of its completions in characters."""
        self.rows += 1
        self.longer += chosen > rejected
        self.as_long += chosen == rejected
        self.on_policy[on_policy] += 1
        self.number("margin", margin)
