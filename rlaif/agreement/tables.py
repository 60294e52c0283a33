"""Agreement of two who answered the same, from tables of their answers; any number at once.

A coefficient of agreement beyond chance is 1 - observed / expected disagreement. Each function
gives both as sums over the answers, so that those of several tables can be added before they are
divided: the pooled coefficient of De Vries, Elliott, Kanouse and Teleki 2008, in which chance is
taken within each table.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

_NOTHING = 1e-12


class Parts(NamedTuple):
    """Sums over answers, (...,) each."""

    observed: Any
    """Disagreement."""
    expected: Any
    """What chance would make of it."""
    total: Any
    """Answers."""


def distances(kinds: int, power: int = 0) -> Any:
    """(kinds, kinds): how far two answers are apart, in [0, 1].

    Power 0: alike or not; 1: linear in their places; 2: quadratic (Fleiss and Cohen 1973).
    """
    place = np.arange(kinds)
    apart = np.abs(place[:, None] - place)
    return (apart > 0).astype(float) if not power else (apart / max(1, kinds - 1)) ** power


def cohen(tables: Any, apart: Any) -> Parts:
    """Kappa: each one's own habits are chance. Cohen 1960; with distances, Cohen 1968.

    Args: `tables`, (..., K, K) counts; `apart`, (K, K).
    """
    rows, columns, total = tables.sum(-1), tables.sum(-2), tables.sum((-1, -2))
    expected = np.einsum("...i,ij,...j->...", rows, apart, columns)
    return Parts((tables * apart).sum((-1, -2)), _over(expected, total), total)


def gwet(tables: Any, apart: Any) -> Parts:
    """AC1, and AC2 with distances: chance is where answers are hard to tell. Gwet 2008, 2014.

    Unlike kappa it does not fall to nothing where nearly all answers are the same.
    """
    kinds, total = tables.shape[-1], tables.sum((-1, -2))
    shares = _over((tables.sum(-1) + tables.sum(-2)) / 2, total[..., None])
    weight = float((1 - apart).sum()) / max(1, kinds * (kinds - 1))
    chance = weight * (shares * (1 - shares)).sum(-1)
    return Parts((tables * apart).sum((-1, -2)), total * (1 - chance), total)


def krippendorff(coincidences: Any, ordered: bool) -> Parts:
    """Alpha: any number of people, answers may be missing. Krippendorff 2011.

    Args: `coincidences`, (..., K, K): each pair of answers to one sample, both ways, divided by the
    answers to it less one; `ordered`, whether two answers are as far apart as answers lie between.
    """
    counts = coincidences.sum(-1)
    total = counts.sum(-1)
    if ordered:
        middles = np.cumsum(counts, -1) - counts / 2
        # Shares of the whole scale: those of several criteria can be added
        middles = _over(middles, (middles[..., -1] - middles[..., 0])[..., None])
        apart = (middles[..., :, None] - middles[..., None, :]) ** 2
    else:
        apart = np.broadcast_to(distances(counts.shape[-1]), coincidences.shape)
    expected = np.einsum("...i,...ij,...j->...", counts, apart, counts)
    return Parts((coincidences * apart).sum((-1, -2)), _over(expected, total - 1), total)


def added(parts: Iterable[Parts]) -> Parts:
    """Those of several tables as one."""
    return Parts(*(sum(column) for column in zip(*parts, strict=True)))


def coefficient(parts: Parts) -> Any:
    """1 - observed / expected, at most 1; NaN where chance expects no disagreement."""
    known = parts.expected > _NOTHING
    quotient = np.divide(parts.observed, parts.expected, out=np.zeros(known.shape), where=known)
    return np.where(known, 1 - quotient, np.nan)


def _over(above: Any, below: Any) -> Any:
    """A quotient; 0 where nothing is below."""
    return np.divide(above, below, out=np.zeros(np.shape(above)), where=below > 0)
