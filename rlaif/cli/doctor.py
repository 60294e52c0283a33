"""`rlaif doctor`."""

from __future__ import annotations

import typer
from rich.table import Table

from rlaif.cli.console import print_table
from rlaif.reporting.text import cell
from rlaif.runs.doctor import diagnose

_SIGNS = {True: "ok", None: "--", False: "!!"}


def run() -> None:
    """Say what is installed and what can run.

    `--` marks what is optional and absent, `!!` what should be mended (exit status 1).
    """
    table = Table("", "what", "found", "to change it", box=None, pad_edge=False)
    bad = False
    for finding in diagnose():
        table.add_row(_SIGNS[finding.ok], finding.what, cell(finding.told), cell(finding.mend))
        bad = bad or finding.ok is False
    print_table(table)
    if bad:
        raise typer.Exit(1)
