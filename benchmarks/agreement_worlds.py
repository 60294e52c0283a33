"""Worlds whose truth is known, for agreement_coverage.py, and samples that are drawn from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

OTHERS = 2000
"""Samples without a label, in every world."""


@dataclass(frozen=True)
class World:
    """What samples are drawn from."""

    labels: int
    prevalence: float
    sensitivity: float
    specificity: float
    each: int = 1
    """Samples a prompt."""
    icc: float = 0.0
    whole_prompts: bool = False
    """Whether labels go to all samples of a prompt."""
    graded: bool = False
    """Scores in place of yes and no, of a judge that gives p(yes)."""

    @property
    def told(self) -> str:
        """In a table's cells."""
        how = "whole prompts" if self.whole_prompts else "samples"
        rates = f"{self.sensitivity:g}/{self.specificity:g}" if not self.graded else "graded"
        icc = f", ICC {self.icc:g}" if self.icc else ""
        return f"{self.labels} | {self.prevalence:g} | {rates} | {self.each} a prompt{icc}, {how}"

    @property
    def truths(self) -> dict[str, float]:
        """By estimate, what its interval should hold."""
        p, se, sp = self.prevalence, self.sensitivity, self.specificity
        judge, accuracy = p * se + (1 - p) * (1 - sp), p * se + (1 - p) * sp
        chance = p * judge + (1 - p) * (1 - judge)
        return {
            "ppi": p,
            "rogan_gladen": p,
            "labelled": p,
            "judged": judge,
            "accuracy": accuracy,
            "kappa": (accuracy - chance) / (1 - chance),
        }


@dataclass(frozen=True)
class Drawn:
    """One draw from a world; arrays of equal length."""

    cluster: Any
    human: Any
    judge: Any
    labelled: Any

    def columns(self) -> tuple[Any, Any, Any, Any, Any]:
        """As `pass_rate` takes them."""
        ours = self.labelled
        return (
            self.judge[~ours],
            self.cluster[~ours],
            self.judge[ours],
            self.human[ours],
            self.cluster[ours],
        )


def draw(world: World, rng: Any) -> Drawn:
    """Samples of a world, and which of them have a label."""
    prompts = -(-(OTHERS + world.labels) // world.each)
    cluster = np.repeat(np.arange(prompts), world.each)
    people = _rates(world.prevalence, world, rng, prompts)[cluster]
    if world.graded:
        human = rng.beta(people * 4, (1 - people) * 4)
        judge = np.clip(0.8 * human + 0.05 + rng.normal(0, 0.12, len(human)), 0, 1)
    else:
        human = (rng.random(len(cluster)) < people) * 1.0
        hits = _rates(world.sensitivity, world, rng, prompts)[cluster]
        alarms = 1 - _rates(world.specificity, world, rng, prompts)[cluster]
        judge = (rng.random(len(cluster)) < np.where(human == 1, hits, alarms)) * 1.0
    if world.whole_prompts:
        chosen = rng.choice(prompts, world.labels // world.each, replace=False)
        return Drawn(cluster, human, judge, np.isin(cluster, chosen))
    labelled = np.zeros(len(cluster), bool)
    labelled[rng.choice(len(cluster), world.labels, replace=False)] = True
    return Drawn(cluster, human, judge, labelled)


def _rates(mean: float, world: World, rng: Any, prompts: int) -> Any:
    """A rate a prompt: beta with this mean and the world's ICC."""
    if world.icc == 0 or world.each == 1:
        return np.full(prompts, mean)
    size = 1 / world.icc - 1
    return rng.beta(mean * size, (1 - mean) * size, prompts)


JUDGES = ((0.7, 0.75), (0.9, 0.85), (0.98, 0.97))


def worlds() -> Iterator[World]:
    """Sizes, prevalences and judges without prompts; then prompts of several samples; then scores.

    The last ones have few prompts, to see from how many on intervals hold.
    """
    for labels in (30, 100, 400):
        for prevalence in (0.05, 0.3, 0.5, 0.9):
            yield from (World(labels, prevalence, se, sp) for se, sp in JUDGES)
    for labels, each in ((100, 5), (400, 5), (400, 20)):
        for prevalence in (0.1, 0.5):
            for whole in (False, True):
                yield World(labels, prevalence, 0.9, 0.85, each, 0.2, whole)
    for prompts in (8, 12, 20, 40, 80):
        yield World(prompts * 10, 0.3, 0.9, 0.85, 10, 0.2, True)
    for labels in (30, 100, 400):
        yield World(labels, 0.5, 0, 0, graded=True)
    yield World(200, 0.3, 0, 0, 10, 0.2, True, True)


def agreement_worlds() -> Iterator[World]:
    """Fewer: a bootstrap takes hundreds of times as long."""
    for labels in (50, 200):
        for prevalence, (se, sp) in ((0.5, JUDGES[1]), (0.1, JUDGES[1]), (0.5, JUDGES[2])):
            yield World(labels, prevalence, se, sp)
    for prompts in (10, 20, 40, 80):
        yield World(prompts * 5, 0.4, 0.9, 0.85, 5, 0.2, True)
