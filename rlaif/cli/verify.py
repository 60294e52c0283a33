"""`rlaif verify`."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer

from rlaif.cli.console import print_table
from rlaif.cli.options import RunPath, TextOrJson
from rlaif.reporting.verification import verification_view
from rlaif.runs.verify import verify_run


def run(
    folder: RunPath,
    format_: Annotated[TextOrJson, typer.Option("--format", help="How.")] = TextOrJson.text,
) -> None:
    """Verify a run.

    Reads all of it and changes nothing: checksums of every file, and each effective grade worked
    out again from its outcomes by the kept rubric. What is only unfinished is said, and no finding.
    Exit status 1 when something is wrong.
    """
    found = verify_run(folder)
    if format_ is TextOrJson.json:
        typer.echo(orjson.dumps(found.row(), option=orjson.OPT_INDENT_2))
    else:
        print_table(verification_view(found.findings, found.notes, found.looked))
    if not found.sound:
        raise typer.Exit(1)
