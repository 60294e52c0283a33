"""`rlaif doctor`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from rlaif.authoring.judge_file import load_judge
from rlaif.cli.console import print_table
from rlaif.reporting.text import cell
from rlaif.runs.doctor import diagnose, examine

_SIGNS = {True: "ok", None: "--", False: "!!"}


def run(
    judge: Annotated[
        str | None,
        typer.Argument(metavar="[JUDGE]", help="A judge whose servers are asked what they can do."),
    ] = None,
) -> None:
    """Say what is installed and what can run; of a judge, what its servers can do.

    A judge's servers are sent a few tiny requests, with its key. `--` marks what is optional and
    absent, `!!` what should be mended (exit status 1).
    """
    table = Table("", "what", "found", "to change it", box=None, pad_edge=False)
    bad = False
    for finding in diagnose() if judge is None else examine(load_judge(judge)):
        table.add_row(_SIGNS[finding.ok], finding.what, cell(finding.told), cell(finding.mend))
        bad = bad or finding.ok is False
    print_table(table)
    if bad:
        raise typer.Exit(1)
