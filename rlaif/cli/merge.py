"""`rlaif merge`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from rlaif.cli.console import tell
from rlaif.reporting.merged import merged_text
from rlaif.runs.job import sigterm_interrupts
from rlaif.runs.merge import merge_runs
from rlaif.storage.place_names import told


def run(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The run folder to be made.")],
    shards: Annotated[
        list[Path], typer.Argument(metavar="SHARD...", help="The runs of the shards.")
    ],
    partial: Annotated[
        bool, typer.Option("--partial", metavar="", help="Some shards may be missing.")
    ] = False,
) -> None:
    """Join shards.

    Shards are runs made by `rlaif grade ... --shard I/N`, of the same samples by the same rubric
    and judge. OUT is an ordinary run then: samples in the order of the input, every grade, also
    failed ones, and the cost of all. The shards stay as they are. The same command again goes on
    where it was interrupted, and takes in what the shards have graded since.
    """
    with sigterm_interrupts():
        done = merge_runs(
            out,
            shards,
            partial=partial,
            command=[told(argument) for argument in sys.argv[1:]],
            note=lambda text: tell(text, err=True),
        )
    tell(merged_text(done))
