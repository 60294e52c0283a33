"""What commands print for people: wrapped, never cut, and harmless."""

from __future__ import annotations

import os
import sys

import typer
from rich.console import Console, RenderableType

from rlaif.reporting.text import harmless

_PIPE_WIDTH = 120


def tell(text: str, *, err: bool = False) -> None:
    """Print lines for a person, to standard output or, with `err`, to standard error."""
    typer.echo(harmless(text), err=err)


class _Out(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to `main`, as everywhere else."""
        raise BrokenPipeError


def print_table(*parts: RenderableType) -> None:
    """Print to standard output; in a pipe as wide as COLUMNS says, or `_PIPE_WIDTH`."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _PIPE_WIDTH
    _Out(width=width, highlight=False).print(*parts, sep="\n")
