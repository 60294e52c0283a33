"""How a judge's probabilities do on labels: figures, and how far a map moves them.

Intervals are percentiles of a bootstrap over whole prompts; before and after are measured on the
same draws, so that the interval of the difference is of the difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rlaif.agreement.reliability import binned, distances, stated
from rlaif.records.agreement import Figure
from rlaif.records.calibrated import Change
from rlaif.records.calibration import LEAST, Costs, Measured

Numbers = dict[str, float | None]

_TOLD = 6
_LEAST_DRAWS = 100
_ONE_ANSWER = "only one answer was given"


@dataclass(frozen=True, slots=True)
class Column:
    """What one reading of the judge says on n labels, each with what it costs there."""

    said: Any
    """(n,) the place of its answer."""
    apart: Any
    """(n,) its greatest probability, less 1 where people gave that answer."""
    bins: Any
    """(n,) the bin of each; as they are in all draws."""
    brier: Any
    loss: Any
    wrong: Any
    """(n,) cost."""


def column(shares: Any, human: Any, yes_from: float, costs: Costs | None) -> Column:
    """Brier score and bins as in `agreement.probabilities`.

    Args: `shares`, (n, k) float; `human`, (n,) int.
    """
    count, kinds = shares.shape
    loss = -np.log(np.clip(shares[np.arange(count), human], LEAST, 1.0))
    said = (shares[:, 1] >= yes_from).astype(int) if kinds == 2 else shares.argmax(axis=1)
    brier = ((shares - np.eye(kinds)[human]) ** 2).sum(axis=1) / 2
    likely = stated(shares, said, human)
    each = costs or Costs()
    wrong = np.where(said > human, each.false_yes, each.false_no) * (said != human)
    return Column(said, likely.probability - likely.hit, binned(likely), brier, loss, wrong)


def ece(apart: Any, bins: Any) -> float:
    """Mean distance of stated from seen over bins of about equally many verdicts, in [0, 1]."""
    rows, sums = np.bincount(bins), np.bincount(bins, weights=apart)
    return float(np.abs(distances(rows, sums, 0)).sum())


def kappa(said: Any, human: Any, kinds: int) -> float | None:
    """Cohen 1960; None where both always give the same one answer."""
    seen = np.bincount(said * kinds + human, minlength=kinds * kinds).reshape(kinds, kinds)
    shares = seen / seen.sum()
    chance = float(shares.sum(axis=1) @ shares.sum(axis=0))
    return None if chance >= 1 - 1e-12 else (float(np.trace(shares)) - chance) / (1 - chance)


def standard_error(values: Any, prompts: Any) -> float:
    """Of a mean over labels, whose prompts are what was drawn. Args: two (n,) columns."""
    _, places = np.unique(prompts, return_inverse=True)
    summed = np.bincount(places, weights=values - values.mean())
    count = len(summed)
    return float(np.sqrt((summed**2).sum() * count / max(count - 1, 1)) / len(values))


def figures(one: Column, human: Any, kinds: int, with_cost: bool, at: Any = None) -> Numbers:
    """Every figure by its name; `at`, the places that a draw has, some of them often."""
    every = slice(None) if at is None else at
    found: Numbers = {
        "brier": float(one.brier[every].mean()),
        "log_loss": float(one.loss[every].mean()),
        "ece": ece(one.apart[every], one.bins[every]),
        "accuracy": float((one.said[every] == human[every]).mean()),
        "kappa": kappa(one.said[every], human[every], kinds),
    }
    return found | {"cost": float(one.wrong[every].mean())} if with_cost else found


def measured(found: Mapping[str, float | None]) -> Measured:
    """The same as a judge file states it."""
    return Measured.model_validate(
        {name: round(value, _TOLD) for name, value in found.items() if value is not None}
    )


def changes(
    before: Column, after: Column, human: Any, prompts: Any, kinds: int, with_cost: bool, *,
    seed: int, draws: int,
) -> dict[str, Change]:  # fmt: skip
    """Each figure before and after, with 95% intervals over whole prompts."""
    pair = [figures(each, human, kinds, with_cost) for each in (before, after)]
    drawn: dict[str, list[tuple[float, float]]] = {name: [] for name in pair[0]}
    generator = np.random.default_rng(seed)
    members = [np.flatnonzero(prompts == one) for one in np.unique(prompts)]
    for _ in range(draws if len(members) > 1 else 0):
        picks = generator.integers(0, len(members), len(members))
        at = np.concatenate([members[pick] for pick in picks])
        both = [figures(each, human, kinds, with_cost, at) for each in (before, after)]
        for name, kept in drawn.items():
            one, other = both[0][name], both[1][name]
            if one is not None and other is not None:
                kept.append((one, other))
    return {name: _change(pair[0][name], pair[1][name], drawn[name]) for name in drawn}


def _change(one: float | None, other: float | None, drawn: list[tuple[float, float]]) -> Change:
    if one is None or other is None:
        return Change(_bare(one), _bare(other), _bare(None))
    values = (one, other, other - one)
    if len(drawn) < _LEAST_DRAWS:
        return Change(Figure(one), Figure(other), Figure(other - one))
    table = np.array(drawn)
    table = np.column_stack([table, table[:, 1] - table[:, 0]])
    low, high = np.percentile(table, [2.5, 97.5], axis=0)
    ends = zip(values, low.tolist(), high.tolist(), strict=True)
    before, after, difference = (Figure(value, *interval) for value, *interval in ends)
    return Change(before, after, difference)


def _bare(value: float | None) -> Figure:
    return Figure(value, why=_ONE_ANSWER if value is None else "")
