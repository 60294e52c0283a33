"""Intervals of means of a policy's scores: prompts are drawn again, not completions.

Completions of one prompt are alike, so that a prompt counts once: its number is the mean over its
completions, and the mean of a round is the mean over prompts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from random import Random
from statistics import NormalDist, fmean, stdev

FEWEST = 5
"""Prompts, from which on there is an interval."""

LEVEL = 0.95
"""Of the intervals that are shown."""

_DRAWS = 2000
_BEYOND = 5
"""Draws that lie beyond either end, at the least."""
_MOST_DRAWS = 40_000
_MOST_NUMBERS = 20_000_000
_EQUAL = 1e-12


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over prompts, and between what it is likely to lie."""

    mean: float
    low: float | None
    """None from fewer than FEWEST prompts."""
    high: float | None
    prompts: int


def interval(values: Sequence[float], seed: int = 0, level: float = LEVEL) -> Interval | None:
    """The mean of one number a prompt with its interval; None of no numbers.

    The ends are quantiles of the means of as many prompts drawn with replacement. Their shares are
    not a = (1 - level) / 2 and 1 - a but widened to N(-sqrt(n / (n - 1)) t) with t the quantile of
    Student's t for a with n - 1 degrees of freedom: plain quantiles are too narrow for few prompts.
    Where all numbers are equal, both ends are the mean.
    Source: the expanded percentile interval, Hesterberg, arXiv:1411.5279.
    """
    n = len(values)
    if not n:
        return None
    mean = fmean(values)
    if n < FEWEST:
        return Interval(mean, None, None, n)
    if max(values) - min(values) < _EQUAL:
        return Interval(mean, mean, mean, n)
    share = _share((1 - level) / 2, n)
    draws = _draws(share, n)
    random = Random(seed)  # noqa: S311 - statistics, not secrets
    means = sorted(fmean(random.choices(values, k=n)) for _ in range(draws))
    place = min(round(share * draws), draws // 2)
    return Interval(mean, means[place], means[-1 - place], n)


def paired(
    after: Mapping[str, float], before: Mapping[str, float], seed: int = 0, level: float = LEVEL
) -> Interval | None:
    """The mean difference over the prompts that both have, with its interval; None without any."""
    return interval(differences(after, before), seed, level)


def surely_rose(
    after: Mapping[str, float], before: Mapping[str, float], seed: int = 0, level: float = LEVEL
) -> bool:
    """Whether the difference surely lies above 0: low(after - before) > 0, as `_surely_above`."""
    return _surely_above(differences(after, before), 0.0, seed, level)


def surely_fell(
    after: Mapping[str, float],
    before: Mapping[str, float],
    by: float,
    seed: int = 0,
    level: float = LEVEL,
) -> bool:
    """Whether the difference surely lies below -by: high(after - before) < -by."""
    return _surely_above(differences(before, after), by, seed, level)


def _surely_above(changes: Sequence[float], least: float, seed: int, level: float) -> bool:
    """Whether the mean d of n changes is surely above `least`: by two intervals, not one.

    The interval drawn above lies above it as a whole, and so does Student's,
        d - t * s / sqrt(n) > least
    with s the standard deviation and t the quantile for (1 + level) / 2 with n - 1 degrees of
    freedom, but 1.5 at the least. No draw lies below the smallest of the changes: of few prompts,
    at a high level, the first one says no more than that all of them lie above `least`.
    """
    n = len(changes)
    if n < FEWEST:
        return False
    errors = max(1.5, -student((1 - level) / 2, n - 1))
    if fmean(changes) - least <= errors * stdev(changes) / sqrt(n):
        return False
    found = interval(changes, seed, level)
    return found is not None and found.low is not None and found.low > least


def differences(after: Mapping[str, float], before: Mapping[str, float]) -> list[float]:
    """Of the prompts that both have, in the order of their names."""
    return [after[name] - before[name] for name in sorted(after) if name in before]


def student(share: float, freedom: int) -> float:
    """The quantile of Student's t, for 4 or more degrees of freedom.

    To about 1% for shares of 0.001 and more; with 4 degrees 3% too near to 0 at 0.0001.
    Source: the expansion by Cornish and Fisher in powers of 1 / freedom, as in Abramowitz and
    Stegun, 26.7.5.
    """
    z: float = NormalDist().inv_cdf(share)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92_160,
    )
    more: float = sum(term / freedom**power for power, term in enumerate(terms, 1))
    return z + more


def _share(tail: float, n: int) -> float:
    """What lies below the lower end of n prompts' interval."""
    return NormalDist().cdf(sqrt(n / (n - 1)) * student(tail, n - 1))


def _draws(share: float, n: int) -> int:
    """Enough to have some beyond the ends; fewer where the prompts are very many."""
    wanted = max(_DRAWS, round(_BEYOND / share)) if share * _MOST_DRAWS > _BEYOND else _MOST_DRAWS
    return max(_DRAWS, min(wanted, _MOST_NUMBERS // n))
