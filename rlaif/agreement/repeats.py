"""The judge asked again: with both completions in the other order, or the same a second time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from rlaif.agreement.estimates_share import share
from rlaif.agreement.measures import measure
from rlaif.agreement.rated import MISSING, Rated
from rlaif.records.agreement import CriterionAgreement, Figure

B, TIE, A = range(3)
"""The answers about a pair, from worst to best for completion a."""
_NOT_TWICE = "nothing was answered twice"
_NO_SIDE = "the judge never names one of both"
_ONLY_TIES = "people and the judge nowhere both name one of both"
_NO_CONSISTENT = "the judge names the same one in both orders nowhere"


def measure_pairs(
    rated: Rated, a_first: Any, b_first: Any, *, resamples: int = 2000, seed: int = 0
) -> CriterionAgreement:
    """All figures of `measure` for preferences, and those that only pairs have.

    accuracy is over b, tie and a; accuracy_without_ties where people and the judge both name a
    side; accuracy_consistent where people do, and the judge named the same side in both orders.
    flip_rate and first_position as in `positions`, each pair once.

    Args: `rated`, with the categories B, TIE, A; `a_first` and `b_first`, (n,) int: what the judge
    said with that completion shown first, or MISSING.
    """
    human, judge, cluster = rated.human, rated.judge, rated.cluster
    sides = _is_side(human) & _is_side(judge)
    steady = _is_side(human) & _is_side(a_first) & (a_first == b_first)
    each = np.unique(rated.sample, return_index=True)[1]
    more = {
        "accuracy_without_ties": _share(human == judge, sides, cluster, _ONLY_TIES),
        "accuracy_consistent": _share(human == a_first, steady, cluster, _NO_CONSISTENT),
        **positions(a_first[each], b_first[each], cluster[each]),
    }
    found = measure(rated, resamples=resamples, seed=seed)
    return replace(found, figures={**found.figures, **more})


def positions(a_first: Any, b_first: Any, cluster: Any) -> dict[str, Figure]:
    """What the order does, of pairs that were judged in both; people are not needed for it.

    flip_rate is the share of pairs in which the orders name opposite sides. first_position is the
    share of the answers with a side that name the completion shown first: one half without a
    preference. Args: (n,) int each.
    """
    twice = (a_first != MISSING) & (b_first != MISSING)
    opposite = _is_side(a_first) & _is_side(b_first) & (a_first != b_first)
    first = np.concatenate([a_first == A, b_first == B])
    named = np.concatenate([twice & _is_side(a_first), twice & _is_side(b_first)])
    return {
        "flip_rate": _share(opposite, twice, cluster, _NOT_TWICE),
        "first_position": _share(first, named, np.concatenate([cluster, cluster]), _NO_SIDE),
    }


def retest(before: Any, after: Any, cluster: Any) -> Figure:
    """How often the second run has another answer than the first, of what both answered.

    Args: (n,) int each: the places of the answers, or MISSING.
    """
    twice = (before != MISSING) & (after != MISSING)
    return _share(before != after, twice, cluster, _NOT_TWICE)


def _is_side(answers: Any) -> Any:
    return (answers == A) | (answers == B)


def _share(so: Any, among: Any, cluster: Any, why: str) -> Figure:
    if not among.any():
        return Figure(None, why=why)
    return share(so[among].astype(float), cluster[among])
