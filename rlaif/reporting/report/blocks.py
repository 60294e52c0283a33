"""What a report is built of: parts with prose, tables, plots with their tables, samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

PlotKind = Literal["bins", "intervals", "bars", "bubbles", "two_runs", "rounds"]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under headings; the first cell names its row."""

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    more: int = 0
    """Rows that are left out at the end."""
    prose: frozenset[int] = frozenset({0})
    """Columns that hold text and not numbers."""


@dataclass(frozen=True, slots=True)
class Plot:
    """What is drawn: one of a few kinds, with rows that the kind knows."""

    kind: PlotKind
    rows: Sequence[Mapping[str, Any]]
    x: str
    """The title of the axis."""
    y: str = ""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """In words, the kinds of marks, by the `kind` of a row; each has a fill of its own."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot with its title, what it shows in a sentence or two, and its table."""

    name: str
    """Its id on the page."""
    title: str
    told: str
    plot: Plot
    table: Table


@dataclass(frozen=True, slots=True)
class Turn:
    """One text of a sample: who says it, and what."""

    by: str
    text: str
    left_out: int = 0
    """Characters after it that are not shown."""


@dataclass(frozen=True, slots=True)
class Card:
    """One sample to look at."""

    name: str
    score: str
    facts: Sequence[str]
    turns: Sequence[Turn]
    answers: Table
    remarks: Sequence[Turn] = ()
    """What the judge wrote, by criterion."""


@dataclass(frozen=True, slots=True)
class Cards:
    """Samples of one kind."""

    title: str
    told: str
    cards: Sequence[Card]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the page, under a heading."""

    name: str
    title: str
    lead: Sequence[str]
    """Paragraphs that say what it means."""
    blocks: Sequence[Figure | Table | Cards] = ()
    how: Sequence[str] = ()
    """Formulas and sources, folded away."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure to see at a glance."""

    label: str
    value: str
    told: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The whole report."""

    title: str
    lead: str
    facts: Sequence[tuple[str, str]]
    warnings: Sequence[str]
    tiles: Sequence[Tile]
    parts: Sequence[Part]
    kind: str = "Report of a run"
    made: str = "What was graded, by what, and what it cost"
    """Above the facts."""

    @property
    def figures(self) -> list[Figure]:
        """Every figure of it, in order."""
        return [one for part in self.parts for one in part.blocks if isinstance(one, Figure)]


Draw = Callable[[Plot], dict[str, Any]]
"""A plot as a specification of Vega-Lite, in JSON's types."""
