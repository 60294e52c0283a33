"""What `rlaif agree` is told to measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Part = Literal["held out", "all"]

RESAMPLES = 2000
"""How often prompts are drawn anew for an interval."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which labels are looked at."""

    criteria: tuple[str, ...] = ()
    """Ids; all where empty."""
    annotators: tuple[str, ...] = ()
    """Names; all where empty."""

    def has(self, annotator: str) -> bool:
        """Whether the labels of this person are."""
        return not self.annotators or annotator in self.annotators

    def asks(self, criterion: str) -> bool:
        """Whether this criterion is."""
        return not self.criteria or criterion in self.criteria


@dataclass(frozen=True, slots=True)
class Asked:
    """A run, people's labels, and how they are held against each other."""

    run: Path
    labels: Sequence[str]
    """Files; none for a run of pairs whose rows say what people preferred."""
    chosen: Chosen = Chosen()
    part: Part | None = None
    """None: what is held out where the judge was fitted, else all."""
    again: Path | None = None
    """A second run of the same samples."""
    resamples: int = RESAMPLES
    seed: int = 0
