"""`rlaif select`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from rlaif.cli.options import RunPath
from rlaif.cli.row_options import Form, RowsFormat, RowsOut, finish, rules_of
from rlaif.records.row_rules import SelectRules
from rlaif.runs.select import make_selection


class Columns(StrEnum):
    """Which columns."""

    completion = "completion"
    messages = "messages"


def run(
    folder: RunPath,
    out: RowsOut,
    threshold: Annotated[
        float | None,
        typer.Option("--threshold", metavar="T", help="The least score; if not given, 0."),
    ] = None,
    top_k: Annotated[
        int | None,
        typer.Option(
            "--top-k", metavar="K", help="Most completions of one prompt; if not given, 1."
        ),
    ] = None,
    dedupe: Annotated[
        bool,
        typer.Option("--dedupe", metavar="", help="Equal completions of one prompt only once."),
    ] = False,
    as_: Annotated[
        Columns, typer.Option("--as", help="Columns prompt and completion, or one of messages.")
    ] = Columns.completion,
    form: RowsFormat = Form.jsonl,
) -> None:
    """Write the best completions of each prompt, for supervised fine-tuning.

    The rows are in the columns of TRL, with a card of how they were made. Exit status 1 where none
    is kept.
    """
    options = {"threshold": threshold, "top_k": top_k, "dedupe": dedupe, "rows": as_.value}
    made = make_selection(folder, rules_of(SelectRules, options), out, form.value)
    finish(made, folder, "completion")
