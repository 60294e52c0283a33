"""Where a calibration comes from, as the judge file keeps it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from rlaif.records.fitted import Fitted
from rlaif.records.judge import Judge
from rlaif.records.rubric import Rubric
from rlaif.runs.calibrate_labels import Split


class Counted(Protocol):
    """The labels that were read, of samples or of pairs."""

    @property
    def digest(self) -> str:
        """Of all of them, whatever their order."""

    @property
    def answers(self) -> int:
        """How many there are."""

    @property
    def annotators(self) -> int:
        """How many people gave them."""


def lineage(run: Path, rubric: Rubric, judge: Judge, labels: Counted, split: Split) -> Fitted:
    """What was fitted on what, today."""
    return Fitted(
        rubric=f"{rubric.rubric}@{rubric.version}",
        rubric_hash=rubric.content_hash,
        judge=judge.name,
        judge_hash=judge.asked_hash,
        run=run.resolve().name,
        labels=labels.digest,
        rows=labels.answers,
        annotators=labels.annotators,
        seed=split.seed,
        share=split.share,
        on=datetime.now(UTC).strftime("%Y-%m-%d"),
    )
