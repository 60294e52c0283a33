"""All that `rlaif agree` found: figures by criterion, and what they are and are not about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rlaif.records.agreement import CriterionAgreement, Figure, PassRate


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Labels that are in no figure, and why."""

    unknown_samples: int = 0
    """Samples (or pairs) that the run does not have."""
    other_content: int = 0
    """Rows of labels whose sample has another text in the run than the person saw."""
    not_graded: int = 0
    """Labelled samples without a grade."""
    fitted_samples: int = 0
    """Labelled samples of prompts that the judge was fitted on, for some criterion."""
    taught_samples: int = 0
    """Labelled samples (or pairs) of prompts of which the rubric shows the judge an example."""
    replaced: int = 0
    """Corrections that a later line of the same id replaced."""
    empty: int = 0
    """Lines without an answer."""


@dataclass(frozen=True, slots=True)
class FittedOn:
    """Where the calibration of the run's judge comes from."""

    seed: int
    share: float
    """Of the prompts that it was fitted on."""
    labels: str
    """Digest of the labels."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Labels of samples that were drawn at random: these alone say how often the judge is right."""

    samples: int
    others: int
    """Labelled samples of which no label says that they were drawn."""
    accuracy: Mapping[str, Figure]
    """On the drawn ones alone, by criterion; of all together under the empty name."""


@dataclass(frozen=True, slots=True)
class Retest:
    """One criterion asked of the same samples a second time."""

    criterion: str
    rows: int
    """Samples with an answer in both runs."""
    rate: Figure
    """Share of them whose answer is another one."""


@dataclass(frozen=True, slots=True)
class Found:
    """How far the judge of one run and people agree."""

    kind: Literal["grades", "pairs"]
    run: str
    rubric: str
    judge: str
    samples: int
    """Samples, or pairs, of the run."""
    labelled: int
    """Of these, with a label that is looked at."""
    annotators: tuple[str, ...]
    """Names; one that is empty stands for labels without a name."""
    criteria: tuple[CriterionAgreement, ...]
    """In the rubric's order, then those that samples bring."""
    together: CriterionAgreement | None
    """All criteria; None where there is one alone."""
    pass_rates: tuple[PassRate, ...] = ()
    """Where the run has more samples than labels; in the order of `criteria`."""
    checked: tuple[str, ...] = ()
    """Criteria that a program answers, not the judge."""
    graded: tuple[str, ...] = ()
    """Criteria among `pass_rates` whose figures are mean values, not shares."""
    not_random: Mapping[str, str] = field(default_factory=dict)
    """By criterion: why its labels do not look like a random draw."""
    not_answered: Mapping[str, int] = field(default_factory=dict)
    """By criterion of `pass_rates`: samples of the run without the judge's answer."""
    drawn: Drawn | None = None
    """None where no label says that its sample was drawn at random."""
    swaps: Mapping[str, Figure] = field(default_factory=dict)
    """Of pairs, by criterion: how often the two orders named opposite sides."""
    sides: Mapping[str, Figure] = field(default_factory=dict)
    """Of pairs, by criterion: where people preferred one, how often the judge names that one; its
    tie counts half."""
    again: str = ""
    """The run that was held against this one."""
    retest: tuple[Retest, ...] = ()
    left_out: LeftOut = LeftOut()
    fitted: FittedOn | None = None
    resamples: int = 0
    seed: int = 0


def judge_of(found: Found, one: CriterionAgreement) -> str:
    """Who answers a criterion, as a sentence begins."""
    return "The check" if one.criterion in found.checked else "The judge"
