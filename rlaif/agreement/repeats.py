"""The judge asked about a pair in both orders: what the order does, and how right it is besides."""

from __future__ import annotations

from typing import Any

import numpy as np

from rlaif.agreement.estimates_share import share
from rlaif.agreement.rated import MISSING, Rated
from rlaif.records.agreement import Figure

B, TIE, A = range(3)
"""The answers about a pair, from worst to best for completion a."""
_NOT_TWICE = "nothing was answered twice"
_NO_SIDE = "the judge never names one of both"
_ONLY_TIES = "people and the judge nowhere both name one of both"
_NO_CONSISTENT = "the judge names the same one in both orders nowhere"


def accuracies(rated: Rated, a_first: Any, b_first: Any) -> dict[str, Figure]:
    """How often the judge is right where it names a side, and where it is steady as well.

    accuracy_without_ties where people and the judge both name a side; accuracy_consistent where
    people do, and the judge named the same side in both orders; absent where it was not asked in
    two, as a check or the preference as a whole.

    Args: `rated`, with the categories B, TIE, A; `a_first` and `b_first`, (n,) int: what the judge
    said with that completion shown first, or MISSING.
    """
    human, judge, cluster = rated.human, rated.judge, rated.cluster
    sides = _is_side(human) & _is_side(judge)
    found = {"accuracy_without_ties": _share(human == judge, sides, cluster, _ONLY_TIES)}
    if ((a_first != MISSING) & (b_first != MISSING)).any():
        steady = _is_side(human) & _is_side(a_first) & (a_first == b_first)
        found["accuracy_consistent"] = _share(human == a_first, steady, cluster, _NO_CONSISTENT)
    return found


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


def _is_side(answers: Any) -> Any:
    return (answers == A) | (answers == B)


def _share(so: Any, among: Any, cluster: Any, why: str) -> Figure:
    if not among.any():
        return Figure(None, why=why)
    return share(so[among].astype(float), cluster[among])
