"""How good a choice of texts is, measured on grades that the chooser has not seen.

Needs numpy; only the adapter `classifier` imports it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rlaif.records.curate import Figure, HeldOut

DRAWS = 2000
"""Of the bootstrap."""

_TAIL = 0.025
_AT_ONCE = 2_000_000
"""Numbers of drawn weights that are in memory together."""

NAMES = (
    *("precision", "recall", "f1", "auc", "share", "base_rate"),
    *("lift", "score_kept", "score_all", "gain"),
)


def held_out_figures(
    scores: Sequence[float],
    probabilities: Sequence[float],
    groups: Sequence[int],
    good_from: float,
    threshold: float,
    seed: int = 0,
) -> HeldOut:
    """The figures of n held-out texts.

    Args: of each text the judge's score in [0, 1], the classifier's probability, and the number of
    its group; from where on a text is good, and is kept.
    The ends of the intervals are the 2.5% and 97.5% quantiles over 2,000 draws of as many groups,
    with replacement; draws in which a figure is not defined are left out of it.
    """
    score = np.asarray(scores, dtype=float)
    measured = _Measured(score, np.asarray(probabilities, dtype=float), good_from, threshold)
    once = measured.of(np.ones((1, len(score))))
    drawn = _drawn(measured, np.asarray(groups), seed)
    figures = {name: _figure(float(once[name][0]), drawn[name]) for name in NAMES}
    return HeldOut(
        texts=len(score),
        good=int(measured.good.sum()),
        kept=int(measured.kept.sum()),
        **figures,
    )


def _figure(value: float, drawn: Any) -> Figure:
    defined = drawn[~np.isnan(drawn)]
    if np.isnan(value) or not len(defined):
        return Figure(None)
    low, high = np.quantile(defined, [_TAIL, 1 - _TAIL])
    return Figure(value, float(low), float(high))


def _drawn(measured: _Measured, groups: Any, seed: int) -> Mapping[str, Any]:
    """Every figure of every draw."""
    _, place = np.unique(groups, return_inverse=True)
    count = int(place.max()) + 1
    random = np.random.default_rng(seed)
    most = max(1, _AT_ONCE // len(place))
    parts = []
    for first in range(0, DRAWS, most):
        draws = min(most, DRAWS - first)
        often = random.multinomial(count, np.full(count, 1 / count), size=draws)
        parts.append(measured.of(often[:, place].astype(float)))
    return {name: np.concatenate([part[name] for part in parts]) for name in NAMES}


class _Measured:
    """Texts, of which each may count several times."""

    def __init__(self, score: Any, probability: Any, good_from: float, threshold: float) -> None:
        self.score = score
        self.good = (score >= good_from).astype(float)
        self.kept = (probability >= threshold).astype(float)
        self._order = np.argsort(probability, kind="stable")
        ordered = probability[self._order]
        self._first = np.searchsorted(ordered, ordered, side="left")
        self._past = np.searchsorted(ordered, ordered, side="right")

    def of(self, weights: Any) -> dict[str, Any]:
        """Every figure of each row of `weights` [draws, texts]; nan where it is not defined."""
        total, good, kept = weights.sum(axis=1), weights @ self.good, weights @ self.kept
        both = weights @ (self.good * self.kept)
        with np.errstate(invalid="ignore", divide="ignore"):
            precision, base = both / kept, good / total
            kept_score = weights @ (self.score * self.kept) / kept
            all_score = weights @ self.score / total
            return {
                "precision": precision,
                "recall": both / good,
                "f1": 2 * both / (kept + good),
                "auc": self._auc(weights, good, total - good),
                "share": kept / total,
                "base_rate": base,
                "lift": precision - base,
                "score_kept": kept_score,
                "score_all": all_score,
                "gain": kept_score - all_score,
            }

    def _auc(self, weights: Any, good: Any, others: Any) -> Any:
        """Share of the pairs (good, other) in which the good one is above; ties are half a pair."""
        ordered = weights[:, self._order]
        is_good = self.good[self._order]
        summed = np.cumsum(ordered * (1 - is_good), axis=1)
        below = np.concatenate([np.zeros((len(summed), 1)), summed], axis=1)
        won = (below[:, self._first] + below[:, self._past]) / 2
        return (ordered * is_good * won).sum(axis=1) / (good * others)
