"""A grade as the row that other programs get."""

from __future__ import annotations

from typing import Any

from rlaif.records.grade import Answered, Grade
from rlaif.records.outcome import Failure, Skipped, Verdict

_KINDS = {Verdict: "verdict", Failure: "failure", Skipped: "skipped"}


def export_row(grade: Grade) -> dict[str, Any]:
    """The grade in JSON's types; what does not apply is null."""
    return {
        "sample_id": grade.sample_id,
        "rubric": grade.rubric,
        "judge": grade.judge,
        "score": grade.score,
        "raw_score": grade.raw_score,
        "status": grade.status,
        "reason": grade.reason or None,
        "sections": [{"section": name, "value": value} for name, value in grade.sections],
        "outcomes": [_outcome(answered) for answered in grade.outcomes],
    }


def _outcome(answered: Answered) -> dict[str, Any]:
    outcome = answered.outcome
    failure = outcome if isinstance(outcome, Failure) else None
    return {
        "criterion": answered.criterion,
        "kind": _KINDS[type(outcome)],
        "answer": answered.answer,
        "value": answered.value,
        "probability": answered.probability,
        "label_mass": outcome.label_mass if isinstance(outcome, Verdict) else None,
        "stage": failure and failure.stage,
        "reason": outcome.reason if isinstance(outcome, Skipped) else None,
        "message": failure and failure.message,
    }
