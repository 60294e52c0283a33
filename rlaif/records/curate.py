"""Which texts of a large heap are kept: what a person states, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import AfterValidator, model_validator

from rlaif.records.base import Fault, Record, fault, refuse
from rlaif.records.row_rules import Counted, Scored
from rlaif.records.written import Flag, Number, Text, Whole, Words

NEUTRAL_PROMPT = "Write one text for a collection of texts that a language model learns from."
"""What a judge reads as the prompt of a text that has none of its own."""

GOOD_FROM = 0.5
"""The score from which on a text is good, where nothing else is stated."""

HELD_OUT = 0.3
"""The share of the graded texts that the classifier never learns from."""

FEWEST = 50
"""Grades on either side, below which nothing is learned and nothing is measured."""

FEWEST_OF_A_KIND = 10
"""Good texts, and others, on either side."""

HASHED = "hashed"
JUDGE = "judge"
EMBEDDINGS = "embeddings:"


def _share(number: float) -> float:
    if not 0 < number < 1:
        raise fault(f"{number:g} is no share to keep", "above 0 and below 1, such as 0.2")
    return number


def _features(text: str) -> str:
    if text in (HASHED, JUDGE) or text.removeprefix(EMBEDDINGS) not in (text, ""):
        return text
    raise fault(f"'{text}' are no features", "one of: hashed, judge, embeddings:MODEL")


class CurateRules(Record):
    """How a sample is drawn, what a good text is, and what the classifier looks at."""

    sample: Counted = 2000
    """Texts that are graded at most; no two of them are alike."""
    keep_above: Scored | None = None
    """A text is good from this score on; 0.5 where neither this nor a share is stated."""
    keep_share: Annotated[Number, AfterValidator(_share)] | None = None
    """Of the texts, the share to keep: the best of them are the good ones."""
    features: Annotated[Text, AfterValidator(_features)] = HASHED
    """What the classifier sees: `hashed` n-grams, or mean hidden states of a model: `judge` for
    that of the judge, `embeddings:MODEL` for another one on this machine."""
    prompt: Words = NEUTRAL_PROMPT
    """The prompt of texts that have none."""
    classifier_only: Flag = False
    """The classifier decides about the graded texts as well; else their grade does."""
    force: Flag = False
    """Write also what a classifier has chosen that is no better than keeping everything."""
    seed: Whole = 0
    """Another one draws another sample. A larger sample holds every smaller one of its seed."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.keep_above is not None and self.keep_share is not None:
            message = "keep_above and keep_share are both stated"
            refuse([Fault(("keep_share",), message, "state one of them")])
        return self


@dataclass(frozen=True, slots=True)
class Example:
    """One graded text, as the classifier learns from it."""

    text: str
    score: float
    """In [0, 1]."""
    key: str
    """Hash of the text's words: alike for equal texts."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that was measured on held-out texts, and between what it is likely to lie."""

    value: float | None
    """None where it is not defined, such as the precision of nothing kept."""
    low: float | None = None
    high: float | None = None
    """Ends of the 95% interval by bootstrap over groups of texts that are nearly the same."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The classifier against the judge, on grades that it has not seen."""

    texts: int
    good: int
    kept: int
    precision: Figure
    """Good ones among the kept."""
    recall: Figure
    """Kept ones among the good."""
    f1: Figure
    auc: Figure
    """How often a good text has the higher probability than another one; 0.5 is chance."""
    share: Figure
    """Kept ones among all."""
    base_rate: Figure
    """Good ones among all: the precision of keeping everything."""
    lift: Figure
    """Precision less base rate."""
    score_kept: Figure
    """Mean score that the judge gave to the kept."""
    score_all: Figure
    gain: Figure
    """Mean score of the kept less that of all."""

    @property
    def better(self) -> bool:
        """Whether the whole interval of the lift lies above 0, and that of enough kept texts."""
        if self.kept < FEWEST_OF_A_KIND or self.lift.low is None:
            return False
        return self.lift.low > 0


@dataclass(frozen=True, slots=True)
class Learning:
    """How a classifier was made."""

    train: int
    """Graded texts that it learned from."""
    held_out: int
    near: int
    """Graded texts that are nearly the same as an earlier one; both lie on one side."""
    good_from: float
    """A text is good from this score on."""
    threshold: float
    """A text is kept from this probability on."""
    strength: float
    """Inverse of the regularisation, chosen on the training folds."""
    figures: HeldOut


@dataclass(frozen=True, slots=True)
class Survey:
    """What the first reading has found."""

    rows: int
    duplicates: int
    """Rows whose text is that of an earlier one, up to white space."""
    drawn: int


@dataclass(frozen=True, slots=True)
class Curated:
    """What came of it."""

    survey: Survey
    graded: int
    failed: int
    """Drawn texts whose grade failed; left out, and never 0."""
    without_score: int
    """Drawn texts to which nothing of the rubric applies; left out."""
    learning: Learning
    kept: int = 0
    kept_by_grade: int = 0
    """Of the kept, those whose own grade decided."""
    left_by_grade: int = 0
    """Of those that are left out, the ones whose own grade decided."""
    mean_probability: float | None = None
    """Over all texts that are no duplicates."""
    paths: tuple[str, ...] = ()
    """The rows, their card, and the scores where they were asked for; none where nothing was
    written."""
