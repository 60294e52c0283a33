"""A watcher that says nothing."""

from __future__ import annotations

from rlaif.grading.usage import Usage
from rlaif.runs.watching import Step


class Quiet:
    """Takes everything in."""

    def note(self, text: str) -> None:
        """Nothing."""

    def begin(self, samples: int, done: int) -> None:
        """Nothing."""

    def graded(self, step: Step, usage: Usage) -> None:
        """Nothing."""
