"""How far a judge and people agree: figures with their intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """A statistic and its 95% interval; None where it cannot be told."""

    value: float | None
    low: float | None = None
    high: float | None = None
    why: str = ""
    """Why there is none, in plain words."""


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Verdicts of nearly the same stated probability: how often people said so too."""

    rows: int
    stated: float
    """Mean probability of the best answer that the judge stated."""
    seen: float
    """Share of people's answers that were that one."""
    low: float
    high: float
    answer: str = ""
    """That answer; empty where criteria with other answers are counted together."""


@dataclass(frozen=True, slots=True)
class CriterionAgreement:
    """One criterion, or all of them together (`criterion` is then empty)."""

    criterion: str
    rows: int
    """Answers of people, of samples on which the judge answered too."""
    samples: int
    prompts: int
    annotators: int
    unanswered: int
    """Answers of people where the judge gave none: failures and skips. They are in no figure."""
    categories: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    """Rows: the person's answer; columns: the judge's."""
    figures: Mapping[str, Figure]
    """By name: accuracy, kappa, weighted_kappa, linear_kappa, ac1, ac2, alpha, sensitivity,
    specificity, human_prevalence, judge_prevalence, brier, ece, label_mass, length_correlation (of
    the judge's value with the completion's length, given the person's); of pairs,
    accuracy_without_ties, accuracy_consistent, flip_rate, first_position, too."""
    ceiling: Mapping[str, Figure] = field(default_factory=dict)
    """The same between people: accuracy, kappa, weighted_kappa, ac1, alpha; empty for one."""
    reliability: tuple[ReliabilityBin, ...] = ()


@dataclass(frozen=True, slots=True)
class PassRate:
    """The true share of samples that meet a criterion, from many verdicts and few labels."""

    criterion: str
    verdicts: int
    labels: int
    judged: Figure
    """The judge's own share: what one would report without labels."""
    labelled: Figure
    """The share among the labels alone."""
    ppi: Figure
    """PPI++ (Angelopoulos, Duchi, Zrnic 2023)."""
    rogan_gladen: Figure
    """Rogan and Gladen 1978, with the interval of Lang and Reiczigel 2014."""
    tuning: float | None
    """PPI++'s weight of the judge, in [0, 1]."""
    halving: int | None
    """How many more labels would halve PPI++'s interval; None where more labels cannot."""
    refused: str = ""
    """Why there is no corrected estimate, as of a judge that is no better than chance."""


@dataclass(frozen=True, slots=True)
class CriterionFacts:
    """What a run says of one criterion, without anybody's labels."""

    criterion: str
    answered: int
    failed: int
    skipped: int
    prevalence: float | None
    """Mean value in [0, 1]."""
    discrimination: float | None
    """Correlation of its value with the score of the other criteria, in [-1, 1]."""
    slope: float | None
    difficulty: float | None
    """Of the two-parameter logistic model, where it is yes/no."""
    ambiguity: float | None
    """Share of verdicts whose answer has a probability below 0.65."""
    tokens: float | None
    """Tokens that a question of it costs on average."""
    redundant: tuple[tuple[str, float], ...]
    """Other criteria that agree in nearly all samples, and in which share."""
    advice: tuple[str, ...]
    """In plain words."""
    questions: float | None = None
    """The share of the judge's questions that were of it, in [0, 1]; None for a check, and where
    samples bring criteria of their own."""
