"""Lines with numbers at their right edge, for a terminal of any width; nothing is ever cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.text import Text

from rlaif.reporting.text import in_a_line

_WIDEST = 80
_INDENT = 2
_GAP = 2
"""Columns between text and numbers, at least."""
_DEEPEST = 8
"""Levels that are indented; deeper ones stay where the last one is."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: text of anybody, and perhaps numbers."""

    text: str
    numbers: str = ""
    depth: int = 0
    style: str = ""
    mark: str = ""
    """Ours, before the text; the rows that the text goes on in leave its place free."""


class Sheet:
    """Lines one under another."""

    def __init__(self, lines: Iterable[Line]) -> None:
        """Hold the lines."""
        self._lines = tuple(lines)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Each line on one row where it fits; else numbers end the last row, or have their own."""
        width = min(options.max_width, _WIDEST)
        for line in self._lines:
            yield from _rows(line, width, console)


def _rows(line: Line, width: int, console: Console) -> Iterator[Text]:
    first = " " * min(line.depth * _INDENT, _DEEPEST * _INDENT, width // 2) + line.mark
    text = in_a_line(line.text)
    if cell_len(first) + cell_len(text) + cell_len(line.numbers) + _GAP <= width:
        rows = [Text(text)]
    else:
        folded = Text(text, overflow="fold")
        rows = list(folded.wrap(console, max(width - cell_len(first), 1))) or [Text("")]
    begins = [first, *[" " * cell_len(first)] * (len(rows) - 1)]
    told = [begin + row.plain.rstrip() for begin, row in zip(begins, rows, strict=True)]
    room = width - cell_len(told[-1]) - cell_len(line.numbers)
    if line.numbers and room >= _GAP:
        told[-1] += " " * room + line.numbers
    elif line.numbers:
        told.append(line.numbers.rjust(width))
    yield from (Text(row, line.style, overflow="fold") for row in told)
