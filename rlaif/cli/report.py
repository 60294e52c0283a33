"""`rlaif report`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from rlaif.cli.console import tell
from rlaif.cli.options import RunPath
from rlaif.runs.report import SAMPLES, THRESHOLD, report
from rlaif.storage.export import STANDARD_OUTPUT
from rlaif.storage.place_names import told
from rlaif.storage.placing import place_whole, refuse_inside


def run(
    folder: RunPath,
    out: Annotated[
        str,
        typer.Option(
            "--out",
            "-o",
            metavar="PATH",
            help="Where, also a URL such as s3://bucket/report.html; - is standard output.",
        ),
    ] = "report.html",
    against: Annotated[
        Path | None,
        typer.Option("--against", metavar="RUN", help="Another run, to hold this one against."),
    ] = None,
    threshold: Annotated[
        float,
        typer.Option(
            "--threshold", min=0, max=1, metavar="S", help="The score from which a sample passes."
        ),
    ] = THRESHOLD,
    samples: Annotated[
        int,
        typer.Option("--samples", min=0, max=50, metavar="N", help="Samples of each kind to show."),
    ] = SAMPLES,
) -> None:
    """Write the report of a run: one page that stands alone.

    Scores by policy and group, criteria, failures, samples to look at. The page loads nothing from
    anywhere: send it to whom you like, but know that it holds prompts and completions. With
    --against, both runs are held side by side, sample by sample.
    """
    page = report(folder, against, threshold, samples)
    content = page.encode("utf-8", "backslashreplace")
    if out == STANDARD_OUTPUT:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    if not out.endswith(".html"):  # a page may lie in the run: no file of a run has that name
        refuse_inside(out, folder)
    place_whole(out, content)
    tell(f"{len(page) / 2**20:.1f} MiB in {told(out)}", err=True)
