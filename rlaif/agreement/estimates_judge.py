"""Sensitivity and specificity of a judge: better than chance, and what follows for its share."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from rlaif.agreement.estimates_clusters import normal_quantile, numbered, quantile
from rlaif.agreement.estimates_share import effective
from rlaif.records.agreement import Figure


@dataclass(frozen=True, slots=True)
class Chance:
    """Sensitivity + specificity - 1 (Youden's J), with its interval: 0 is a coin, 1 is perfect."""

    value: float
    low: float
    high: float


def chance(judge: Any, human: Any, clusters: Any, *, level: float = 0.95) -> Chance | None:
    """How much better than chance the judge is; None where people gave one answer alone.

    J is the share of the judge's yes where people said yes, less that where they said no. One yes
    and one no are added to both (Agresti and Caffo 2000), so that a few labels that happen to agree
    do not prove the judge; errors are summed over clusters, and the interval is Student's t with
    two fewer degrees of freedom than there are clusters.

    Args: `judge`, 0 or 1; `human`, in [0, 1]: where annotators differ, the share that said yes.
    """
    yes, no = float(np.sum(human)), float(np.sum(1 - human))
    if yes < 1 or no < 1:
        return None
    sensitivity, specificity = rates(judge, human)
    count, (numbers,) = numbered(clusters)
    hits = (np.sum(human * judge) + 1) / (yes + 2)
    alarms = (np.sum((1 - human) * judge) + 1) / (no + 2)
    each = human * (judge - hits) / (yes + 2) - (1 - human) * (judge - alarms) / (no + 2)
    sums = np.bincount(numbers, each, minlength=count)
    added = _added(hits, yes) + _added(alarms, no)
    few = count / (count - 1) if count > 1 else np.inf
    error = sqrt(few * float(np.sum(sums**2)) + added)
    value, reach = float(hits - alarms), quantile(level, count - 2)
    low, high = max(-1.0, value - reach * error), min(1.0, value + reach * error)
    return Chance(sensitivity + specificity - 1, low, high)


def _added(rate: float, rows: float) -> float:
    """What one added yes and one added no give to the variance of a rate."""
    return ((1 - rate) ** 2 + rate**2) / (rows + 2) ** 2


def rates(judge: Any, human: Any) -> tuple[float, float]:
    """Sensitivity and specificity."""
    sensitivity = float(np.sum(human * judge) / np.sum(human))
    specificity = float(np.sum((1 - human) * (1 - judge)) / np.sum(1 - human))
    return sensitivity, specificity


def rogan_gladen(
    judged: Any,
    judged_clusters: Any,
    labelled_judge: Any,
    labelled_human: Any,
    labelled_clusters: Any,
    *,
    level: float = 0.95,
) -> Figure:
    """The judge's share on the samples without a label, set right by its two rates.

    (share + specificity - 1) / (sensitivity + specificity - 1), cut off at 0 and 1, with the
    interval of Lang and Reiczigel 2014. Where a prompt has several samples, each of the three
    numbers counts as its effective size.

    Args: judge's answers 0 or 1; people's in [0, 1].
    """
    if not len(judged):
        return Figure(None, why="every sample has a label: there is nothing to correct")
    sensitivity, specificity = rates(labelled_judge, labelled_human)
    value = float(np.mean(judged))
    estimate = (value + specificity - 1) / (sensitivity + specificity - 1)
    yes, no = labelled_human, 1 - labelled_human
    low, high = lang_reiczigel(
        (value, effective(judged, judged_clusters)),
        (sensitivity, _effective(labelled_judge, yes, labelled_clusters)),
        (specificity, _effective(1 - labelled_judge, no, labelled_clusters)),
        normal_quantile(level),
    )
    return Figure(min(1.0, max(0.0, estimate)), low, high)


def lang_reiczigel(
    share: tuple[float, float],
    sensitivity: tuple[float, float],
    specificity: tuple[float, float],
    reach: float,
) -> tuple[float, float]:
    """The adjusted interval of a true share from three independent (rate, number of rows).

    reach ** 2 rows, half of them yes, are added to the share, one yes and one no to both rates.
    Source: Lang and Reiczigel, Preventive Veterinary Medicine 113 (2014), 13-22.
    """
    (p, n), (se, n_se), (sp, n_sp) = (
        _smoothed(*share, reach**2),
        _smoothed(*sensitivity, 2),
        _smoothed(*specificity, 2),
    )
    youden = se + sp - 1
    true = (p + sp - 1) / youden
    of_se, of_sp = se * (1 - se) / n_se, sp * (1 - sp) / n_sp
    error = sqrt(p * (1 - p) / n + true**2 * of_se + (1 - true) ** 2 * of_sp) / abs(youden)
    middle = true + 2 * reach**2 * (true * of_se - (1 - true) * of_sp)
    low, high = middle - reach * error, middle + reach * error
    return min(1.0, max(0.0, low)), max(0.0, min(1.0, high))


def _smoothed(rate: float, rows: float, more: float) -> tuple[float, float]:
    return (rate * rows + more / 2) / (rows + more), rows + more


def _effective(values: Any, weights: Any, clusters: Any) -> float:
    """The effective size of a weighted share; the sum of the weights at most."""
    whole = float(np.sum(weights))
    rate = float(np.sum(weights * values)) / whole
    count, (numbers,) = numbered(np.asarray(clusters)[weights > 0])
    seen = weights > 0
    sums = np.bincount(numbers, (weights * (values - rate))[seen], minlength=count) / whole
    if count == int(seen.sum()):
        return whole
    variance = float(np.sum(sums**2)) * count / max(count - 1, 1)
    if variance <= 0 or count < 2:
        return min(whole, float(count))
    return min(whole, rate * (1 - rate) / variance)
