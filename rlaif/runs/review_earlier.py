"""Answers to what a review does not ask any more, as corrections under what was answered."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rlaif.errors import RunError
from rlaif.records.correction import CorrectedCriterion, Correction, Under
from rlaif.records.criterion import Checked, leaves
from rlaif.records.identity import digest
from rlaif.records.rubric import Rubric
from rlaif.runs.review_building import rubric_in
from rlaif.runs.review_items import Whole
from rlaif.runs.review_terms import question_of
from rlaif.storage.review.looking import Line

Key = tuple[str, str]
"""Annotator and criterion."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Under what something was said."""

    rubric: Rubric
    rubric_under: Under
    judge_under: Under


def ground_of(file: Path, text: str, rubric: str, judge: str) -> Ground:
    """What `content.get_grounds` gives, read. Raises: RunError."""
    read = rubric_in(text)
    if read is None:
        raise RunError(f"{file}: its rubric cannot be read by this rlaif")
    return Ground(read, Under.model_validate_json(rubric), Under.model_validate_json(judge))


def idle_answers(lines: Sequence[Line]) -> set[Key]:
    """Answers that do not hold; the comments on these criteria go with them."""
    return {(x.annotator, x.criterion) for x in lines if x.kind == "answer" and not x.holds}


def earlier_corrections(
    whole: Whole, lines: Sequence[Line], grounds: Mapping[int, Ground]
) -> Iterator[Correction]:
    """One for each annotator and rubric that was answered, of the answers that do not hold.

    Without any judge: what it had said under that rubric is not kept.
    """
    idle = idle_answers(lines)
    comments = {(x.annotator, x.criterion): x.text for x in lines if x.kind == "comment"}
    by: dict[Key, list[Line]] = {}
    for line in lines:
        if line.kind == "answer" and (line.annotator, line.criterion) in idle:
            under = grounds[line.grounds].rubric_under.hash
            by.setdefault((line.annotator, under), []).append(line)
    for (annotator, under), mine in by.items():
        ground = grounds[mine[0].grounds]
        said = tuple(
            _criterion(x, ground.rubric, comments.get((annotator, x.criterion), "")) for x in mine
        )
        yield _correction(whole, mine, said, ground.rubric_under, (annotator, f"under {under}"))


def _correction(
    whole: Whole,
    mine: Sequence[Line],
    said: tuple[CorrectedCriterion, ...],
    under: Under,
    parts: Collection[str],
) -> Correction:
    sample = whole.sample
    return Correction(
        correction_id=digest("review", sample.sample_id, whole.kept.sample_hash, *parts),
        sample_id=sample.sample_id,
        sample_hash=whole.kept.sample_hash,
        input=sample.prompt,
        output=sample.completion,
        reference=sample.reference,
        group_id=sample.group_id,
        metadata=sample.metadata,
        finish_reason=sample.finish_reason,
        sample_criteria=sample.criteria,
        criteria=said,
        annotator=mine[0].annotator,
        drawn=bool(whole.kept.drawn),
        at=max(x.at for x in mine),
        rubric=under,
        policy=sample.policy,
    )


def _criterion(line: Line, rubric: Rubric, comment: str) -> CorrectedCriterion:
    """With the labels of then, where the rubric of then has the question itself."""
    known = (c for c in leaves(rubric.items) if c.id == line.criterion)
    then = next((c for c in known if question_of(c) == line.question), None)
    return CorrectedCriterion(
        criterion=line.criterion,
        question=line.question,
        answers=then.answers if then else (),
        checked=isinstance(then, Checked),
        human=line.label,
        comment=comment,
    )
