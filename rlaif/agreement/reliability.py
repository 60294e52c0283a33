"""Whether a judge is as often right as it says: bins of equally many verdicts."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from rlaif.agreement.estimates_clusters import normal_quantile, quantile
from rlaif.agreement.estimates_share import effective, wilson
from rlaif.records.agreement import ReliabilityBin

LEVEL = 0.95
_BINS = 10
_A_BIN = 10
"""So many verdicts a bin at least, where there are so many of the answer."""
_ALIKE = 9
"""Decimals in which probabilities are told apart."""


class Stated(NamedTuple):
    """What the judge holds most probable, a row for each person's answer."""

    answer: Any
    """(n,) int: its place among the categories."""
    probability: Any
    """(n,) float."""
    hit: Any
    """(n,) float: 1 where the person answered so."""


def stated(shares: Any, judge: Any, human: Any) -> Stated:
    """The most probable answer of each row; the judge's own where several are equally probable.

    Args: `shares`, (n, K) float; `judge` and `human`, (n,) int.
    """
    rows, most = np.arange(len(judge)), shares.max(axis=1)
    own = shares[rows, judge] >= most - 10.0**-_ALIKE
    answer = np.where(own, judge, shares.argmax(axis=1))
    return Stated(answer, most, (answer == human).astype(float))


def binned(found: Stated) -> Any:
    """(n,) int: the bin of each row, numbered from 0; about ten of equally many rows.

    No bin holds two answers: a judge that says yes too often and is too sure of it, and unsure of
    a no, would seem right on average (Gupta and Ramdas 2022). Equal probabilities are never parted,
    so that the order of the rows does not matter; a bin may hold more rows for that.
    """
    least = max(_A_BIN, -(-len(found.answer) // _BINS))
    bins = np.zeros(len(found.answer), int)
    for answer in np.unique(found.answer).tolist():
        mine = np.flatnonzero(found.answer == answer)
        probability = np.round(found.probability[mine], _ALIKE)
        _, place, counts = np.unique(probability, return_inverse=True, return_counts=True)
        middle = (np.cumsum(counts) - counts / 2)[place] / len(mine)
        bins[mine] = answer * _BINS + (middle * max(1, len(mine) // least)).astype(int)
    return np.unique(bins, return_inverse=True)[1]


def distances(rows: Any, probability: Any, hits: Any) -> Any:
    """(..., bins) stated less seen, each bin by its share of the rows.

    The sum of their sizes is ECE of equal mass (Nguyen and O'Connor 2015). Noise raises it: of few
    labels it is above 0 even where the judge is right in the long run.
    Args: sums by bin, (..., bins) each.
    """
    return (probability - hits) / np.maximum(rows.sum(-1, keepdims=True), 1)


def curve(
    found: Stated, bins: Any, cluster: Any, categories: tuple[str, ...]
) -> tuple[ReliabilityBin, ...]:
    """Each bin with Wilson's interval over whole prompts, from unsure to sure.

    Args: `categories`, names of the answers; empty where they differ by criterion.
    """
    told = []
    for number in np.unique(bins).tolist():
        mine = bins == number
        hit, prompts = found.hit[mine], len(np.unique(cluster[mine]))
        alone = prompts == len(hit)
        reach = normal_quantile(LEVEL) if alone else quantile(LEVEL, prompts - 1)
        seen = float(hit.mean())
        low, high = wilson(seen, effective(hit, cluster[mine]), reach)
        answer = categories[int(found.answer[mine][0])] if categories else ""
        probability = float(found.probability[mine].mean())
        told.append(ReliabilityBin(len(hit), probability, seen, low, high, answer))
    return tuple(sorted(told, key=lambda one: (one.stated, one.answer)))
