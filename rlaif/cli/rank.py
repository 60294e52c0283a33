"""`rlaif rank`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from rlaif.cli.console import tell
from rlaif.cli.options import RunPath
from rlaif.reporting.ranking import ranking_text
from rlaif.runs.rank import rank_run
from rlaif.storage.export_ranking import ranking_csv, ranking_json
from rlaif.storage.place_names import told
from rlaif.storage.placing import place_whole


class By(StrEnum):
    """What ranks."""

    score = "score"
    bradley_terry = "bradley-terry"


class Format(StrEnum):
    """How a ranking is written."""

    text = "text"
    json = "json"
    csv = "csv"


_WRITERS = {Format.text: ranking_text, Format.json: ranking_json, Format.csv: ranking_csv}


def run(
    folder: RunPath,
    by: Annotated[
        By | None,
        typer.Option("--by", help="What ranks; grades: score, pairs: bradley-terry."),
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="How.")] = Format.text,
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", metavar="PATH", help="Where; standard output if not given."),
    ] = None,
) -> None:
    """Rank what a run holds, from the best down.

    Of a run of grades, each group's completions by score. Of a run of pairs, the policies by the
    Bradley-Terry model, or the completions of each prompt where pairs name no policies. Equal ones
    share a place; what failed is listed without one.
    """
    written = _WRITERS[format_](rank_run(folder, by.value if by else None))
    if out is None:
        typer.echo(written, nl=False)
        return
    place_whole(out, written.encode())
    tell(f"ranking in {told(out)}", err=True)
