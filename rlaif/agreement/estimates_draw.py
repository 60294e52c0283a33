"""Do the labels look like a random draw of the samples? Every corrected estimate takes it so."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from scipy import stats

from rlaif.agreement.estimates_clusters import columns, influence, numbered

LEAST = 0.01
"""A difference that chance explains less often than this is told."""


@dataclass(frozen=True, slots=True)
class DrawCheck:
    """The judge on the labelled samples, held against the judge on the others."""

    labelled: float
    """Its mean value there; shares, where it is yes/no."""
    unlabelled: float
    labelled_sureness: float
    """Mean distance of its value from one half, in [0, 0.5]: small where it is unsure."""
    unlabelled_sureness: float
    chance: float
    """How often chance alone explains the larger of both differences (two z tests, Bonferroni)."""
    warning: str
    """What to tell, empty where the labels look like a random draw."""


def draw_check(
    judged: Any, judged_clusters: Any, labelled_judge: Any, labelled_clusters: Any
) -> DrawCheck | None:
    """Hold the judge's values on labelled samples against those on the others; None without both.

    Two z tests over whole clusters: of the mean value, and of the mean distance from one half,
    which is what differs where labels were chosen by uncertainty. That neither differs does not
    prove a random draw.

    Args: values in [0, 1] and their clusters. Raises: ValueError for other values.
    """
    judged, labelled = columns(judged, labelled_judge)
    if not judged.size or not labelled.size:
        return None
    numbers = numbered(judged_clusters, labelled_clusters)
    value = _z(judged, labelled, *numbers)
    sure = _z(np.abs(judged - 0.5), np.abs(labelled - 0.5), *numbers)
    p = min(1.0, 2 * float(2 * stats.norm.sf(max(abs(value), abs(sure)))))
    ours, theirs = float(np.mean(labelled)), float(np.mean(judged))
    warning = ""
    if p < LEAST:
        warning = _by_value(ours, theirs) if abs(value) >= abs(sure) else _by_sureness(sure)
    return DrawCheck(ours, theirs, _sureness(labelled), _sureness(judged), p, warning)


def _sureness(values: Any) -> float:
    return float(np.mean(np.abs(values - 0.5)))


def _by_value(labelled: float, unlabelled: float) -> str:
    return (
        "the labels do not look like a random draw: the judge's mean value is "
        f"{labelled:.2f} where there are labels and {unlabelled:.2f} elsewhere; "
        "corrected estimates are then not to be trusted"
    )


def _by_sureness(z: float) -> str:
    how = "less" if z < 0 else "more"
    return (
        f"the labels do not look like a random draw: the judge is {how} sure where there are "
        "labels than elsewhere, as if they had been chosen by it; corrected estimates are then "
        "not to be trusted"
    )


def _z(judged: Any, labelled: Any, count: int, numbers: list[Any]) -> float:
    """The difference of the means in standard errors; 0 where nothing varies."""
    others, ours = numbers
    each = influence(labelled, ours, count) - influence(judged, others, count)
    error = sqrt(float(np.sum(each**2)))
    return (float(np.mean(labelled)) - float(np.mean(judged))) / error if error > 0 else 0.0
