"""What came of a curation, in words and tables: for its card and for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rlaif.records.curate import Curated, Figure, HeldOut
from rlaif.training.row_words import number_of

FIGURES = {
    "base_rate": "good ones among all (precision of keeping everything)",
    "precision": "good ones among the kept",
    "lift": "precision less base rate",
    "recall": "kept ones among the good",
    "f1": "F1",
    "auc": "AUC (0.5 is chance)",
    "share": "kept ones among all",
    "score_all": "mean score of all",
    "score_kept": "mean score of the kept",
    "gain": "mean score of the kept less that of all",
}
"""Every figure by its name, in the order in which they are told."""


def figure_of(figures: HeldOut, name: str) -> Figure:
    """One of FIGURES."""
    found: Figure = getattr(figures, name)
    return found


def told(number: float | None) -> str:
    """A figure with three digits, or that there is none."""
    return "none" if number is None else f"{number:.3f}"


def interval_told(figure: Figure) -> str:
    """`0.712 to 0.804`; empty where there is no interval."""
    return "" if figure.low is None else f"{told(figure.low)} to {told(figure.high)}"


def learning_lines(curated: Curated) -> Iterator[str]:
    """How the classifier was made, a sentence a line."""
    learning = curated.learning
    yield (
        f"{number_of(curated.graded, 'text')} with a score: {learning.train:,} to learn from, "
        f"{learning.held_out:,} held out"
    )
    if learning.near:
        yield (
            f"{number_of(learning.near, 'graded text')} nearly the same as another: both on one "
            "side"
        )
    if curated.failed:
        yield f"{number_of(curated.failed, 'grade')} failed, left out"
    if curated.without_score:
        yield f"{number_of(curated.without_score, 'text')} to which nothing applies, left out"
    yield (
        f"a text is good from a score of {learning.good_from:.4g}, and kept from a probability of "
        f"{learning.threshold:.4g}"
    )


def verdict(figures: HeldOut) -> str:
    """Whether the classifier is worth anything."""
    if figures.better:
        return "the classifier is better than keeping everything"
    return (
        "the classifier is no better than keeping everything: on held-out grades its precision is "
        f"{told(figures.precision.value)}, with a base rate of {told(figures.base_rate.value)} "
        f"(lift {interval_told(figures.lift) or 'not defined'}, {figures.kept:,} of "
        f"{figures.texts:,} kept)"
    )


def kept_lines(curated: Curated) -> Iterator[str]:
    """What was kept and what was left out."""
    survey = curated.survey
    yield f"kept {curated.kept:,} of {number_of(survey.rows, 'text')}"
    if survey.duplicates:
        yield f"left out {number_of(survey.duplicates, 'duplicate')} (equal up to white space)"
    decided = curated.kept_by_grade + curated.left_by_grade
    if decided:
        yield (
            f"by their own grade: {curated.kept_by_grade:,} kept, {curated.left_by_grade:,} left "
            "out; by the classifier: all others"
        )
