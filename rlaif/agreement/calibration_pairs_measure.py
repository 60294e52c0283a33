"""How a judge's preferences do on people's: figures, and how far a map moves them.

Intervals are percentiles of a bootstrap over whole prompts; before and after are measured on the
same draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from rlaif.agreement.bootstrap import FEWEST, cluster_weights
from rlaif.records.agreement import Figure
from rlaif.records.calibrated import Change
from rlaif.records.calibration import LEAST

_NONE_PREFERRED = "people said tie everywhere"
_OF_ALL = "accuracy"


@dataclass(frozen=True, slots=True)
class Losses:
    """What one reading of the judge is worth on n labels; all but accuracy where `chosen`."""

    chosen: Any
    """(n,) bool, whether people preferred one of the two."""
    accuracy: Any
    preferred: Any
    log_loss: Any
    brier: Any

    def columns(self) -> Iterator[tuple[str, Any, Any]]:
        """Each figure: its name, its values, and the labels that count."""
        for name in ("accuracy", "preferred", "log_loss", "brier"):
            counts = np.ones(len(self.chosen)) if name == _OF_ALL else self.chosen.astype(float)
            yield name, getattr(self, name), counts

    def means(self, digits: int) -> dict[str, float]:
        """Each figure, rounded; where people preferred one at all."""
        return {
            name: round(float((values * counts).sum() / counts.sum()), digits)
            for name, values, counts in self.columns()
        }


def losses(margin: Any, said: Any, human: Any) -> Losses:
    """Args: `margin`, (n,) in [-1, 1]; `said` and `human`, (n,) -1 (b), 0 (tie) or 1 (a)."""
    of_theirs = (1 + margin * human) / 2  # a and b alike to the last digit
    hit = (said == human).astype(float)
    return Losses(
        chosen=human != 0,
        accuracy=hit,
        preferred=np.where(said == 0, 0.5, hit),
        log_loss=-np.log(np.clip(of_theirs, LEAST, 1.0)),
        brier=(1 - of_theirs) ** 2,
    )


def moved(before: Losses, after: Losses, prompts: Any, draws: int, seed: int) -> dict[str, Change]:
    """Each figure before and after, with 95% intervals over whole prompts."""
    _, cluster = np.unique(prompts, return_inverse=True)
    count = int(cluster.max()) + 1 if len(cluster) else 0
    found = {}
    for (name, one, counts), (_, other, _) in zip(before.columns(), after.columns(), strict=True):
        sums = [np.bincount(cluster, column, count) for column in (one * counts, other * counts)]
        table = np.column_stack([*sums, sums[1] - sums[0], np.bincount(cluster, counts, count)])
        found[name] = _change(table, draws, seed)
    return found


def _change(table: Any, draws: int, seed: int) -> Change:
    """Args: `table`, (clusters, 4): sums of before, after, difference, and how many there are."""
    whole = table.sum(axis=0)
    if not whole[3]:
        return Change(*(Figure(None, why=_NONE_PREFERRED) for _ in range(3)))
    values = (whole[:3] / whole[3]).tolist()
    if len(table) < FEWEST:
        return Change(*(Figure(value) for value in values))
    drawn = np.vstack([weights @ table for weights in cluster_weights(len(table), draws, seed)])
    drawn = drawn[drawn[:, 3] > 0]
    low, high = np.percentile(drawn[:, :3] / drawn[:, 3:], [2.5, 97.5], axis=0).tolist()
    return Change(*(Figure(*ends) for ends in zip(values, low, high, strict=True)))
