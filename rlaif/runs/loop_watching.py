"""What a loop tells whoever watches it, and how a stage's own watchers become that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from rlaif.grading.usage import Usage
from rlaif.reporting.text import count_of
from rlaif.runs.watching import Step

_SHOWN = ("loss", "reward", "accuracy", "kl")
_MOST_SHOWN = 3


class LoopWatcher(Protocol):
    """Whoever wants to know how a loop goes."""

    def note(self, text: str) -> None:
        """One line for a person."""

    def stage(self, told: str) -> None:
        """A stage begins: `round 1 of 3: rollout`."""

    def progress(self, told: str) -> None:
        """How far the stage is; told often."""


class Quiet:
    """A watcher that says nothing."""

    def note(self, text: str) -> None:
        """Nothing."""

    def stage(self, told: str) -> None:
        """Nothing."""

    def progress(self, told: str) -> None:
        """Nothing."""


class Told:
    """Stands for the watchers of grading, rollouts and training, and tells a loop's."""

    def __init__(self, note: Callable[[str], None], progress: Callable[[str], None]) -> None:
        """Tell by these functions."""
        self.note = note
        self._progress = progress
        self._samples = self._done = self._failed = 0

    def begin(self, samples: int, done: int) -> None:
        """Grading, or writing, starts."""
        self._samples, self._done, self._failed = samples, done, 0
        self._tell()

    def graded(self, step: Step, usage: Usage) -> None:
        """Some more grades."""
        self._done += step.grades
        self._failed += step.failed
        self._tell()

    def wrote(self, tokens: int) -> None:
        """One more completion."""
        self._done += 1
        self._tell()

    def failed(self) -> None:
        """A completion could not be had."""
        self._failed += 1
        self._tell()

    def step(self, done: int, steps: int, figures: Mapping[str, float]) -> None:
        """So many steps of a training."""
        shown = [f"{name} {figures[name]:.3g}" for name in _SHOWN if name in figures][:_MOST_SHOWN]
        self._progress(", ".join([f"step {done:,} of {steps:,}", *shown]))

    def _tell(self) -> None:
        failed = f", {count_of(self._failed, 'failure')}" if self._failed else ""
        self._progress(f"{self._done:,} of {self._samples:,}{failed}")
