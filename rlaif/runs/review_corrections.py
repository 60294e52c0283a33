"""The file of a review -> corrections, one for each annotator of each sample. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from rlaif.grading.combine import combine
from rlaif.grading.verdict import answered, same_answer, verdict_of_label
from rlaif.records.correction import CorrectedCriterion, Correction, JudgeSaid
from rlaif.records.criterion import Checked, Criterion, leaves
from rlaif.records.grade import Answered
from rlaif.records.identity import digest
from rlaif.records.outcome import Skipped, Verdict
from rlaif.runs.review_copies import graded_of, judge_answered
from rlaif.runs.review_earlier import Ground, earlier_corrections, ground_of, idle_answers
from rlaif.runs.review_items import Whole, whole_of
from rlaif.runs.review_terms import question_of
from rlaif.storage.review import content, looking
from rlaif.storage.review.file import open_to_read
from rlaif.storage.review.looking import Line, Settled


@dataclass(frozen=True, slots=True)
class _Word:
    """What one expert, or the last word, says of one sample."""

    annotator: str
    answers: Mapping[str, str | None]
    comments: Mapping[str, str]
    """By criterion; that on the whole under an empty name."""
    at: str
    rewrite: str | None = None
    redacted: bool = False
    adjudicated: bool = False


def corrections_of(file: Path) -> Iterator[Correction]:
    """A correction for each sample and annotator that says anything, as it stands now.

    Where criteria were settled there is one more, `adjudicated`, by who settled last: with what was
    settled and holds, and with the answers on which all who gave any agree. It has no rewrite;
    those stay with who wrote them. Answers to what is not asked any more (another question, other
    levels) are a correction of their own under the rubric that was answered. Samples come in the
    order of their numbers, one in memory at a time. The same annotator and text always have the
    same id.
    Raises: RunError for a file that is no review, or another rlaif's.
    """
    grounds: dict[int, Ground] = {}
    with open_to_read(file) as kept, kept.reading() as connection:
        for sample in looking.reviewed_samples(connection):
            lines = looking.lines(connection, sample.number)
            for number in {sample.grounds, *(line.grounds for line in lines)} - set(grounds):
                grounds[number] = ground_of(file, *content.get_grounds(connection, number))
            ground = grounds[sample.grounds]
            whole = whole_of(sample, ground.rubric)
            settled = [x for x in looking.settled(connection, sample.number) if x.holds]
            idle = idle_answers(lines)
            standing = [x for x in lines if (x.annotator, x.criterion) not in idle]
            for word in _words(whole, standing, settled):
                yield _correction(whole, word, ground)
            yield from earlier_corrections(whole, lines, grounds)


def _words(whole: Whole, lines: Sequence[Line], settled: Sequence[Settled]) -> Iterator[_Word]:
    for annotator, group in groupby(lines, key=lambda line: line.annotator):
        mine = list(group)
        rewrite = next((x for x in mine if x.kind == "rewrite"), None)
        yield _Word(
            annotator,
            {x.criterion: x.label for x in mine if x.kind == "answer"},
            {x.criterion: x.text for x in mine if x.kind == "comment"},
            max(x.at for x in mine),
            rewrite.text if rewrite else None,
            bool(rewrite and rewrite.redacted),
        )
    if settled:
        last = max(settled, key=lambda one: one.at)
        agreed = _agreed(whole, lines)
        agreed.update({one.criterion: one.label for one in settled})
        comments = {one.criterion: one.text for one in settled if one.text}
        yield _Word(last.annotator, agreed, comments, last.at, adjudicated=True)


def _agreed(whole: Whole, lines: Sequence[Line]) -> dict[str, str | None]:
    """Where all who answered a criterion agree."""
    found: dict[str, str | None] = {}
    for criterion in whole.criteria:
        given = [x.label for x in lines if x.kind == "answer" and x.criterion == criterion.id]
        if given and all(same_answer(criterion, given[0], other) for other in given):
            found[criterion.id] = given[0]
    return found


def _correction(whole: Whole, word: _Word, ground: Ground) -> Correction:
    sample = whole.sample
    given = graded_of(whole.grade)
    known = {criterion.id for criterion in whole.criteria}
    gone = sorted({*word.answers, *word.comments} - known - {""})
    parts = (sample.sample_id, whole.kept.sample_hash, word.annotator, "last" * word.adjudicated)
    return Correction(
        correction_id=digest("review", *parts),
        sample_id=sample.sample_id,
        sample_hash=whole.kept.sample_hash,
        input=sample.prompt,
        output=sample.completion,
        human_output=word.rewrite,
        human_output_redacted=word.redacted,
        reference=sample.reference,
        group_id=sample.group_id,
        metadata=sample.metadata,
        finish_reason=sample.finish_reason,
        sample_criteria=sample.criteria,
        criteria=(
            *(_criterion(c, given.get(c.id), word) for c in whole.criteria),
            *(_gone(name, word) for name in gone),
        ),
        score=whole.grade.score if whole.grade else None,
        human_score=_score(whole, given, word),
        comment=_on_the_whole(word),
        annotator=word.annotator,
        adjudicated=word.adjudicated,
        drawn=bool(whole.kept.drawn),
        at=word.at,
        rubric=ground.rubric_under,
        judge=ground.judge_under,
        policy=sample.policy,
    )


def _on_the_whole(word: _Word) -> str:
    """The comment on the whole; those on criteria where nothing else is said."""
    if word.answers or word.rewrite is not None or "" in word.comments:
        return word.comments.get("", "")
    return "\n".join(f"{name}: {text}" for name, text in word.comments.items())


def _criterion(criterion: Criterion, one: Answered | None, word: _Word) -> CorrectedCriterion:
    return CorrectedCriterion(
        criterion=criterion.id,
        question=question_of(criterion),
        answers=criterion.answers,
        judge=_judge(one) if one is not None and judge_answered(one) else None,
        checked=isinstance(criterion, Checked),
        human=word.answers.get(criterion.id),
        answered=criterion.id in word.answers,
        comment=word.comments.get(criterion.id, ""),
    )


def _gone(name: str, word: _Word) -> CorrectedCriterion:
    """A criterion that the rubric no longer has."""
    return CorrectedCriterion(
        criterion=name,
        human=word.answers.get(name),
        answered=name in word.answers,
        comment=word.comments.get(name, ""),
    )


def _judge(one: Answered) -> JudgeSaid:
    verdict = one.outcome.verdict if isinstance(one.outcome, Skipped) else one.outcome
    heard = verdict if isinstance(verdict, Verdict) else None
    return JudgeSaid(
        answer=one.answer,
        probability=_share(one.probability),
        value=_share(one.value),
        distribution=tuple(min(max(p, 0.0), 1.0) for p in heard.distribution) if heard else (),
        label_mass=_share(heard.label_mass) if heard else None,
        rationale=(heard.rationale or "") if heard else "",
    )


def _share(value: float | None) -> float | None:
    """Rounding lets a probability be a little more than 1."""
    return None if value is None else min(max(value, 0.0), 1.0)


def _score(whole: Whole, given: Mapping[str, Answered], word: _Word) -> float | None:
    """By the arithmetic of grading; a program's answer stands where the expert gave none."""
    mine: dict[str, Answered] = {}
    for criterion in leaves(whole.items):
        one = given.get(criterion.id)
        if criterion.id in word.answers:
            label = word.answers[criterion.id]
            if label is not None and not criterion.takes(label):
                return None
            said = Skipped("na") if label is None else verdict_of_label(criterion, label)
            mine[criterion.id] = answered(criterion, said)
        elif one is not None and (isinstance(criterion, Checked) or _does_not_apply(one)):
            mine[criterion.id] = one
        else:
            return None
    return combine(whole.items, mine).score


def _does_not_apply(one: Answered) -> bool:
    return isinstance(one.outcome, Skipped) and one.outcome.reason == "when"
