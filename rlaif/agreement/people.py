"""Each two who answered the same sample: people, or people and the judge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from rlaif.agreement.compared import only
from rlaif.agreement.rated import Rated

_ENOUGH = 10
"""Samples that two people share, so that the habits of each can be told from chance."""
_MOST_PAIRS = 45
"""Pairs of people whose habits are told apart: those that share most samples."""


class Both(NamedTuple):
    """Pairs of answers of two people to one sample, a row each."""

    one: Any
    """(m,) int: the row of the person with the lower number."""
    other: Any
    weight: Any
    """(m,) float: 1 / (answers to the sample - 1), by which an answer counts once in alpha."""


def both(rated: Rated) -> Both:
    """Every two answers of different people to the same sample."""
    order = np.lexsort((rated.annotator, rated.sample))
    sample, annotator = rated.sample[order], rated.annotator[order]
    _, place, counts = np.unique(sample, return_inverse=True, return_counts=True)
    found = [np.zeros((0, 2), int)]
    for step in range(1, int(counts.max(initial=1))):
        same = (sample[step:] == sample[:-step]) & (annotator[step:] != annotator[:-step])
        at = np.flatnonzero(same)
        found.append(np.column_stack([at, at + step]))
    ends = np.vstack(found)
    weight = 1 / np.maximum(1, counts[place[ends[:, 0]]] - 1)
    return Both(order[ends[:, 0]], order[ends[:, 1]], weight)


def with_judge(rated: Rated) -> Rated:
    """The judge's answer to each sample as one person's more, beside all people's."""
    first = np.unique(rated.sample, return_index=True)[1]
    people = len(rated.human)
    whole = only(rated, np.concatenate([np.arange(people), first]))
    human, annotator = whole.human.copy(), whole.annotator.copy()
    human[people:] = rated.judge[first]
    annotator[people:] = rated.annotator.max(initial=0) + 1
    return replace(whole, human=human, annotator=annotator)


def by_pair(rated: Rated, rows: Both) -> Iterator[Any]:
    """Of each two people, which of `rows` are theirs, as (k,) int; of those who share enough.

    Tables of two or three answers say nothing of anybody's habits and would pull kappa to 0: they
    are left out where others have more.
    """
    people = np.column_stack([rated.annotator[rows.one], rated.annotator[rows.other]])
    _, pair, counts = np.unique(people, axis=0, return_inverse=True, return_counts=True)
    least = min(_ENOUGH, int(counts.max(initial=0)))
    most = np.argsort(-counts, kind="stable")[:_MOST_PAIRS]
    pair = pair.ravel()
    for number in most[counts[most] >= least].tolist():
        yield np.flatnonzero(pair == number)
