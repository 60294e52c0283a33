"""`rlaif runs`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

from rlaif.cli.console import print_table, tell
from rlaif.cli.options import TextOrJson
from rlaif.reporting.inventory import run_row, runs_view
from rlaif.storage.inventory import list_runs


def run(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where to look, a few levels deep.")
    ] = Path(),
    format_: Annotated[TextOrJson, typer.Option("--format", help="How.")] = TextOrJson.text,
) -> None:
    """List runs.

    Of grades and of pairs: by what, how far, the mean score, when and how large, and whether a job
    is writing to it right now. A damaged run is listed with what is wrong. Links are not followed.
    """
    found = list_runs(folder)
    if format_ is TextOrJson.json:
        rows = [run_row(one) for one in found]
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2))
    elif found:
        print_table(runs_view(found))
    else:
        tell(f"no runs below {folder}")
