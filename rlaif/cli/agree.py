"""`rlaif agree`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rlaif.cli.console import print_table, tell
from rlaif.cli.options import RunPath, TextOrJson
from rlaif.reporting.agree_json import agreement_json
from rlaif.reporting.agree_text import AgreementView, agreement_text
from rlaif.runs.agree import agree
from rlaif.runs.agree_asked import RESAMPLES, Asked, Chosen, Part
from rlaif.storage.place_names import told
from rlaif.storage.placing import place_whole

_WHICH = "Which labels"


def run(
    folder: RunPath,
    labels: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[LABELS]...",
            help="JSON lines: answers {sample_id, annotator?, answers: {criterion: label}}, "
            "corrections, or preferences {pair_id, annotator?, human: a | b | tie}. Pairs that "
            "say themselves what people preferred need none.",
            show_default=False,
        ),
    ] = None,
    criterion: Annotated[
        list[str] | None,
        typer.Option(
            "--criterion",
            rich_help_panel=_WHICH,
            metavar="ID",
            help="Only this criterion; repeatable.",
        ),
    ] = None,
    annotator: Annotated[
        list[str] | None,
        typer.Option(
            "--annotator",
            rich_help_panel=_WHICH,
            metavar="NAME",
            help="Only what this person said; repeatable.",
        ),
    ] = None,
    held_out: Annotated[
        bool | None,
        typer.Option(
            "--held-out-only/--all",
            rich_help_panel=_WHICH,
            help="Only labels that the judge was not fitted on, as is done anyway; or all, which "
            "is refused where it was fitted.",
            show_default=False,
        ),
    ] = None,
    again: Annotated[
        Path | None,
        typer.Option(
            "--again", metavar="RUN2", help="The same samples graded again: how often it changes."
        ),
    ] = None,
    resamples: Annotated[
        int, typer.Option("--resamples", min=100, metavar="N", help="Draws for an interval.")
    ] = RESAMPLES,
    seed: Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Of the draws.")] = 0,
    format_: Annotated[TextOrJson, typer.Option("--format", help="How.")] = TextOrJson.text,
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", metavar="PATH", help="Where; standard output if not given."),
    ] = None,
) -> None:
    """Measure how far the judge and people agree.

    By criterion and overall, beside how far people agree among themselves; with 95% intervals over
    whole prompts. What is true of all samples that the judge answered is estimated from its
    verdicts and the labels. Labels that the judge was fitted on are left out.
    """
    parts: dict[bool | None, Part | None] = {True: "held out", False: "all", None: None}
    found = agree(
        Asked(
            run=folder,
            labels=labels or (),
            chosen=Chosen(tuple(criterion or ()), tuple(annotator or ())),
            part=parts[held_out],
            again=again,
            resamples=resamples,
            seed=seed,
        )
    )
    if format_ is TextOrJson.json:
        written = agreement_json(found)
    elif out is None:
        print_table(AgreementView(found))
        return
    else:
        written = agreement_text(found).encode()
    if out is None:
        typer.echo(written, nl=False)
        return
    place_whole(out, written)
    tell(f"agreement in {told(out)}", err=True)
