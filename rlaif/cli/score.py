"""`rlaif score`."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import orjson
import typer

from rlaif.cli.console import tell
from rlaif.cli.options import RubricName, UnsafeNoSandbox
from rlaif.runs.files import rubric_and_text
from rlaif.runs.score import score_answers
from rlaif.storage.placing import place_whole


def run(
    rubric: RubricName,
    answers: Annotated[
        str,
        typer.Argument(
            metavar="ANSWERS",
            help="JSON lines {sample_id, annotator?, answers: {criterion: label}, values: {...}}.",
        ),
    ],
    samples: Annotated[
        str | None,
        typer.Option(
            "--samples",
            metavar="S",
            help="The samples: their checks are run, their criteria known.",
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", metavar="PATH", help="Where; standard output if not given."),
    ] = None,
    unsafe_no_sandbox: UnsafeNoSandbox = False,
) -> None:
    """Score people's answers.

    Prints JSON lines {sample_id, score, raw_score}. null is the answer "does not apply"; a
    criterion that nobody answered leaves the score null, and the exit status 1.
    """
    scored = score_answers(
        rubric_and_text(rubric)[0],
        answers,
        samples,
        unsafe_no_sandbox=unsafe_no_sandbox,
        note=partial(tell, err=True),
    )
    rows = b"".join(orjson.dumps(one.row(), option=orjson.OPT_APPEND_NEWLINE) for one in scored)
    if out:
        place_whole(out, rows)
    else:
        typer.echo(rows, nl=False)
    if any(one.score.status == "failed" for one in scored):
        raise typer.Exit(1)
