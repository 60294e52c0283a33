"""What commands print for people: wrapped on a terminal, never cut in a pipe."""

from __future__ import annotations

import sys

from rich.console import Console, RenderableType

_PIPE_WIDTH = 120


def print_table(*parts: RenderableType) -> None:
    """Print to standard output."""
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    Console(width=width, highlight=False).print(*parts, sep="\n")
