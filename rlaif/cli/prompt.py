"""`rlaif prompt`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import orjson
import typer

from rlaif.authoring.judge_file import load_judge
from rlaif.cli.console import tell
from rlaif.cli.options import JudgeName, Limit, Map, RubricName, SamplesSource, mapping_of
from rlaif.errors import InputError
from rlaif.reporting.text import in_a_line
from rlaif.runs.files import rubric_and_text
from rlaif.runs.judge import NO_JUDGE_NAMED
from rlaif.runs.prompts import prompts


class Format(StrEnum):
    """How prompts are printed."""

    text = "text"
    jsonl = "jsonl"


def run(
    rubric: RubricName,
    samples: SamplesSource,
    judge: JudgeName = None,
    format_: Annotated[Format, typer.Option("--format", help="How.")] = Format.text,
    limit: Limit = None,
    map_: Map = None,
) -> None:
    """Show the prompts.

    As text, or as JSON lines {sample_id, criterion, text, token_ids, untrusted_spans,
    completion_span, labels}. Nothing is asked and no model is loaded. Completions that the
    prescreen settles have no prompt.
    """
    if judge is None:
        raise InputError(NO_JUDGE_NAMED)
    loaded, _ = rubric_and_text(rubric)
    shown = None
    for shown in prompts(loaded, load_judge(judge), samples, mapping_of(map_), limit):
        if format_ is Format.jsonl:
            typer.echo(orjson.dumps(shown.row()))
            continue
        head = f"=== {in_a_line(shown.sample_id)} / {shown.criterion}"
        head += f" / {shown.judge}" if shown.judge else ""
        if shown.token_ids:
            head += f" ({len(shown.token_ids)} tokens)"
        tell(f"{head}\n{shown.text}\n--> one of: {', '.join(shown.labels)}\n")
    if shown is None:
        tell("the judge is asked nothing about these samples", err=True)
