"""A correction: what an expert says the verdicts, or the completion, should have been."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rlaif.records.base import Fault, Record, refuse
from rlaif.records.criterion import Item
from rlaif.records.example import Label
from rlaif.records.judge_base import Share
from rlaif.records.sample import TextOrChat
from rlaif.records.written import Flag, Free, Number, Text, Words


def same_label(label: str | None, answers: Sequence[str] = ()) -> str | None:
    """The label in the one form that all writings of a number share: `7.0` as `7`.

    Args: `answers`, the criterion's: a label that is one of them stays as it is.
    """
    number = None if label is None or label in answers else _number(label)
    if number is None:
        return label
    named = (answer for answer in answers if _number(answer) == number)
    return next(named, f"{number:.15g}")


def _number(label: str) -> float | None:
    try:
        number = float(label)
    except ValueError:
        return None
    return number if isfinite(number) else None


class JudgeSaid(Record):
    """The judge's verdict on one criterion, as it stood when it was corrected."""

    answer: Label = None
    """Its answer; null for "does not apply"."""
    probability: Share | None = None
    """Of the answer."""
    value: Share | None = None
    """What the verdict is worth, in [0, 1]."""
    distribution: tuple[Share, ...] = ()
    """Over the answers from worst to best, "does not apply" last where it is allowed."""
    label_mass: Share | None = None
    """Share of the model's probability that fell on the labels at all."""
    rationale: Text = ""
    """What the judge wrote."""


class CorrectedCriterion(Record):
    """Both verdicts on one criterion."""

    criterion: Words
    """Its id in the rubric."""
    question: Text = ""
    """What was asked, or the check's own name and words."""
    answers: tuple[Text, ...] = ()
    """The labels it takes, from worst to best."""
    judge: JudgeSaid | None = None
    """None where the judge gave none: a failure, a skip, or a criterion it was not asked."""
    checked: Flag = False
    """A program decided, not the judge."""
    human: Label = None
    """The expert's answer; null for "does not apply". See `answered`."""
    answered: Flag = True
    """Whether the expert answered at all; without it `human` says nothing."""
    comment: Text = ""
    """Why, in the expert's words."""

    @property
    def overruled(self) -> bool:
        """Whether expert and judge both answered, and not alike."""
        if not self.answered or self.judge is None:
            return False
        said, human = (same_label(one, self.answers) for one in (self.judge.answer, self.human))
        return said != human


class Under(Record):
    """The rubric or the judge that the output was graded by."""

    name: Text = ""
    version: Text = ""
    hash: Text = ""
    """Of its content, 32 hex digits."""
    fingerprint: Text = ""
    """Of a judge: what determines its answers."""


class Correction(Record):
    """One expert's word on one sample: input, the model's output, and what it should have been.

    Written as one line of JSON. The newest line of a `correction_id` holds.
    """

    correction: Literal[1] = 1
    """Version of this form."""
    correction_id: Words
    """Unique; a later correction of the same id replaces this one."""
    sample_id: Words
    sample_hash: Text = ""
    """Of the sample's content, so that a correction never meets another text."""
    input: TextOrChat = ""
    """The prompt."""
    output: TextOrChat
    """What the policy wrote."""
    human_output: TextOrChat | None = None
    """What it should have written; None where the expert did not rewrite it."""
    human_output_redacted: Flag = False
    """The rewrite was made over hidden names and addresses: it holds marks such as `[name 1]`."""
    reference: Text | None = None
    group_id: Text | None = None
    metadata: dict[str, Free] = Field(default_factory=dict)
    finish_reason: Text | None = None
    """Why generation of the output ended."""
    sample_criteria: tuple[Item, ...] = ()
    """Criteria that the sample brought itself, in the shape of a rubric file's."""
    criteria: tuple[CorrectedCriterion, ...] = ()
    """Both verdicts, by criterion, in the rubric's order."""
    score: Annotated[Number, Field(ge=0, le=1)] | None = None
    """The judge's score of the output."""
    human_score: Annotated[Number, Field(ge=0, le=1)] | None = None
    """The score by the expert's answers; None where some are missing."""
    comment: Text = ""
    """On the whole."""
    annotator: Text = ""
    adjudicated: Flag = False
    """The last word where annotators disagreed."""
    drawn: Flag = False
    """The sample was drawn at random from its run, and not chosen because the judge may be wrong:
    only such labels say without bias how often it is."""
    at: Text = ""
    """When it was made: ISO 8601, UTC."""
    source: Text = "review"
    """Where it was made: `review`, `argilla`, `label-studio`, `prodigy`, `csv`."""
    rubric: Under = Under()
    judge: Under = Under()
    policy: Text | None = None
    """The policy that wrote the output."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        refuse(list(self._faults()))
        return self

    def _faults(self) -> Iterator[Fault]:
        names = [one.criterion for one in self.criteria]
        for place, name in enumerate(names):
            if name in names[:place]:
                yield Fault(("criteria", place), f"'{name}' stands twice")
        says = self.human_output is not None or self.comment.strip()
        if not says and not any(one.answered for one in self.criteria):
            yield Fault((), "a correction answers a criterion, rewrites the output, or comments")
