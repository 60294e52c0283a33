"""A share or a mean alone, with an interval over whole clusters."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from rlaif.agreement.estimates_clusters import (
    normal_quantile,
    quantile,
    variance_of_mean,
)
from rlaif.records.agreement import Figure

NO_ROWS = "nothing was answered"
ONE_CLUSTER = "all answers are of one prompt"


def share(values: Any, clusters: Any, *, level: float = 0.95) -> Figure:
    """A share with Wilson's interval, or a mean of values in [0, 1] with the same.

    Where a prompt has several answers, they count as fewer: as many independent ones as have the
    variance of the mean over whole prompts, but no more than there are.
    Source: Wilson 1927; the effective size as in Korn and Graubard 1998.
    """
    if not len(values):
        return Figure(None, why=NO_ROWS)
    value = float(np.mean(values))
    prompts = len(np.unique(clusters))
    if prompts == 1 and len(values) > 1:
        return Figure(value, why=ONE_CLUSTER)
    reach = normal_quantile(level) if prompts == len(values) else quantile(level, prompts - 1)
    low, high = wilson(value, effective(values, clusters), reach)
    return Figure(value, low, high)


def effective(values: Any, clusters: Any) -> float:
    """How many independent answers have the variance of this mean; at most len(values).

    Answers that are all alike say nothing of how prompts differ: then each prompt counts once.
    """
    prompts = len(np.unique(clusters))
    value = float(np.mean(values))
    if prompts == len(values) or prompts < 2:
        return float(prompts)
    variance = variance_of_mean(values, clusters)
    if variance <= 0 or value in (0.0, 1.0):
        return float(prompts)
    return min(float(len(values)), float(np.var(values)) / variance)


def wilson(value: float, size: float, reach: float) -> tuple[float, float]:
    """Wilson's interval of a share `value` of `size` answers, `reach` standard errors wide."""
    middle = (value + reach**2 / (2 * size)) / (1 + reach**2 / size)
    half = reach * sqrt(value * (1 - value) / size + reach**2 / (4 * size**2))
    half /= 1 + reach**2 / size
    # The share itself is never outside by a rounding: 1 of 1 reaches up to 1
    return min(value, max(0.0, middle - half)), max(value, min(1.0, middle + half))
