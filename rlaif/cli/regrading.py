"""What commands share that grade the samples which a run has already."""

from __future__ import annotations

import sys

import typer

from rlaif.cli.console import tell
from rlaif.cli.watching import watching
from rlaif.reporting.text import count_of
from rlaif.runs.engines import EngineOf
from rlaif.runs.grade import grade_run
from rlaif.runs.order import Order


def regraded(
    order: Order,
    engine: EngineOf | None = None,
    *,
    log: str | None = None,
    metrics_port: int | None = None,
    metrics_host: str = "127.0.0.1",
    last: bool = True,
) -> int:
    """Grade as the order says, watched, and say how far the run is; how many grades failed.

    With `last` the command ends, with exit status 1, where some have. Raises: as `grade_run`.
    """
    about = {"rubric": f"{order.rubric.rubric}@{order.rubric.version}"}
    if order.judge is not None:
        about["judge"] = order.judge.name
    with watching(
        sys.stderr,
        order.out,
        about=about,
        log=log,
        metrics_port=metrics_port,
        metrics_host=metrics_host,
    ) as watcher:
        counts = grade_run(order, watcher, engine)
    failed = f"; {counts.failed:,} failed and got no score" if counts.failed else ""
    tell(f"{counts.ok:,} of {count_of(counts.samples, 'sample')} graded{failed}")
    if counts.missing:
        tell(f"{count_of(counts.missing, 'sample')} not graded yet: start `rlaif grade` again")
    if counts.failed and last:
        raise typer.Exit(1)
    return counts.failed
