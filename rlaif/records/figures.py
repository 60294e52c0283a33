"""Figures of a run, as they are counted where it lies and shown on its report."""

from __future__ import annotations

from dataclasses import dataclass

from rlaif.records.grade import Grade
from rlaif.records.sample import Sample

BINS = 20
"""Bins of equal width between 0 and 1; the last one holds 1 too."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What a mean and its interval need, where numbers come in clusters of like ones.

    Of each cluster: n, how many numbers it has, and s, their sum.
    """

    clusters: int
    count: int
    """Sum of n."""
    total: float
    """Sum of s."""
    squares: float
    """Sum of s * s."""
    cross: float
    """Sum of s * n."""
    sizes: float
    """Sum of n * n."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The scores of one policy, or of all."""

    policy: str | None
    """None for samples that name none."""
    samples: int
    failed: int
    missing: int
    zeros: int
    sums: Sums
    lower: float | None
    """A quarter of the scores are at most this; None where there is no score."""
    median: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Bin:
    """How many there are in one bin of BINS, of one kind."""

    place: int
    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class GroupSpread:
    """The groups of one policy: samples of one prompt, two or more of them with a score."""

    policy: str | None
    groups: int
    samples: int
    level: int
    """Groups in which all scores are equal."""
    level_at_zero: int
    level_at_one: int
    mean_sd: float | None
    """Mean over groups of the standard deviation of the scores in one (divisor n)."""
    mean_range: float | None


@dataclass(frozen=True, slots=True)
class Cell:
    """Samples of one range of lengths and scores."""

    length: int
    """The bin: lengths from 2 ** (length / 2) - 1 on."""
    score: int
    """Of ten."""
    count: int


@dataclass(frozen=True, slots=True)
class PolicyGap:
    """One policy less the first one, on the prompts that both have a score for."""

    policy: str | None
    mean: float
    """Over the prompts, of the mean score of each."""
    first: float
    """The first policy's, over the same prompts."""
    difference: Sums


@dataclass(frozen=True, slots=True)
class Correlation:
    """A correlation with what it is from; None where one of both does not vary."""

    value: float | None
    samples: int
    clusters: int


@dataclass(frozen=True, slots=True)
class LengthFigures:
    """How scores go with the length of completions."""

    count: int
    pearson: Correlation
    """Of the score and the logarithm of 1 + characters."""
    spearman: Correlation
    within: Correlation
    """As `pearson`, of the differences from the mean of the group."""
    cells: tuple[Cell, ...]
    means: tuple[tuple[int, int, float], ...]
    """(bin of length, samples, mean score)."""


@dataclass(frozen=True, slots=True)
class OutcomeCount:
    """Outcomes of one criterion that came out alike."""

    criterion: str
    kind: str
    """`verdict`, `failure` or `skipped`."""
    told: str
    """The answer, the stage or the reason."""
    count: int
    total: float | None
    """Sum of the values; None where there are none."""


@dataclass(frozen=True, slots=True)
class Mass:
    """The label mass of one criterion's verdicts."""

    criterion: str
    count: int
    mean: float
    least: float
    low: int
    """Verdicts under one half."""


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """How one criterion goes with the rest of the score."""

    criterion: str
    count: int
    mean: float
    sd: float
    rest: float | None
    """Corrected item-total correlation; None where one of both does not vary."""


@dataclass(frozen=True, slots=True)
class Twins:
    """How two criteria are met together, over samples that have a verdict on both."""

    first: str
    second: str
    count: int
    both: int
    only_first: int
    only_second: int


@dataclass(frozen=True, slots=True)
class FailureCount:
    """Failures of one criterion, stage and message."""

    criterion: str
    stage: str
    message: str
    count: int


@dataclass(frozen=True, slots=True)
class Seen:
    """One sample to look at."""

    sample: Sample
    grade: Grade | None


@dataclass(frozen=True, slots=True)
class Paired:
    """How the samples of two runs were matched, by their id."""

    matched: int
    other_content: int
    """Of the matched, those whose content differs."""
    only_here: int
    only_there: int
    scored: int
    """Matched with a score in both."""
    here: float | None
    """Mean score over these."""
    there: float | None
    difference: Sums
    """Of the differences, this run less the other one."""
    passed_both: int
    passed_here: int
    """In this run alone."""
    passed_there: int
    passed_neither: int


@dataclass(frozen=True, slots=True)
class PairedCriterion:
    """One criterion in two runs, over matched samples with a verdict in both."""

    criterion: str
    count: int
    here: float
    """Mean value."""
    there: float
    difference: Sums
    met_both: int
    met_here: int
    met_there: int
    met_neither: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A sample whose score moved."""

    ordinal: int
    """In this run."""
    other: int
    """In the other run."""
    here: float
    there: float
