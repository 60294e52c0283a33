"""What every judge file states, whatever answers: its name, how it is asked, how it is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rlaif.records.base import Fault, LintOff, Record, Slug, refuse
from rlaif.records.calibration import Calibration
from rlaif.records.price import Price
from rlaif.records.rubric import Version
from rlaif.records.written import Flag, Number, Text, Whole, Words

Share = Annotated[Number, Field(ge=0, le=1)]
Positive = Annotated[Whole, Field(gt=0)]
Seconds = Annotated[Number, Field(gt=0)]
MOST_VOTES = 100


class Labels(Record):
    """The words, each one token of the judge's model, that answer a yes/no question."""

    yes: Words = "Yes"
    """The word for yes."""
    no: Words = "No"
    """The word for no."""

    @model_validator(mode="after")
    def _tell_apart(self) -> Self:
        if self.yes == self.no:
            refuse([Fault(("no",), f"'{self.no}' is the label of both yes and no")])
        return self


class JudgeNamed(Record):
    """What every judge file has, also one that only names others."""

    judge: Slug
    """Its name: letters, digits, `-`, `_` and `.`."""
    version: Version
    """Three numbers, such as 1.0.0."""
    about: Text = ""
    """For people."""
    pairwise: Literal["both", "mean"] = "both"
    """How the two orders of a pair become one preference: both must name the same side, or their
    mean probability decides. It only reads verdicts: nothing is asked anew when it changes. Of a
    judge with `calibration.pairs` the mean decides, whatever stands here."""
    calibration: Calibration | None = None
    """What its probabilities mean, learnt from people's answers; `rlaif calibrate` writes it. It
    only reads verdicts: nothing is asked anew when it changes. Of a jury or a cascade, what they
    say together is read by it; what their members have is not used there."""
    lint_off: LintOff = Field(default_factory=dict)
    """Warnings of `rlaif lint` that are switched off: the code of each, with the reason."""


class JudgeBase(JudgeNamed):
    """A judge with a model of its own."""

    model: Words
    """The model: its name on the hub, or a folder."""
    template: Words = "default.jinja2"
    """The template file, beside the judge file or among the shipped ones."""
    verdict: Literal["label_probability", "generated", "one_call", "holistic"] = "label_probability"
    """How a verdict is read. label_probability: from the probabilities of the labels as the next
    token. generated: the model writes a rationale, then its verdict. one_call: it answers all
    criteria of a sample in one text. holistic: one overall score from 1 to 10 in place of all
    judged criteria but gates, read from the labels' probabilities."""
    labels: Labels = Labels()
    """The words that answer a yes/no question."""
    min_label_mass: Share = 0.05
    """A verdict whose labels have less probability together than this is a failure."""
    evidence: Flag = False
    """With `verdict: generated`, the model also quotes what its verdict rests on; each quotation is
    looked for in the completion."""
    rationale_tokens: Positive = 256
    """Most tokens that the model may write for one verdict, where it writes any."""
    thinking: Flag = False
    """Let a reasoning model think before its verdict, which is read after the thinking."""
    thinking_tokens: Positive = 1024
    """Most tokens of the thinking; it is ended there, and the verdict is read."""
    thinking_ends: Words = "</think>\\n\\n"
    """What the model's chat format writes between the thinking and the answer; `\\n` is a line
    break."""
    temperature: Annotated[Number, Field(ge=0, le=2)] = 0.0
    """Of what the model writes; 0: always the most probable token."""
    votes: Annotated[Whole, Field(ge=1, le=MOST_VOTES)] = 1
    """How often each question is asked; the verdict is the mean. More than one needs text that is
    written at a temperature above 0."""
    most_votes: Annotated[Whole, Field(ge=1, le=MOST_VOTES)] | None = None
    """Where the votes disagree, ask on until there are so many."""
    price: Price | None = None
    """What its server charges for a million tokens, so that a job can say what it costs and
    `--budget` can end it. It changes no verdict: nothing is asked anew when it changes."""

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        refuse(list(self._mode_faults()))
        return self

    @property
    def writes(self) -> bool:
        """Whether the model writes text for a verdict."""
        return self.thinking or self.verdict in ("generated", "one_call")

    @property
    def reads_labels(self) -> bool:
        """Whether verdicts are read from the probabilities of labels."""
        return self.verdict in ("label_probability", "holistic")

    @property
    def closing(self) -> str:
        """`thinking_ends` with its line breaks."""
        return self.thinking_ends.replace("\\n", "\n")

    def _mode_faults(self) -> Iterator[Fault]:
        if self.evidence and self.verdict != "generated":
            yield Fault(("evidence",), "only a written verdict quotes", "verdict: generated")
        several = self.votes > 1 or self.most_votes is not None
        place = "votes" if self.votes > 1 else "most_votes"
        if several and not self.writes:
            told = "every vote would be the same: the labels' probabilities are exact"
            yield Fault((place,), told, "verdict: generated, or thinking: true")
        elif several and not self.temperature:
            yield Fault(
                (place,), "every vote would be the same at temperature 0", "temperature: 0.7"
            )
        if self.most_votes is not None and self.most_votes < self.votes:
            yield Fault(("most_votes",), f"most_votes is less than votes, {self.votes}")
