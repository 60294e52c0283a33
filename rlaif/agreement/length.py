"""Whether a judge likes long completions: among those that people answer alike."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from rlaif.agreement.bootstrap import FEWEST, cluster_weights
from rlaif.agreement.estimates_clusters import quantile
from rlaif.agreement.intervals import FEW_PROMPTS, LEVEL, NO_SPREAD
from rlaif.records.agreement import Figure

_DRAWS = 200
"""Enough for a standard error, to about 5%; ranks are worked out again in each draw."""
_AT_ONCE = 1_000_000
_ALL_BUT = 1 - 1e-9
_FEWEST_ROWS = 5


class Lengths(NamedTuple):
    """Columns of one criterion, (n,) each."""

    cluster: Any
    judge: Any
    """Its value."""
    human: Any
    length: Any


def length_correlation(several: list[Lengths], clusters: int, resamples: int, seed: int) -> Figure:
    """Spearman's partial correlation of the judge's value and the length, given the person's value.

    Of several criteria the mean on Fisher's scale, by rows. The interval is of a normal error on
    that scale, its size from the bootstrap over whole prompts.
    """
    usable = [one for one in several if len(one.judge) >= _FEWEST_ROWS]
    whole = _pooled(usable, np.ones((1, clusters)))
    if not np.isfinite(whole[0]):
        return Figure(None, why=_why(several, usable))
    value = float(np.tanh(whole[0]))
    if clusters < FEWEST:
        return Figure(value, why=FEW_PROMPTS)
    drawn = _drawn(usable, clusters, resamples, seed)
    error = float(np.std(drawn, ddof=1)) if len(drawn) > 1 else 0.0
    if error <= 0:
        return Figure(value, why=NO_SPREAD)
    reach = quantile(LEVEL, clusters - 1) * error
    low, high = np.tanh(whole[0] - reach), np.tanh(whole[0] + reach)
    return Figure(value, float(low), float(high))


def _drawn(several: list[Lengths], clusters: int, resamples: int, seed: int) -> Any:
    """Fisher's scale in the first draws, where it can be told."""
    found, draws = [], 0
    for weights in cluster_weights(clusters, resamples, seed):
        found.append(_pooled(several, weights[: _DRAWS - draws]))
        draws += len(found[-1])
        if draws >= _DRAWS:
            break
    told = np.concatenate([np.zeros(0), *found])
    return told[np.isfinite(told)]


def _why(several: list[Lengths], usable: list[Lengths]) -> str:
    if not usable:
        return "too few answers"
    if all(len(np.unique(one.length)) == 1 for one in several):
        return "all completions are equally long"
    if all(len(np.unique(one.judge)) == 1 for one in several):
        return "the judge always says the same"
    return "the judge's values are those of people, or the length tells them"


def _pooled(several: list[Lengths], weights: Any) -> Any:
    """(draws,) mean of the criteria on Fisher's scale; NaN where none has one."""
    above, below = np.zeros(len(weights)), np.zeros(len(weights))
    for one in several:
        found = np.arctanh(_partial(one, weights))
        known = np.isfinite(found)
        above += np.where(known, found, 0) * len(one.judge)
        below += known * len(one.judge)
    return np.divide(above, below, out=np.full(len(weights), np.nan), where=below > 0)


def _partial(one: Lengths, weights: Any) -> Any:
    """(draws,) the partial correlation of ranks; NaN where nothing is left that varies."""
    columns = [_Ranked(values) for values in (one.judge, one.length, one.human)]
    step = max(1, _AT_ONCE // len(one.judge))
    found = []
    for start in range(0, len(weights), step):
        counts = weights[start : start + step][:, one.cluster]
        judge, length, human = (column.centred(counts) for column in columns)
        with_length = _correlation(judge, length, counts)
        by_judge, by_length = (_correlation(x, human, counts) for x in (judge, length))
        # People who always say the same tell nothing apart
        by_judge, by_length = np.nan_to_num(by_judge), np.nan_to_num(by_length)
        rest = (1 - by_judge**2) * (1 - by_length**2)
        known = (np.abs(by_judge) < _ALL_BUT) & (np.abs(by_length) < _ALL_BUT)
        r = (with_length - by_judge * by_length) / np.sqrt(np.where(known, rest, 1.0))
        found.append(np.where(known & (np.abs(r) < _ALL_BUT), r, np.nan))
    return np.concatenate(found)


class _Ranked:
    """A column that is sorted once, and ranked for any weights."""

    def __init__(self, values: Any) -> None:
        _, self._place = np.unique(values, return_inverse=True)
        self._order = np.argsort(self._place, kind="stable")
        self._starts = np.flatnonzero(np.diff(self._place[self._order], prepend=-1))

    def centred(self, counts: Any) -> Any:
        """(draws, n) middle ranks where row i is there counts[:, i] times, less their mean."""
        groups = np.add.reduceat(counts[:, self._order], self._starts, axis=1)
        ends = np.cumsum(groups, axis=1)
        ranks = (ends - groups / 2)[:, self._place]
        return ranks - ends[:, -1:] / 2


def _correlation(one: Any, other: Any, counts: Any) -> Any:
    """(draws,) of two centred columns; NaN where one of them is constant."""
    weighted = one * counts
    above = np.einsum("ij,ij->i", weighted, other)
    spread = np.einsum("ij,ij->i", weighted, one) * np.einsum("ij,ij,ij->i", counts, other, other)
    return np.divide(above, np.sqrt(spread), out=np.full(len(above), np.nan), where=spread > 1e-9)
