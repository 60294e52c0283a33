"""`rlaif explain`."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer

from rlaif.cli.console import print_table
from rlaif.cli.options import RunPath, TextOrJson
from rlaif.reporting.arithmetic_rows import arithmetic_row
from rlaif.runs.explain import explain, explained_view


def run(
    folder: RunPath,
    sample_id: Annotated[str, typer.Argument(metavar="SAMPLE_ID", help="Which sample.")],
    format_: Annotated[TextOrJson, typer.Option("--format", help="How.")] = TextOrJson.text,
) -> None:
    """Explain a score.

    The arithmetic line by line: prescreen, gates, each criterion's answer, value and weight, each
    section by its rule, and the fraction that they end in. What failed or was skipped, and why;
    what the judge wrote and quoted, and how several of them voted.
    """
    found = explain(folder, sample_id)
    if format_ is TextOrJson.json:
        row = arithmetic_row(found.grade, found.working, found.variances, found.maps)
        typer.echo(orjson.dumps({**row, "remarks": found.remarks}, option=orjson.OPT_INDENT_2))
        return
    print_table(explained_view(found))
