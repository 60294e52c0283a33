"""The two-parameter logistic model: how sharply a yes/no criterion tells samples apart, and where.

    P(met | t) = 1 / (1 + exp(-slope * (t - difficulty)))

t is how good a sample is, standard normal over the samples. It is summed out by Gauss-Hermite
quadrature and the items are found by marginal maximum likelihood: EM (Bock and Aitkin 1981), then
a few steps of L-BFGS on the same likelihood, which EM nears but slowly. Answers that are missing
are left out of the sum. There are no intervals here: samples of one prompt are not independent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from scipy.optimize import minimize
from scipy.special import expit, log_expit, logsumexp, xlogy
from scipy.stats import chi2

POINTS = 41
"""Of the quadrature."""

STEEPEST = 8.0
"""Slopes are no steeper: beyond it an item is a step, and the likelihood hardly changes."""

FEWEST_ITEMS = 3
"""With fewer items the two parameters cannot be told."""

_FARTHEST = 40.0
_REACH = (-_FARTHEST, _FARTHEST)
_EM_STEPS = 30
_END = {"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8}
_NEWTON_STEPS = 3
_RIDGE = 1e-6
_AT_ONCE = 4096
"""Patterns in memory at once, a row of POINTS numbers each."""


@dataclass(frozen=True, slots=True)
class Item:
    """One criterion."""

    slope: float
    difficulty: float
    """How good a sample is that meets it as often as not, in standard deviations of samples."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """All items, and the likelihood they reach."""

    items: tuple[Item | None, ...]
    """None for an item that does not vary."""
    log_likelihood: float
    chance: float
    """How often items that have nothing in common would fit the model so well: a likelihood ratio
    test against independent items. Slopes mean nothing where it is not small."""
    samples: int


def two_parameter(patterns: Mapping[str, int], signs: Sequence[int] = ()) -> Fitted | None:
    """Fit the model to patterns of answers; None where fewer than FEWEST_ITEMS items vary.

    Args: `patterns`, how many samples answered so: a sign an item, "1" met, "0" not, "-" missing;
    `signs`, 1 where met is good and -1 where it is a fault: which end of t is the good one.
    Raises: ValueError for patterns of different lengths.
    """
    answers, counts = _columns(patterns)
    varies = [bool((c == 0).any() and (c == 1).any()) for c in answers.T]
    if sum(varies) < FEWEST_ITEMS:
        return None
    places = np.flatnonzero(varies)
    toward = np.array([signs[p] for p in places] if signs else [1] * len(places), float)
    found, likelihood = _fitted(answers[:, places], counts, toward)
    if float(np.sum(found[0] * toward)) < 0:
        found[0] *= -1
    items: list[Item | None] = [None] * len(varies)
    for place, slope, offset in zip(places, *found, strict=True):
        items[place] = Item(float(slope), float(np.clip(-offset / _away(slope), *_REACH)))
    apart = sum(_alone(answers[:, place], counts) for place in places)
    chance = float(chi2.sf(max(0.0, 2 * (likelihood - apart)), len(places)))
    return Fitted(tuple(items), likelihood, chance, int(counts.sum()))


def _alone(answers: Any, counts: Any) -> float:
    """The log likelihood of one item by itself."""
    ones, zeros = (float(counts[answers == a].sum()) for a in (1, 0))
    return float(xlogy(ones, ones / (ones + zeros)) + xlogy(zeros, zeros / (ones + zeros)))


def _away(slope: float) -> float:
    """The slope, or a tiny one of its sign: without a slope there is no difficulty to speak of."""
    return float(slope) if abs(slope) > 1e-3 else (1e-3 if slope >= 0 else -1e-3)


def _columns(patterns: Mapping[str, int]) -> tuple[Any, Any]:
    """(patterns, items) int8 of 0, 1 and -1 for missing; (patterns,) float counts."""
    if len({len(p) for p in patterns}) > 1:
        raise ValueError("patterns must have a sign an item each")
    text = np.array([p.encode("ascii") for p in patterns])
    signs = np.frombuffer(b"".join(text.tolist()), np.uint8).reshape(len(patterns), -1)
    answers = np.where(signs == ord("-"), -1, signs.astype(np.int8) - ord("0")).astype(np.int8)
    return answers, np.array(list(patterns.values()), float)


def _fitted(answers: Any, counts: Any, toward: Any) -> tuple[Any, float]:
    """(2, items): slopes and offsets, P = expit(slope * t + offset); and the log likelihood."""
    nodes, weights = hermegauss(POINTS)
    log_weights = np.log(weights / weights.sum())
    seen = answers >= 0
    rates = np.array(
        [np.average(a[s], weights=counts[s]) for a, s in zip(answers.T, seen.T, strict=True)]
    )
    start = np.stack([toward, np.log(rates / (1 - rates))])
    for _ in range(_EM_STEPS):
        _, met, asked = _expected(start, answers, counts, nodes, log_weights)
        start = _maximised(start, met, asked, nodes)
    items = answers.shape[1]

    def loss(flat: Any) -> tuple[float, Any]:
        both = flat.reshape(2, items)
        total, met, asked = _expected(both, answers, counts, nodes, log_weights)
        off = met - asked * expit(np.outer(both[0], nodes) + both[1][:, None])
        return -total / counts.sum(), -np.concatenate([off @ nodes, off.sum(1)]) / counts.sum()

    bounds = [(-STEEPEST, STEEPEST)] * items + [(-_FARTHEST, _FARTHEST)] * items
    done = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", bounds=bounds, options=_END)
    return done.x.reshape(2, items), -float(done.fun) * float(counts.sum())


def _expected(
    both: Any, answers: Any, counts: Any, nodes: Any, log_weights: Any
) -> tuple[float, Any, Any]:
    """The log likelihood, and (items, POINTS): answers met and given, shared out over the nodes."""
    line = np.outer(both[0], nodes) + both[1][:, None]
    yes, no = log_expit(line), log_expit(-line)
    total, met, asked = 0.0, np.zeros_like(line), np.zeros_like(line)
    for first in range(0, len(answers), _AT_ONCE):
        rows = answers[first : first + _AT_ONCE]
        times = counts[first : first + _AT_ONCE]
        ones, known = (rows == 1) * 1.0, (rows >= 0) * 1.0
        joint = ones @ yes + (known - ones) @ no + log_weights
        whole = logsumexp(joint, axis=1)
        shared = np.exp(joint - whole[:, None]) * times[:, None]
        total += float(times @ whole)
        met += ones.T @ shared
        asked += known.T @ shared
    return total, met, asked


def _maximised(both: Any, met: Any, asked: Any, nodes: Any) -> Any:
    """A few steps of Newton on each item's own logistic regression of its answers on the nodes."""
    for _ in range(_NEWTON_STEPS):
        p = expit(np.outer(both[0], nodes) + both[1][:, None])
        off, spread = met - asked * p, asked * p * (1 - p)
        g0, g1 = off @ nodes, off.sum(1)
        h00, h01, h11 = spread @ nodes**2 + _RIDGE, spread @ nodes, spread.sum(1) + _RIDGE
        det = h00 * h11 - h01**2
        step = np.stack([h11 * g0 - h01 * g1, h00 * g1 - h01 * g0]) / np.maximum(det, _RIDGE)
        both = both + np.clip(step, -1.0, 1.0)
        both = np.stack([np.clip(both[0], -STEEPEST, STEEPEST), np.clip(both[1], *_REACH)])
    return both
