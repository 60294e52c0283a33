"""Grades to report on."""

from __future__ import annotations

from rlaif.records.grade import Answered, Grade
from rlaif.records.outcome import Failure, Skipped, Verdict
from rlaif.records.sample import Sample


def yes(name: str, probability: float = 0.8) -> Answered:
    verdict = Verdict((1 - probability, probability), 0.9)
    return Answered(
        name,
        verdict,
        "k",
        "yes" if probability >= 0.5 else "no",
        probability,
        max(probability, 1 - probability),
    )


def failure(name: str, message: str = "gone") -> Answered:
    return Answered(name, Failure("backend", message))


def skipped(name: str, reason: str) -> Answered:
    return Answered(name, Skipped(reason))


def grade_of(
    name: str, score: float | None, *outcomes: Answered, reason: str = "", **more: object
) -> Grade:
    failed = any(isinstance(o.outcome, Failure) for o in outcomes)
    return Grade(
        sample_id=name,
        rubric="r@1.0.0",
        judge="j@1.0.0",
        score=score,
        raw_score=score,
        status="failed" if failed and score is None else "ok",
        reason=reason,
        sections=(),
        outcomes=outcomes,
        **more,  # type: ignore[arg-type]
    )


def sample_of(name: str, policy: str | None = None) -> Sample:
    return Sample(sample_id=name, prompt="p", completion="c", policy=policy)
