"""From which probability on a yes costs least, by what a wrong yes and a wrong no cost."""

from __future__ import annotations

from typing import Any

import numpy as np

from rlaif.records.calibration import Costs

_DIGITS = 4


def cheapest(share: Any, human: Any, costs: Costs) -> tuple[float, float]:
    """The threshold of least cost on these labels, and what it costs a label on average.

    Of several of equal cost, the one nearest to false_yes / (false_yes + false_no), which is right
    for a judge whose probabilities are. Every threshold between two neighbouring probabilities
    decides alike: the middle of them stands for all.

    Args: `share`, (n,) probability of yes; `human`, (n,) 1 where people say yes, else 0.
    """
    order = np.argsort(share, kind="stable")
    ranked, said = np.asarray(share, float)[order], np.asarray(human, int)[order]
    # At place i the first i rows are answered no, and all others yes
    missed = np.concatenate([[0], np.cumsum(said == 1)])
    wrong_yes = np.concatenate([[0], np.cumsum(said[::-1] == 0)])[::-1]
    cost = costs.false_no * missed + costs.false_yes * wrong_yes
    edges = np.concatenate([[0.0], ranked, [1.0]])
    usable = edges[1:] > edges[:-1]
    least = cost[usable].min()
    right = costs.false_yes / (costs.false_yes + costs.false_no)
    best = np.flatnonzero(usable & (cost <= least * (1 + 1e-12)))
    inside = [_inside(float(edges[place]), float(edges[place + 1]), right) for place in best]
    return min(inside, key=lambda at: abs(at - right)), float(least / len(said))


def cost_of_no(human: Any, costs: Costs) -> float:
    """What it costs a label on average to answer no always; no threshold can, of a certain yes."""
    return costs.false_no * float(np.mean(human == 1))


def _inside(low: float, high: float, wanted: float) -> float:
    """A number above `low` and at most `high`: the wanted one, or else the middle."""
    found = wanted if low < wanted <= high else (low + high) / 2
    if found <= low:  # two neighbours among the numbers have no middle
        return high
    rounded = round(found, _DIGITS)
    return rounded if low < rounded <= high else found
