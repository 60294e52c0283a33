"""Sums of money, and spans of time, in words."""

from __future__ import annotations

from collections.abc import Mapping

_LEAST = 0.0001


def money(cost: Mapping[str, float]) -> str:
    """`USD 1,234.50`; several currencies with `and` between them; a small sum by two digits."""
    return " and ".join(f"{currency} {_amount(sum_)}" for currency, sum_ in sorted(cost.items()))


def _amount(amount: float) -> str:
    if amount == 0 or amount >= 0.1:
        return f"{amount:,.2f}"
    return f"{amount:.2g}" if amount >= _LEAST else f"{_LEAST} at most"


def span(seconds: float) -> str:
    """`45 s`, `4 min`, `2 h 5 min`, `3 d 4 h`: what a person wants to know of a span of time."""
    whole = round(max(seconds, 0.0))
    if whole < 60:
        return f"{whole} s"
    minutes = whole // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"
