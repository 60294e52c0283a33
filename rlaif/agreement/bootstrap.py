"""Intervals by drawing whole prompts again: every figure of a draw comes from sums over prompts.

A figure that is a function of sums (a confusion table, a Brier score) is never worked out from rows
again: the sums of all draws are one product of matrices, weights (draws, clusters) times sums
(clusters, numbers). So are the sums without each prompt, for the skewness.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

FEWEST = 5
"""Prompts, from which on there is an interval."""
_AT_ONCE = 4_000_000
"""Weights in memory at a time."""
_JACKKNIFE = 1000
"""Up to so many prompts the skewness is looked at; of more, there is next to none."""


def cluster_weights(clusters: int, resamples: int, seed: int) -> Iterator[Any]:
    """How often each cluster is in each draw, in blocks (draws, clusters) of float.

    Multinomial: as many clusters as there are, drawn with replacement. The same for the same
    arguments.
    """
    step = max(1, min(resamples, _AT_ONCE // max(1, clusters)))
    for start in range(0, resamples, step):
        yield _block(clusters, min(step, resamples - start), seed, start).astype(float)


@lru_cache(maxsize=2)  # the criteria of one run mostly have the same prompts
def _block(clusters: int, draws: int, seed: int, start: int) -> Any:
    """(draws, clusters) small whole numbers."""
    generator = np.random.default_rng([seed, start])
    picked = generator.integers(0, clusters, (draws, clusters))
    picked += np.arange(draws)[:, None] * clusters
    counts = np.bincount(picked.ravel(), minlength=draws * clusters)
    return counts.reshape(draws, clusters).astype(np.int32)


class Slot(NamedTuple):
    """Where the numbers of one table lie among all sums, and their shape."""

    start: int
    stop: int
    shape: tuple[int, ...]


class Plan(NamedTuple):
    """The rows of drawn sums: the labels' own, then each draw, then without each prompt."""

    clusters: int
    draws: int


class Sums:
    """Sums over clusters of as many tables as are added, drawn together."""

    def __init__(self, clusters: int) -> None:
        """Args: how many clusters there are; they are numbered from 0."""
        self._clusters = clusters
        self._added: list[Any] = []
        self._width = 0

    def add(
        self, cluster: Any, cell: Any, shape: tuple[int, ...], amounts: Any | None = None
    ) -> Slot:
        """A table of the shape, to which row i adds `amounts[i]`, or 1, at the place `cell[i]`.

        Args: `cluster`, (n,) int; `cell`, (n,) int, the place in the table when it is flat.
        """
        size = int(np.prod(shape))
        sums = np.bincount(cluster * size + cell, amounts, self._clusters * size)
        self._added.append(sums.reshape(self._clusters, size).astype(float))
        self._width += size
        return Slot(self._width - size, self._width, shape)

    def drawn(self, resamples: int, seed: int) -> Drawn:
        """Of the labels, of each draw, and without each prompt; only the first of few prompts."""
        sums = np.hstack([np.zeros((self._clusters, 0)), *self._added])
        whole = sums.sum(axis=0, keepdims=True)
        if self._clusters < FEWEST:
            return Drawn(whole, Plan(self._clusters, 0))
        drawn = [w @ sums for w in cluster_weights(self._clusters, resamples, seed)]
        left_out = [whole - sums] if self._clusters <= _JACKKNIFE else []
        return Drawn(np.vstack([whole, *drawn, *left_out]), Plan(self._clusters, resamples))


class Drawn:
    """Tables (rows, *shape), with rows as `plan` says."""

    def __init__(self, sums: Any, plan: Plan) -> None:
        """Args: `sums`, (rows, numbers)."""
        self._sums = sums
        self.plan = plan

    def __getitem__(self, slot: Slot) -> Any:
        return self._sums[:, slot.start : slot.stop].reshape(-1, *slot.shape)
