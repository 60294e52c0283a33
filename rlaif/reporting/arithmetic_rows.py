"""The arithmetic of one score as JSON: every number as it was computed, none rounded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from rlaif.records.calibration import CalibrationMap
from rlaif.records.criterion import Checked, Section
from rlaif.records.grade import Answered, Grade
from rlaif.records.outcome import Failure, Skipped, Verdict
from rlaif.records.working import Part, Working


def arithmetic_row(
    grade: Grade,
    working: Working | None,
    variances: Mapping[str, float] | None = None,
    maps: Mapping[str, CalibrationMap] | None = None,
) -> dict[str, Any]:
    """One grade with its steps; `level` is null where the prescreen has decided.

    A verdict has `evidence`, `votes` and `variance` only where there are any, and `read` and
    `yes_from` only where a calibration reads it.
    Args: `variances`, by criterion, of the verdicts that were made of several; `maps`, by
    criterion, that read the judge's probabilities.
    """
    beside = _Beside(variances or {}, maps or {})
    rule = grade.reason.partition(":")[2] if grade.reason.startswith("prescreen:") else None
    return {
        "sample_id": grade.sample_id,
        "rubric": grade.rubric,
        "judge": grade.judge,
        "attempt": grade.attempt,
        "score": grade.score,
        "raw_score": grade.raw_score,
        "status": grade.status,
        "reason": grade.reason,
        "prescreen": rule,
        "level": None if working is None else _level(working, None, beside),
    }


class _Beside(NamedTuple):
    variances: Mapping[str, float]
    maps: Mapping[str, CalibrationMap]


def _level(level: Working, section: Section | None, beside: _Beside) -> dict[str, Any]:
    return {
        "rule": level.rule,
        "faults_alone": level.faults_alone,
        "parts": [_part(part, beside) for part in level.parts],
        "unmet_gate": level.unmet,
        "failed": list(level.failed),
        "earned": level.earned,
        "possible": level.possible,
        "raw": level.raw,
        "clipped": level.clipped,
        "saturates_at": section and section.saturates_at,
        "saturated": level.saturated,
        "cap": section and section.cap,
        "value": level.value,
    }


def _part(part: Part, beside: _Beside) -> dict[str, Any]:
    ends = {"weight": part.weight, "value": part.value, "counts": part.counts}
    if isinstance(part.item, Section):
        inner = part.inner and _level(part.inner, part.item, beside)
        return {"section": part.item.section, **ends, "level": inner}
    item, answered = part.item, part.answered
    asked = item.check.as_written() if isinstance(item, Checked) else item.ask
    return {
        "criterion": item.id,
        "check" if isinstance(item, Checked) else "ask": asked,
        "gate": None if item.gate is False else _met(part),
        **ends,
        **(_outcome(answered, item.answers) if answered else {}),
        **_read(answered, item.answers, beside.maps.get(item.id)),
        **({"variance": beside.variances[item.id]} if item.id in beside.variances else {}),
    }


def _read(
    answered: Answered | None, answers: tuple[str, ...], read: CalibrationMap | None
) -> dict[str, Any]:
    """The distribution that the value is of, where that is not the one that the judge gave."""
    if read is None or answered is None or not isinstance(answered.outcome, Verdict):
        return {}
    shares = read.applying(answered.outcome.distribution, len(answers))
    return {"read": dict(zip(answers, shares, strict=True)), "yes_from": read.yes_from}


def _met(part: Part) -> str:
    if part.unmet:
        return "unmet"
    return "met" if part.answered and part.answered.answer is not None else "unanswered"


def _outcome(answered: Answered, answers: tuple[str, ...]) -> dict[str, Any]:
    outcome = answered.outcome
    if isinstance(outcome, Failure):
        return {"kind": "failure", "stage": outcome.stage, "message": outcome.message}
    if isinstance(outcome, Skipped):
        row = {"kind": "skipped", "reason": outcome.reason, "probability": answered.probability}
        return {**row, **(_several(outcome.verdict, answers) if outcome.verdict else {})}
    return {"kind": "verdict", "answer": answered.answer, **_verdict(answered, outcome, answers)}


def _verdict(answered: Answered, verdict: Verdict, answers: tuple[str, ...]) -> dict[str, Any]:
    names = (*answers, "na")
    return {
        "probability": answered.probability,
        "label_mass": verdict.label_mass,
        "distribution": dict(zip(names, verdict.distribution, strict=False)),
        "rationale": verdict.rationale,
        "cases": [
            {
                "name": case.name,
                "passed": case.passed,
                "message": case.message,
                "seconds": case.seconds,
                "memory": case.memory,
            }
            for case in verdict.cases
        ],
        **_several(verdict, answers),
    }


def _several(verdict: Verdict, answers: tuple[str, ...]) -> dict[str, Any]:
    """What the judge quotes, and what its votes were, as far as there are any."""
    found: dict[str, Any] = {}
    if verdict.evidence:
        found["evidence"] = [{"text": one.text, "found": one.found} for one in verdict.evidence]
    if verdict.ballots:
        names = (*answers, "na")
        found["votes"] = [
            {
                "by": ballot.by,
                "distribution": dict(zip(names, ballot.distribution, strict=False)),
                "label_mass": ballot.label_mass,
            }
            for ballot in verdict.ballots
        ]
    return found
