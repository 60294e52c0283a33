"""A sample of a run and its grade as a review keeps them, and what makes it worth a label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

import orjson

from rlaif.agreement.informative import Candidate
from rlaif.grading.completion import prepare
from rlaif.grading.verdict import answered
from rlaif.records.criterion import Criterion, Item, Judged, leaves
from rlaif.records.grade import Answered, Grade
from rlaif.records.identity import canonical, digest
from rlaif.records.outcome import Failure, Skipped, Verdict
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Chat, Sample
from rlaif.runs.explain import graded_items
from rlaif.runs.review_terms import question_of
from rlaif.storage.review.candidates import Taken
from rlaif.storage.review.content import LOOKED_AT, Asked, Copy
from rlaif.storage.review.grade_json import grade_text, items_text

NOT_APPLICABLE = "does not apply"


def copy_of(taken: Taken, rubric: Rubric) -> Copy:
    """What a review keeps of a sample."""
    sample, grade = taken.sample, taken.grade
    given = {one.criterion: one for one in grade.outcomes} if grade else {}
    plain = (*rubric.items, *sample.criteria)
    items = graded_items(rubric, sample, given)
    criteria = list(leaves(items))
    wanted = wanted_of(criteria, given)
    known = _candidate(sample, criteria, given, wanted)
    return Copy(
        sample_id=sample.sample_id,
        sample_hash=taken.sample_hash,
        sample=canonical(sample.as_written()).decode(),
        grade=grade_text(grade) if grade else None,
        items=None if items == plain else items_text(items),
        score=grade.score if grade else None,
        asked=tuple(_asked(c, given.get(c.id), wanted) for c in criteria),
        preview=" ".join(prepare(sample, rubric.reasoning).said[: 2 * LOOKED_AT].split())[
            :LOOKED_AT
        ],
        words="\n".join(_texts(sample)),
        known=orjson.dumps({k: v for k, v in asdict(known).items() if v}).decode(),
    )


def candidate_of(number: int, drawn: int | None, known: str) -> Candidate:
    """What is known of a sample, read back; under its number in the review."""
    held = orjson.loads(known)
    for name in ("failed", "criteria"):
        held[name] = tuple(held.get(name, ()))
    return Candidate(**{"prompt": "", **held, "number": number, "drawn": drawn})


def wanted_of(criteria: Sequence[Criterion], given: Mapping[str, Answered]) -> set[str]:
    """What a person is to answer: what a judge is asked of this sample.

    A program's answers may be overruled, and need not be looked at; where there are only programs,
    they are.
    """
    applies = [c for c in criteria if not _is_outside(given.get(c.id))]
    judged = {c.id for c in applies if isinstance(c, Judged)}
    return judged or {c.id for c in applies}


def judge_answered(one: Answered | None) -> bool:
    """Whether there is an answer to compare with; "does not apply" is one."""
    if one is None:
        return False
    outcome = one.outcome
    return isinstance(outcome, Verdict) or (isinstance(outcome, Skipped) and outcome.reason == "na")


def ballots_of(criterion: Criterion, one: Answered | None) -> list[tuple[str, str]]:
    """Each vote or member of a jury, and its answer."""
    outcome = one.outcome if one else None
    verdict = outcome.verdict if isinstance(outcome, Skipped) else outcome
    if not isinstance(verdict, Verdict):
        return []
    answers = ((b.by, answered(criterion, Verdict(b.distribution)).answer) for b in verdict.ballots)
    return [(by, NOT_APPLICABLE if answer is None else answer) for by, answer in answers]


def graded_of(grade: Grade | None) -> dict[str, Answered]:
    """The outcomes of a grade by criterion; empty where there is none."""
    return {one.criterion: one for one in grade.outcomes} if grade else {}


def items_in(sample: Sample, rubric: Rubric) -> tuple[Item, ...]:
    """The rubric's items and the sample's own."""
    return (*rubric.items, *sample.criteria)


def _is_outside(one: Answered | None) -> bool:
    return one is not None and isinstance(one.outcome, Skipped) and one.outcome.reason == "when"


def _asked(criterion: Criterion, one: Answered | None, wanted: set[str]) -> Asked:
    has = judge_answered(one)
    answer = one.answer if one is not None and has else None
    judged = isinstance(criterion, Judged)
    question = question_of(criterion)
    return Asked(criterion.id, criterion.id in wanted, has, answer, judged, question)


def _candidate(
    sample: Sample, criteria: Sequence[Criterion], given: Mapping[str, Answered], wanted: set[str]
) -> Candidate:
    judged = [c for c in criteria if isinstance(c, Judged) and c.id in given]
    unsure = max((_closeness(c, given[c.id]) for c in judged), default=(0.0, ""))
    split = max((_split(c, given[c.id]) for c in judged), default=(0.0, ""))
    failed = [c.id for c in criteria if c.id not in given or _failed(given[c.id])]
    return Candidate(
        number=0,
        prompt=digest(canonical(sample.as_written().get("prompt", ""))),
        unsure=unsure[0],
        unsure_of=unsure[1],
        split=split[0],
        split_on=split[1],
        failed=tuple(failed),
        criteria=tuple(c.id for c in criteria if c.id in wanted),
    )


def _failed(one: Answered) -> bool:
    return isinstance(one.outcome, Failure)


def _closeness(criterion: Criterion, one: Answered) -> tuple[float, str]:
    """How close the verdict's best two answers are, in [0, 1], and what it says."""
    outcome = one.outcome.verdict if isinstance(one.outcome, Skipped) else one.outcome
    if not isinstance(outcome, Verdict) or len(outcome.distribution) < 2:
        return 0.0, ""
    best, second = sorted(outcome.distribution, reverse=True)[:2]
    answer = NOT_APPLICABLE if one.answer is None else one.answer
    return 1 - (best - second), f"{criterion.id}, {best:.0%} for '{answer}'"


def _split(criterion: Criterion, one: Answered) -> tuple[float, str]:
    """The share of a jury that is against its majority, and the count in words."""
    counted = Counter(answer for _, answer in ballots_of(criterion, one))
    total = sum(counted.values())
    if total < 2:
        return 0.0, ""
    told = ", ".join(f"{count} for '{answer}'" for answer, count in counted.most_common())
    against = 1 - max(counted.values()) / total
    return min(against, 0.5), f"{criterion.id}: {told}"


def _texts(sample: Sample) -> Iterator[str]:
    yield sample.sample_id
    for part in (sample.prompt, sample.completion):
        yield from _said(part)
    if sample.reference:
        yield sample.reference


def _said(part: str | Chat) -> Iterator[str]:
    if isinstance(part, str):
        yield part
        return
    for message in part:
        yield message.content
        yield from (f"{call.name} {call.arguments}" for call in message.tool_calls)
