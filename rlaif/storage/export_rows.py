"""A grade as the row that other programs get."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlaif.records.grade import Answered, Grade
from rlaif.records.outcome import Failure, Outcome, Skipped, Verdict

_KINDS = {Verdict: "verdict", Failure: "failure", Skipped: "skipped"}


def export_row(grade: Grade, variances: Mapping[str, float] | None = None) -> dict[str, Any]:
    """The grade in JSON's types; what does not apply is null.

    An outcome has `rationale`, `evidence`, `votes` and `variance` only where there are any.
    Args: `variances`, by criterion, of the verdicts that were made of several.
    """
    apart = variances or {}
    return {
        "sample_id": grade.sample_id,
        "rubric": grade.rubric,
        "judge": grade.judge,
        "score": grade.score,
        "raw_score": grade.raw_score,
        "status": grade.status,
        "reason": grade.reason or None,
        "sections": [{"section": name, "value": value} for name, value in grade.sections],
        "outcomes": [
            {**_outcome(answered), **said(answered.outcome), **_apart(answered, apart)}
            for answered in grade.outcomes
        ],
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


def said(outcome: Outcome) -> dict[str, Any]:
    """What a judge said besides its answer, as far as there is any.

    How a check took the code is its cases' affair, and not told.
    """
    verdict = outcome.verdict if isinstance(outcome, Skipped) else outcome
    if not isinstance(verdict, Verdict) or verdict.cases:
        return {}
    found: dict[str, Any] = {}
    if verdict.rationale:
        found["rationale"] = verdict.rationale
    if verdict.evidence:
        found["evidence"] = [{"text": one.text, "found": one.found} for one in verdict.evidence]
    if verdict.ballots:
        found["votes"] = [
            {"by": one.by, "distribution": list(one.distribution), "label_mass": one.label_mass}
            for one in verdict.ballots
        ]
    return found


def _apart(answered: Answered, variances: Mapping[str, float]) -> dict[str, float]:
    name = answered.criterion
    return {"variance": variances[name]} if name in variances else {}
