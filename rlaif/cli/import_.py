"""`rlaif import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rlaif.cli.console import tell
from rlaif.runs.imports import import_file


def run(
    format_: Annotated[
        str,
        typer.Argument(
            metavar="FORMAT",
            help="healthbench, paperbench, prbench, rar, researchrubrics, profbench, biggen, "
            "prometheus, wildbench, infobench, multichallenge, open-instruct, humaneval, mbpp, "
            "stdio, autorubric, verifiers, csv or xlsx.",
        ),
    ],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file, as it was published.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="The folder to write into.")
    ],
    completions: Annotated[
        Path | None,
        typer.Option(
            "--completions",
            metavar="C",
            help="Rows {prompt_id, completion, policy?}, joined to the prompts by their id.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite what an earlier import wrote.")
    ] = False,
) -> None:
    """Import another format.

    Writes rubric.yaml, samples.jsonl (prompts.jsonl for prompts without a completion) and
    answers.jsonl, as far as the file has them, and reports what was read, dropped and undecided.

    A row that cannot be read is told and stops no other; the exit status is 1 then. Nothing is
    written that rlaif itself does not read.
    """
    report = import_file(format_, file, out, completions=completions, force=force)
    tell("\n".join(report.lines()), err=True)
    if not report.all_read:
        raise typer.Exit(1)
