"""The drawn texts, graded: a run folder of their own, which the same command goes on with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rlaif.records.judge import Judge
from rlaif.records.rubric import Rubric
from rlaif.runs.grade import grade_run
from rlaif.runs.limits import NO_LIMITS, Limits
from rlaif.runs.order import Order
from rlaif.runs.watching import Watcher
from rlaif.storage.curate_rows import TextRow
from rlaif.storage.run_folder import RunFolder, make_run, open_run
from rlaif.storage.samples import Row


@dataclass(frozen=True, slots=True)
class Grading:
    """By what the drawn texts are graded, and how."""

    rubric: Rubric
    rubric_text: str
    """The rubric as its author wrote it, to be kept with the run."""
    judge: Judge | None
    """None where nothing is asked of one."""
    retry_failed: bool = False
    cache: bool = True
    unsafe_no_sandbox: bool = False
    accept_forgeable: Sequence[str] = ()
    limits: Limits = NO_LIMITS
    command: Sequence[str] = ()


@dataclass(slots=True)
class Scores:
    """What the judge made of the drawn texts."""

    by_key: dict[str, float] = field(default_factory=dict)
    failed: int = 0
    without_score: int = 0


def grade_drawn(
    drawn: Sequence[TextRow], source: str, run: Path, grading: Grading, watcher: Watcher
) -> Scores:
    """Grade what is missing of the drawn texts, and say what all of them have.

    Texts of earlier draws that are drawn no more keep their grades in the run, beside the others.
    Raises: as `grade_run`.
    """
    made = make_run(run)
    with made.lock() as damaged:
        for text in damaged:
            watcher.note(text)
        taken = made.take_in(_rows(drawn), source)
    if taken.added and made.manifest.rubric:
        watcher.note(f"{taken.added:,} texts are drawn that the run did not have")
    grade_run(_order(run, grading), watcher)
    return _scores(open_run(run))


def _rows(drawn: Sequence[TextRow]) -> Iterator[Row]:
    for one in drawn:
        yield one.row


def _order(run: Path, grading: Grading) -> Order:
    return Order(
        rubric=grading.rubric,
        rubric_text=grading.rubric_text,
        judge=grading.judge,
        samples=None,
        out=run,
        retry_failed=grading.retry_failed,
        command=grading.command,
        unsafe_no_sandbox=grading.unsafe_no_sandbox,
        accept_forgeable=grading.accept_forgeable,
        cache=grading.cache,
        limits=grading.limits,
    )


def _scores(run: RunFolder) -> Scores:
    scores = Scores()
    for grade in run.grades():
        if grade.score is not None:
            scores.by_key[grade.sample_id] = grade.score
        elif grade.status == "failed":
            scores.failed += 1
        else:
            scores.without_score += 1
    return scores
