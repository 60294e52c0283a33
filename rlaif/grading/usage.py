"""What a job cost its judge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields

from rlaif.ports import Answer, Generated
from rlaif.records.outcome import Verdict
from rlaif.records.price import Price

_SAME = 0.05
"""Probabilities of one question that differ by more than this are not the drift of batches."""


@dataclass(slots=True)
class Usage:
    """Counts that grow while a job runs."""

    asked: int = 0
    """Questions that a judge's model was asked, votes and thoughts each by itself."""
    computed: int = 0
    """Tokens of prompts that it computed, as far as the backend says."""
    cached: int = 0
    """Tokens of prompts that it had computed before."""
    written: int = 0
    """Tokens that it wrote, besides labels."""
    recalled: int = 0
    """Verdicts of earlier runs that were taken from the cache."""
    again: int = 0
    """Such verdicts that were asked for again, to see whether the model still says so."""
    changed: int = 0
    """Those of them that came out otherwise."""
    priced: int = 0
    """Questions of `asked` whose cost is known: those of a judge with a price."""
    cost: dict[str, float] = field(default_factory=dict)
    """What they cost, by currency; empty where no judge has a price."""

    def count(self, answer: Answer | Generated, price: Price | None = None) -> None:
        """Add what one answer cost, at the price of the judge that gave it."""
        self.asked += 1
        self.computed += answer.tokens_computed
        self.cached += answer.tokens_cached
        written = 1  # the label
        if isinstance(answer, Generated):
            written = answer.tokens
            self.written += written
        if price is not None:
            self.priced += 1
            cost = price.of(answer.tokens_computed, answer.tokens_cached, written)
            self.cost[price.currency] = self.cost.get(price.currency, 0.0) + cost

    def compare(self, before: Verdict, now: Verdict) -> None:
        """Note whether a verdict that was asked for again is still the same."""
        self.again += 1
        both = zip(before.distribution, now.distribution, strict=False)
        self.changed += len(before.distribution) != len(now.distribution) or any(
            abs(one - other) > _SAME for one, other in both
        )

    def copy(self) -> Usage:
        """As it is now; what comes later is not in it."""
        return total([self])


def total(usages: Iterable[Usage]) -> Usage:
    """All of them together, as what several workers cost."""
    whole = Usage()
    for usage in usages:
        for name in _COUNTS:
            setattr(whole, name, getattr(whole, name) + getattr(usage, name))
        for currency, cost in list(usage.cost.items()):  # it may grow meanwhile
            whole.cost[currency] = whole.cost.get(currency, 0.0) + cost
    return whole


_COUNTS = tuple(one.name for one in fields(Usage) if one.name != "cost")
