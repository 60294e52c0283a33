"""`rlaif export`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rlaif.cli.console import tell
from rlaif.cli.options import RunPath
from rlaif.reporting.text import count_of
from rlaif.storage.export import STANDARD_OUTPUT, export
from rlaif.storage.run_folder import open_run


class Format(StrEnum):
    """How grades are written."""

    jsonl = "jsonl"
    csv = "csv"
    parquet = "parquet"


def run(
    folder: RunPath,
    format_: Annotated[Format, typer.Option("--format", help="How.")] = Format.jsonl,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="PATH", help="Where; standard output if not given."),
    ] = None,
) -> None:
    """Write a run's grades, one row a sample in the order of the input.

    What is not graded yet is left out, and said. A failed grade has a null score and its reason.
    """
    run_folder = open_run(folder)
    destination = STANDARD_OUTPUT if out is None else str(out)
    count = export(run_folder.grades(), destination, format_.value)
    missing = run_folder.counts().samples - count
    if missing:
        tell(f"{count_of(missing, 'sample')} not graded yet: start `rlaif grade` again", err=True)
    if destination != STANDARD_OUTPUT:
        tell(f"{count_of(count, 'row')} in {out}", err=True)
