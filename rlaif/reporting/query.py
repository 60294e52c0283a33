"""Rows of a query, and the tables that can be asked, as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType
from rich.table import Table
from rich.text import Text

from rlaif.reporting.text import cell, in_a_line

MOST_CHARACTERS = 500
"""Of one value; a completion can be a book."""

_NARROWEST = 10
"""Columns of a terminal that a column of the table should have, on average."""


class Rows:
    """A table where the terminal is wide enough for it; else one row below another."""

    def __init__(self, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Hold the rows, in JSON's types."""
        self._names = [in_a_line(name) for name in names]
        self._rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Any]:
        """The table that fits."""
        wide = len(self._names) * _NARROWEST <= options.max_width
        yield from [self._table()] if wide else self._records()

    def _table(self) -> Table:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for place, name in enumerate(self._names):
            numbers = self._rows and all(_is_number(row[place]) for row in self._rows)
            table.add_column(cell(name), justify="right" if numbers else "left", overflow="fold")
        for row in self._rows:
            table.add_row(*map(_shown, row))
        return table

    def _records(self) -> Iterator[RenderableType]:
        for number, row in enumerate(self._rows, start=1):
            yield Text(f"row {number:,}", style="bold")
            table = Table(box=None, show_header=False, pad_edge=False)
            table.add_column(overflow="fold", ratio=1)
            table.add_column(overflow="fold", ratio=2)
            for name, value in zip(self._names, row, strict=True):
                table.add_row(cell(name), _shown(value))
            yield table
            yield Text("")


def tables_view(tables: Mapping[str, Sequence[tuple[str, str, str]]]) -> Iterator[RenderableType]:
    """Each table with the name, the type and the meaning of its columns."""
    for name, columns in tables.items():
        table = Table(
            title=name, title_justify="left", title_style="bold", box=None, show_header=False
        )
        for ratio in (3, 3, 5):
            table.add_column(overflow="fold", ratio=ratio)
        for column in columns:
            table.add_row(*map(cell, column))
        yield table


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _shown(value: Any) -> Text:
    """A value in a cell, cut where it is very long, with how long it was."""
    if value is None:
        return Text("-", style="dim")
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    if len(text) > MOST_CHARACTERS:
        text = f"{text[:MOST_CHARACTERS]}... ({len(text):,} characters)"
    return cell(text)
