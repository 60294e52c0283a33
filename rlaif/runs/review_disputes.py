"""Where annotators disagree: all that they said of it, for the one who settles it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rlaif.records.review import Dispute, DisputedCriterion
from rlaif.runs.review_copies import NOT_APPLICABLE, graded_of, judge_answered
from rlaif.runs.review_items import Whole, question_of, takes_na
from rlaif.storage.review.looking import Line, Settled


def dispute_of(
    whole: Whole, disputed: Collection[str], lines: Sequence[Line], settled: Sequence[Settled]
) -> Dispute:
    """One sample and its disputed criteria, in the rubric's order.

    Args: all that holds of the sample, and what is settled of it.
    """
    given = graded_of(whole.grade)
    last = {one.criterion: one for one in settled}
    comments = {(x.annotator, x.criterion): x.text for x in lines if x.kind == "comment"}
    criteria = []
    for criterion in whole.criteria:
        if criterion.id not in disputed:
            continue
        answers = [x for x in lines if x.kind == "answer" and x.criterion == criterion.id]
        one, word = given.get(criterion.id), last.get(criterion.id)
        judge = one.answer if one is not None else None
        if one is not None and judge_answered(one) and judge is None:
            judge = NOT_APPLICABLE
        criteria.append(
            DisputedCriterion(
                id=criterion.id,
                question=question_of(criterion),
                answers=criterion.answers,
                allow_na=takes_na(criterion),
                said=tuple(
                    (x.annotator, x.label, comments.get((x.annotator, criterion.id), ""))
                    for x in answers
                ),
                judge=judge,
                settled=word.label if word else None,
                is_settled=word is not None,
                comment=word.text if word else "",
            )
        )
    rewrites = tuple((x.annotator, x.text) for x in lines if x.kind == "rewrite")
    return Dispute(whole.kept.number, whole.sample, tuple(criteria), rewrites)
