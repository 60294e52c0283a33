"""Sums over prompts: completions of one prompt are not independent, whole prompts are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats


def numbered(*parts: Any) -> tuple[int, list[Any]]:
    """How many clusters there are in all, and each part's clusters as numbers from 0."""
    names, numbers = np.unique(np.concatenate([np.asarray(p) for p in parts]), return_inverse=True)
    edges = np.cumsum([len(p) for p in parts])[:-1]
    return len(names), list(np.split(numbers, edges))


def influence(values: Any, numbers: Any, clusters: int) -> Any:
    """(clusters,) float: what each cluster adds to the error of the mean of `values`.

    The sum of their squares is the variance of the mean, the G / (G - 1) of few clusters included
    (the "CR1" sandwich). Infinite where all values are of one cluster.
    """
    values = np.asarray(values, float)
    sums = np.bincount(numbers, values - values.mean(), minlength=clusters) / len(values)
    seen = len(np.unique(numbers))
    return sums * np.sqrt(seen / (seen - 1)) if seen > 1 else np.full(clusters, np.inf)


def variance_of_mean(values: Any, clusters: Any) -> float:
    """The variance of the mean of `values`, whose clusters are independent of each other."""
    count, (numbers,) = numbered(clusters)
    return float(np.sum(influence(values, numbers, count) ** 2))


def quantile(level: float, free: float) -> float:
    """Student's t with `free` degrees of freedom: half-widths are this many standard errors."""
    return float(stats.t.ppf(0.5 + level / 2, max(free, 1)))


def normal_quantile(level: float) -> float:
    """The same for many clusters: 1.96 for 95%."""
    return float(stats.norm.ppf(0.5 + level / 2))


def columns(*values: Sequence[float] | Any) -> list[Any]:
    """Each as a float column. Raises: ValueError when a value is not in [0, 1]."""
    found = [np.asarray(v, float) for v in values]
    for column in found:
        if column.size and not (np.nanmin(column) >= 0 and np.nanmax(column) <= 1):
            raise ValueError("values must lie in [0, 1]")
        if np.isnan(column).any():
            raise ValueError("a missing answer is not a value: leave it out before")
    return found
