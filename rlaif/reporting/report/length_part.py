"""The part of a report on scores against the length of completions."""

from __future__ import annotations

from rlaif.records.figures import Correlation, LengthFigures
from rlaif.reporting.report.blocks import Figure, Part, Plot, Table
from rlaif.reporting.report.inference import fisher
from rlaif.reporting.report.words import NONE, number, span_of, strength

_HOW = (
    "Length is counted in characters of the policy's own turns, without the reasoning that was "
    "taken out of them; what the prescreen stopped is left out. Pearson's r is of the score and "
    "ln(1 + length); "
    "Spearman's \u03c1 is Pearson's r of the ranks, equal ones sharing their mean rank; within "
    "groups, r is of the "
    "differences from the group's means. Bins of length grow by a factor of \u221a2. In words: "
    "under 0.1 hardly "
    "any, to 0.3 weak, to 0.5 middling, from there strong; nothing is said where the interval "
    "holds 0. "
    "Intervals are approximate: Fisher's z, as if each prompt (or stated group) were one "
    "observation."
)


def length_part(figures: LengthFigures) -> Part | None:
    """None where fewer than two samples have a score and a length."""
    if figures.count < 2:
        return None
    cells = [
        {
            "from": _first(cell.length),
            "middle": (_first(cell.length) * _first(cell.length + 1)) ** 0.5,
            "score": (cell.score + 0.5) / 10,
            "count": cell.count,
            "told": f"{_lengths(cell.length)} characters, score {cell.score / 10:.1f} to "
            f"{(cell.score + 1) / 10:.1f}: {cell.count:,}",
        }
        for cell in figures.cells
    ]
    means = [
        {"middle": (_first(place) * _first(place + 1)) ** 0.5, "mean": mean, "count": count}
        for place, count, mean in figures.means
    ]
    table = Table(
        "Mean score by length",
        ["characters", "samples", "mean score"],
        [[_lengths(place), f"{count:,}", number(mean)] for place, count, mean in figures.means],
    )
    figure = Figure(
        "score-length",
        "Score against length",
        _told(figures),
        Plot("bubbles", [*cells, *means], "characters of the completion", "score"),
        table,
    )
    lead = [
        "A judge that likes long texts pays for length, and a policy soon learns to pad. A "
        "connection "
        "is no proof: longer completions may be better. Within groups is the fairer look, as "
        "all samples "
        "of a group answer one prompt.",
        "The larger a circle, the more samples; the line is the mean score.",
    ]
    return Part("length", "Score and length", lead, [figure, _correlations(figures)], [_HOW])


def _told(figures: LengthFigures) -> str:
    found = figures.pearson
    if found.value is None:
        return "Length or score does not vary, so there is no correlation."
    span = fisher(found.value, found.clusters)
    told = f" (95% interval about {span_of(span)})" if span else ""
    return (
        f"Correlation of score and length: {number(found.value, 2)}{told}, "
        f"{strength(found.value, span)}."
    )


def _correlations(figures: LengthFigures) -> Table:
    rows: list[tuple[str, Correlation]] = [
        ("Pearson, with the logarithm of the length", figures.pearson),
        ("Spearman, by rank", figures.spearman),
        ("Pearson within groups", figures.within),
    ]
    told = [_correlation(name, found) for name, found in rows]
    return Table(
        "Correlation of score and length",
        ["how", "correlation", "95% interval, about", "in words", "samples", "prompts"],
        told,
        0,
        frozenset({0, 3}),
    )


def _correlation(name: str, found: Correlation) -> list[str]:
    counts = [f"{found.samples:,}", f"{found.clusters:,}"]
    if found.value is None:
        return [name, NONE, NONE, "cannot be told", *counts]
    span = fisher(found.value, found.clusters)
    return [name, number(found.value, 2), span_of(span), strength(found.value, span), *counts]


def _first(place: int) -> float:
    """The least 1 + length of a bin."""
    return float(2 ** (place / 2))


def _lengths(place: int) -> str:
    low, high = -(-_first(place) // 1) - 1, -(-_first(place + 1) // 1) - 2
    return f"{low:,.0f}" if high <= low else f"{low:,.0f} to {high:,.0f}"
