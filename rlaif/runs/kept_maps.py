"""The calibration that a run keeps with its judge, as what tells people about it needs it."""

from __future__ import annotations

from contextlib import suppress

from rlaif.errors import RunError
from rlaif.grading.calibrating import Calibrating, calibrating
from rlaif.records.rubric import Rubric
from rlaif.reporting.thresholds import Thresholds
from rlaif.runs.kept import kept_judge, kept_rubric
from rlaif.runs.kept_order import whole_judge
from rlaif.storage.run_folder import RunFolder


def kept_maps(run: RunFolder, rubric: Rubric) -> Calibrating | None:
    """The kept judge's calibration; None where it has none, or cannot be read."""
    with suppress(RunError):
        if kept_judge(run).get("calibration"):
            return calibrating(whole_judge(run, rubric), rubric)
    return None


def kept_thresholds(run: RunFolder) -> Thresholds:
    """From where on the kept judge's questions are answered yes; none where it cannot be told."""
    with suppress(RunError):
        rubric = kept_rubric(run)
        if maps := kept_maps(run, rubric):
            return Thresholds(*maps.yes_from(rubric.items))
    return Thresholds()
