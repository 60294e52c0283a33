"""`rlaif batch`: an offline API in place of a judge that answers now."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from rlaif.cli.console import tell
from rlaif.cli.judge_option import judge_of
from rlaif.cli.options import (
    AcceptForgeable,
    JudgeName,
    Limit,
    Map,
    NoCache,
    RetryFailed,
    RubricName,
    RunPath,
    SamplesSource,
    UnsafeNoSandbox,
    mapping_of,
)
from rlaif.errors import InputError
from rlaif.judging.http_faults import one_line
from rlaif.judging.openai_batch import OPTIONAL
from rlaif.reporting.text import count_of
from rlaif.runs.batch_export import Exported, export_batch
from rlaif.runs.batch_import import Imported, import_batch
from rlaif.runs.files import rubric_and_text
from rlaif.runs.order import Order
from rlaif.storage.place_names import told

group = typer.Typer()
_EXPORT = "Write the questions that are open now as files for a batch API."
_IMPORT = "Take the answers of a batch API into the run that asked."
_WAVES = (
    "Where a gate is to be asked, only that is asked at first. So import the answers, and export "
    "again, until nothing is open."
)


@group.callback()
def run() -> None:
    """Ask a judge by files, through an offline API that takes OpenAI's batch form.

    Export writes one request a line; send the files as the API wants them, and import what comes
    back, the files of errors too. Export again for what is open then: gates are asked first.
    """


@group.command("export", short_help=_EXPORT, help=f"{_EXPORT}\n\n{_WAVES}")
def export(
    rubric: RubricName,
    samples: SamplesSource,
    out: Annotated[
        str,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="The file of requests; more than one is numbered, as of 50,000 requests or 200 "
            "MB. Also a URL.",
        ),
    ],
    run_folder: Annotated[
        Path, typer.Option("--run", metavar="RUN", help="The run folder that the grades go to.")
    ],
    judge: JudgeName = None,
    limit: Limit = None,
    map_: Map = None,
    retry_failed: RetryFailed = False,
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without",
            metavar="FIELD",
            help=f"The API refuses this field of a request: {', '.join(OPTIONAL)}; repeatable.",
        ),
    ] = None,
    again: Annotated[
        bool,
        typer.Option(
            "--again",
            metavar="",
            help="Write questions again that an earlier file asks, and that have no results yet.",
        ),
    ] = False,
    accept_forgeable: AcceptForgeable = None,
    unsafe_no_sandbox: UnsafeNoSandbox = False,
    no_cache: NoCache = False,
) -> None:
    """Write the questions that are open now."""
    for name in without or ():
        if name not in OPTIONAL:
            raise InputError(f"--without {name}: one of {', '.join(OPTIONAL)}")
    loaded, text = rubric_and_text(rubric)
    order = Order(
        rubric=loaded,
        rubric_text=text,
        judge=judge_of(judge),
        samples=samples,
        out=run_folder,
        mapping=mapping_of(map_),
        limit=limit,
        retry_failed=retry_failed,
        command=[told(argument) for argument in sys.argv[1:]],
        unsafe_no_sandbox=unsafe_no_sandbox,
        accept_forgeable=accept_forgeable or (),
        cache=not no_cache,
    )
    _tell_exported(export_batch(order, out, without or (), again=again), run_folder)


@group.command("import", short_help=_IMPORT, help=f"{_IMPORT}\n\nGive all files at once.")
def import_(
    folder: RunPath,
    results: Annotated[
        list[str],
        typer.Argument(metavar="RESULTS...", help="Files of results and of errors, also URLs."),
    ],
    accept_model: Annotated[
        str | None,
        typer.Option(
            "--accept-model",
            metavar="NAME",
            help="Believe the answers of this model, which is not the judge's by its name.",
        ),
    ] = None,
    unsafe_no_sandbox: UnsafeNoSandbox = False,
    no_cache: NoCache = False,
) -> None:
    """Take the answers of a batch API into the run that asked."""
    imported = import_batch(
        folder,
        results,
        unsafe_no_sandbox=unsafe_no_sandbox,
        cache=not no_cache,
        accept_model=accept_model,
    )
    _tell_imported(imported, folder)
    if imported.counts.failed and not imported.waiting:
        raise typer.Exit(1)


def _tell_exported(exported: Exported, folder: Path) -> None:
    _tell_notes(exported.notes)
    if exported.graded:
        tell(f"{count_of(exported.graded, 'sample')} graded without a question")
    if not exported.requests:
        tell("No question is open.")
        return
    tell(f"{count_of(exported.requests, 'request')} about {count_of(exported.waiting, 'sample')}")
    if exported.gates:
        tell(f"{count_of(exported.gates, 'sample')} asked about gates alone at first")
    for name in exported.files:
        tell(f"  {name}")
    tell(f"Send each file, then: rlaif batch import {folder} RESULTS ERRORS")


def _tell_imported(imported: Imported, folder: Path) -> None:
    _tell_notes(imported.notes)
    counts = imported.counts
    tell(
        f"{counts.ok:,} of {count_of(counts.samples, 'sample')} graded"
        + (f"; {counts.failed:,} have no score" if counts.failed else "")
    )
    if imported.model:
        tell(f"answered by {one_line(imported.model)}")
    if imported.unused:
        where = ", ".join(imported.where)
        tell(f"{count_of(imported.unused, 'result')} not about an open question, such as {where}")
    if imported.waiting:
        waiting = count_of(imported.waiting, "sample")
        tell(f"{waiting} still open: `rlaif batch export` again writes what to ask next.")
    elif counts.failed:
        tell("Ask again what failed by `rlaif batch export` with --retry-failed.")
    else:
        tell(f"Look at it with: rlaif show {folder}")


def _tell_notes(notes: Sequence[str]) -> None:
    for note in notes:
        tell(note, err=True)
