"""`rlaif criteria`."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer

from rlaif.cli.console import print_table
from rlaif.cli.options import RunPath, TextOrJson
from rlaif.reporting.criteria import criteria_json, criteria_view
from rlaif.runs.criteria import criteria


def run(
    folder: RunPath,
    format_: Annotated[TextOrJson, typer.Option("--format", help="How.")] = TextOrJson.text,
) -> None:
    """Say what a run tells of its criteria.

    How often each is met, how it goes with the rest, how sharply it tells samples apart, where the
    judge is unsure, and which say the same; then advice in plain words. No labels are needed, so
    none of it says whether the judge is right: `rlaif agree` does.
    """
    found = criteria(folder)
    if format_ is TextOrJson.json:
        typer.echo(orjson.dumps(criteria_json(found), option=orjson.OPT_INDENT_2))
    else:
        print_table(criteria_view(found))
