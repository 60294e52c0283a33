"""`rlaif compact`."""

from __future__ import annotations

from typing import Annotated

import typer

from rlaif.cli.console import tell
from rlaif.cli.options import RunPath
from rlaif.reporting.compacted import compacted_text
from rlaif.runs.compact import compact_run


def run(
    folder: RunPath,
    current_only: Annotated[
        bool,
        typer.Option(
            "--current-only",
            metavar="",
            help="Drop also the grades of earlier rubrics, judges and samples; their verdicts "
            "can then not be used again.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", metavar="", help="Say what would be done, and do nothing.")
    ] = False,
) -> None:
    """Compact a run.

    Rows that a later one of the same sample beats go, and so do inputs, rubrics and judges of
    earlier jobs that nothing names any more. Every grade stays as it is. It can be killed at any
    instant. A run that a job is writing to is refused.
    """
    done = compact_run(
        folder,
        current_only=current_only,
        dry_run=dry_run,
        note=lambda text: tell(text, err=True),
    )
    tell(compacted_text(done))
