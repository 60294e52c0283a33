"""Where annotators disagree: all that they said of it, for the one who settles it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from rlaif.records.criterion import Criterion
from rlaif.records.grade import Answered
from rlaif.records.review import Dispute, DisputedCriterion
from rlaif.runs.review_copies import NOT_APPLICABLE, graded_of, judge_answered
from rlaif.runs.review_items import Whole
from rlaif.runs.review_terms import question_of, takes_na
from rlaif.storage.review.looking import Line, Settled


def dispute_of(
    whole: Whole,
    disputed: Mapping[str, int],
    lines: Sequence[Line],
    settled: Sequence[Settled],
    hidden: Collection[str],
) -> Dispute:
    """One sample and its disputed criteria, in the rubric's order.

    Args: `disputed`, each with its revision; all that those say of the sample who are done with it;
    its last words; `hidden`, the criteria of which the judge is not shown.
    """
    given = graded_of(whole.grade)
    last = {one.criterion: one for one in settled}
    criteria = tuple(
        _disputed(
            one,
            disputed[one.id],
            [line for line in lines if line.criterion == one.id],
            last.get(one.id),
            None if one.id in hidden else given.get(one.id),
        )
        for one in whole.criteria
        if one.id in disputed
    )
    rewrites = tuple((x.annotator, x.text) for x in lines if x.kind == "rewrite")
    return Dispute(whole.kept.number, whole.sample, criteria, rewrites)


def _disputed(
    criterion: Criterion,
    revision: int,
    lines: Sequence[Line],
    word: Settled | None,
    judge: Answered | None,
) -> DisputedCriterion:
    """A last word that no longer holds is shown as a remark, and leaves the criterion open."""
    comments = {x.annotator: x.text for x in lines if x.kind == "comment"}
    said = [x for x in lines if x.kind == "answer" and x.holds]
    holds = word is not None and bool(word.holds)
    return DisputedCriterion(
        id=criterion.id,
        question=question_of(criterion),
        answers=criterion.answers,
        allow_na=takes_na(criterion),
        said=tuple((x.annotator, x.label, comments.get(x.annotator, "")) for x in said),
        judge=_judge(judge),
        settled=word.label if word and holds else None,
        is_settled=holds,
        revision=revision,
        comment=_remark(word) if word else "",
    )


def _judge(one: Answered | None) -> str | None:
    if one is not None and one.answer is None and judge_answered(one):
        return NOT_APPLICABLE
    return one.answer if one is not None else None


def _remark(word: Settled) -> str:
    if word.holds:
        return word.text
    label = NOT_APPLICABLE if word.label is None else word.label
    told = f"{word.annotator} had settled it as '{label}', before an answer changed"
    return f"{told}: {word.text}" if word.text else told
