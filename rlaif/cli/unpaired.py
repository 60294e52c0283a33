"""`rlaif unpaired`."""

from __future__ import annotations

from typing import Annotated

import typer

from rlaif.cli.options import RunPath
from rlaif.cli.row_options import Form, RowsFormat, RowsOut, finish, rules_of
from rlaif.records.row_rules import UnpairedRules
from rlaif.runs.unpaired import make_unpaired


def run(
    folder: RunPath,
    out: RowsOut,
    good_from: Annotated[
        float | None,
        typer.Option(
            "--good-from",
            metavar="S",
            help="From this score on a completion is good; if not given, 0.7.",
        ),
    ] = None,
    bad_to: Annotated[
        float | None,
        typer.Option(
            "--bad-to", metavar="S", help="Up to this score it is bad; if not given, 0.3."
        ),
    ] = None,
    form: RowsFormat = Form.jsonl,
) -> None:
    """Write good and bad completions, each by itself, for KTO.

    What lies between the two scores is left out. The rows are in the columns of TRL, with a card of
    how they were made. Exit status 1 where none is kept.
    """
    options = {"good_from": good_from, "bad_to": bad_to}
    made = make_unpaired(folder, rules_of(UnpairedRules, options), out, form.value)
    finish(made, folder, "completion")
