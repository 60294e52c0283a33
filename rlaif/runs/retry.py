"""A run's failed grades, made again: by the same rubric and judge, from the samples that it has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rlaif.records.failures import FailedGrades
from rlaif.records.judge import Judge
from rlaif.runs.kept_order import kept_order
from rlaif.runs.order import Order
from rlaif.storage.failures import Failed, failed_grades
from rlaif.storage.run_folder import open_run


def failed_in(folder: Path) -> FailedGrades:
    """How many grades of the run at `folder` failed, and why. Raises: RunError."""
    run = open_run(folder)
    return failed_grades(*run.files(), run.manifest.under)


def retry_order(folder: Path, stages: Sequence[str] = (), judge: Judge | None = None) -> Order:
    """To make the failed grades of the run at `folder` again, and no others.

    Verdicts that stand are kept. Args: `stages`, only grades in which a failure of one of these
    stands; `judge`, as of `kept_order`. Raises: as it.
    """
    order = kept_order(open_run(folder), judge)
    return replace(order, retry_failed=Failed(tuple(dict.fromkeys(stages))))
