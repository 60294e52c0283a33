"""Options of those who watch a job, and of the limits that end it."""

from __future__ import annotations

from typing import Annotated

import typer

MaxFailures = Annotated[
    int | None,
    typer.Option(
        "--max-failures",
        rich_help_panel="Watching, and when to stop",
        min=0,
        metavar="N",
        help="Stop when more grades than this have failed in this job.",
    ),
]
Budget = Annotated[
    float | None,
    typer.Option(
        "--budget",
        rich_help_panel="Watching, and when to stop",
        min=0,
        metavar="SUM",
        help="Stop when the run, earlier jobs included, has cost so much, in the currency of the "
        "price in the judge's file. Answers under way still come and cost.",
    ),
]
MetricsPort = Annotated[
    int | None,
    typer.Option(
        "--metrics-port",
        rich_help_panel="Watching, and when to stop",
        min=0,
        max=65535,
        metavar="N",
        help="Serve counts to Prometheus at this port while the job runs; 0: any that is free.",
    ),
]
MetricsHost = Annotated[
    str,
    typer.Option(
        "--metrics-host",
        rich_help_panel="Watching, and when to stop",
        metavar="H",
        help="The address that --metrics-port is opened on; not only this machine may ask then.",
    ),
]
Log = Annotated[
    str | None,
    typer.Option(
        "--log",
        rich_help_panel="Watching, and when to stop",
        metavar="FILE",
        help="Append events to this file as JSON lines; - writes them to standard error, in place "
        "of the progress.",
    ),
]
