"""Why a person's answer teaches a judge nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from rlaif.grading.plan import Plan
from rlaif.records.criterion import Judged

Dropped = Literal[
    "prescreened",
    "not_asked",
    "unknown_criterion",
    "unknown_label",
    "incomplete",
    "unwritable",
    "taught",
]
WORDS: Mapping[Dropped, str] = {
    "prescreened": "of outputs that the prescreen decides, so that no judge is asked",
    "not_asked": "on criteria that no judge is asked about this sample",
    "unknown_criterion": "on criteria that the rubric has no judge asked about",
    "unknown_label": "that the criterion has no place for",
    "incomplete": "of samples of which a judge of one call has not every answer",
    "unwritable": "of texts that cannot be written as a prompt",
    "taught": "on texts that the rubric teaches by, whose answers stand in the judge's prompt",
}
"""Why an answer gives no row, behind a number."""


def reason_of(
    made: Plan, criterion: Judged | None, asked: bool, label: str | None
) -> Dropped | None:
    """Why an answer gives no row; None where it may."""
    if criterion is None:
        return "unknown_criterion"
    if made.prescreened:
        return "prescreened"
    if not asked:
        return "not_asked"
    takes = criterion.allow_na if label is None else criterion.takes(label)
    return None if takes else "unknown_label"
