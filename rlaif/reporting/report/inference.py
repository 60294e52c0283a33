"""Intervals and tests of a report, from sums alone: no list of numbers is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import atanh, exp, lgamma, log, log1p, sqrt, tanh

from rlaif.records.figures import Sums

LEVEL = 0.95
"""Of every interval."""

FEWEST = 5
"""Clusters, from which on there is an interval."""

ENOUGH = 10
"""Clusters, from which on a difference is said to be more than chance explains."""

SCORES = (0.0, 1.0)
"""Between which a mean of scores lies; a difference of two lies between DIFFERENCES."""

DIFFERENCES = (-1.0, 1.0)

_TINY = 1e-300
_STEPS = 1000
_LEVEL_ERROR = 1e-8
"""A standard error that may come of rounding alone: sums of squares are taken from each other."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its interval; low and high are None where there is none, see `estimate`."""

    mean: float
    low: float | None
    high: float | None
    clusters: int

    @property
    def enough(self) -> bool:
        """Whether there are clusters enough to say more than chance explains."""
        return self.clusters >= ENOUGH


def estimate(sums: Sums, within: tuple[float, float] = SCORES) -> Estimate | None:
    """The mean and its 95% interval, cut off at `within`; None where there is no number.

    There is no interval from fewer than FEWEST clusters, nor where all numbers are equal: that no
    difference was seen among a few does not prove that there is none.

    With m the mean, N the numbers, and of each of the G clusters n numbers with the sum s, the
    standard error is sqrt(G / (G - 1) * sum((s - n * m) ** 2)) / N, and the interval m plus or
    minus it times Student's t with G - 1 degrees of freedom. Where every cluster has one number
    this is the ordinary t interval.
    Source: cluster-robust standard errors of a mean, as in arXiv:2411.00640, with the factor
    G / (G - 1) for few clusters.
    """
    if not sums.count:
        return None
    mean = sums.total / sums.count
    if sums.clusters < FEWEST:
        return Estimate(mean, None, None, sums.clusters)
    squares = sums.squares - 2 * mean * sums.cross + mean * mean * sums.sizes
    freedom = sums.clusters - 1
    error = sqrt(max(squares, 0.0) * sums.clusters / freedom) / sums.count
    if error <= _LEVEL_ERROR:
        return Estimate(mean, None, None, sums.clusters)
    reach = student(0.5 + LEVEL / 2, freedom) * error
    low, high = max(within[0], mean - reach), min(within[1], mean + reach)
    return Estimate(mean, low, high, sums.clusters)


def fisher(r: float, clusters: float) -> tuple[float, float] | None:
    """About the 95% interval of a correlation; None from fewer than FEWEST clusters, or of 1.

    tanh(atanh(r) plus or minus 1.96 / sqrt(G - 3)), with G clusters taken as so many observations.
    Source: Fisher, Metron 1 (1921).
    """
    if clusters < FEWEST or abs(r) >= 1 - 1e-9:
        return None
    reach = 1.959964 / sqrt(clusters - 3)
    return tanh(atanh(r) - reach), tanh(atanh(r) + reach)


def student(share: float, freedom: int) -> float:
    """The quantile of Student's t: below it lies `share` of it, which is over one half.

    Found by halving on the distribution 1 - I(f / (f + t * t); f / 2, 1 / 2) / 2, with I the
    regularised incomplete beta function.
    """
    low, high = 0.0, 1.0
    while _below(high, freedom) < share:
        low, high = high, high * 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _below(middle, freedom) < share else (low, middle)
    return (low + high) / 2


def _below(t: float, freedom: int) -> float:
    return 1 - beta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2


def beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I(x; a, b), by Lentz's continued fraction.

    Source: NIST Digital Library of Mathematical Functions, 8.17.22.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - beta(1 - x, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    c, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        before = fraction
        for term in (even, odd):
            d = 1 / _away(1 + term * d)
            c = _away(1 + term / c)
            fraction *= c * d
        if abs(fraction - before) <= 1e-15 * abs(fraction):
            break
    return front * fraction


def _away(number: float) -> float:
    """The number, or one next to 0 instead of 0."""
    return number if abs(number) > _TINY else _TINY


def mcnemar(one: int, other: int) -> float:
    """The exact two-sided p of McNemar's test: `one` sample changed one way, `other` the other.

    That of a fair coin: min(1, 2 * P(X <= min(one, other))) with X binomial of one + other and 1/2.
    Source: McNemar, Psychometrika 12 (1947); the exact form is the sign test.
    """
    few, count = min(one, other), one + other
    if count == 0 or one == other:
        return 1.0
    return min(1.0, 2 * beta(0.5, count - few, few + 1))


def holm(chances: Sequence[float]) -> list[float]:
    """The p of several tests, each made larger for their number; in the order given.

    Source: Holm, Scandinavian Journal of Statistics 6 (1979).
    """
    order = sorted(range(len(chances)), key=lambda i: chances[i])
    adjusted, worst = [0.0] * len(chances), 0.0
    for rank, place in enumerate(order):
        worst = max(worst, min(1.0, chances[place] * (len(chances) - rank)))
        adjusted[place] = worst
    return adjusted


def kappa(both: int, only_first: int, only_second: int, count: int) -> float | None:
    """Cohen's kappa of two yes/no answers: agreement beyond chance; None where neither varies.

    (seen - expected) / (1 - expected), with expected from how often each one says yes.
    Source: Cohen, Educational and Psychological Measurement 20 (1960).
    """
    if not count:
        return None
    first, second = (both + only_first) / count, (both + only_second) / count
    expected = first * second + (1 - first) * (1 - second)
    if expected >= 1:
        return None
    seen = 1 - (only_first + only_second) / count
    return (seen - expected) / (1 - expected)
