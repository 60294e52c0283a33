"""What the judge's probabilities are worth: Brier score, calibration, label mass."""

from __future__ import annotations

from typing import Any

import numpy as np

from rlaif.agreement.bootstrap import Sums
from rlaif.agreement.compared import Compared, only
from rlaif.agreement.intervals import above_noise, mean
from rlaif.agreement.rated import Rated
from rlaif.agreement.reliability import Stated, binned, curve, distances, stated
from rlaif.records.agreement import Figure, ReliabilityBin

_NONE_STATED = "the judge states no probabilities"
_NO_MASS = "no verdict says how much of the probability lay on the answers"


def probabilities(
    found: Compared, resamples: int, seed: int
) -> tuple[dict[str, Figure], tuple[ReliabilityBin, ...]]:
    """Brier and ece with the bins that ece is over; none where no probabilities are stated."""
    given = [only(one, np.isfinite(one.shares).all(axis=1)) for one in found.several]
    cluster = np.concatenate([one.cluster for one in given])
    if not len(cluster):
        return {name: Figure(None, why=_NONE_STATED) for name in ("brier", "ece")}, ()
    told = _together([stated(one.shares, one.judge, one.human) for one in given])
    if not found.categories:  # an answer's place means something else in each criterion
        told = told._replace(answer=np.zeros_like(told.answer))
    bins = binned(told)
    losses = np.concatenate([_losses(one) for one in given])
    figures = {
        "brier": mean(losses, cluster, resamples, seed),
        "ece": _ece(told, bins, cluster, resamples, seed),
    }
    return figures, curve(told, bins, cluster, found.categories)


def label_mass(found: Compared, resamples: int, seed: int) -> Figure:
    """The mean over samples, however many people answered each."""
    masses, clusters = [np.zeros(0)], [np.zeros(0, int)]
    for one in found.several:
        first = np.unique(one.sample, return_index=True)[1]
        known = first[np.isfinite(one.label_mass[first])]
        masses.append(one.label_mass[known])
        clusters.append(one.cluster[known])
    told = np.concatenate(masses)
    if not len(told):
        return Figure(None, why=_NO_MASS)
    return mean(told, np.concatenate(clusters), resamples, seed)


def _ece(told: Stated, bins: Any, cluster: Any, resamples: int, seed: int) -> Figure:
    """With the bins as they are in all draws."""
    prompts, number = np.unique(cluster, return_inverse=True)
    sums, shape = Sums(len(prompts)), (int(bins.max()) + 1,)
    slots = [
        sums.add(number, bins, shape, amounts) for amounts in (None, told.probability, told.hit)
    ]
    drawn = sums.drawn(resamples, seed)
    apart = distances(*(drawn[slot] for slot in slots))
    noise = np.abs(apart - apart[0]).sum(-1)
    return above_noise(np.abs(apart).sum(-1), noise, drawn.plan)


def _losses(rated: Rated) -> Any:
    """(n,) in [0, 1]: half the squared distance of the distribution from the person's answer.

    Brier 1950, halved so that it is (p - y)^2 for yes or no, whether or not somebody could have
    said that it does not apply.
    """
    apart = rated.shares - np.eye(len(rated.categories))[rated.human]
    return (apart**2).sum(axis=1) / 2


def _together(several: list[Stated]) -> Stated:
    return Stated(*(np.concatenate(column) for column in zip(*several, strict=True)))
