"""`rlaif watch`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from rlaif.authoring.judge_file import load_judge
from rlaif.cli.console import print_table, tell
from rlaif.cli.options import (
    JudgeName,
    Limit,
    Map,
    RubricName,
    SamplesSource,
    UnsafeNoSandbox,
    mapping_of,
)
from rlaif.errors import Problem
from rlaif.reporting.edit import Edit, edit_lines
from rlaif.reporting.sheet import Line, Sheet
from rlaif.reporting.text import count_of
from rlaif.runs.watch import WatchOrder, watch

_MOST_PROBLEMS = 10


def run(
    rubric: RubricName,
    samples: SamplesSource,
    judge: JudgeName = None,
    limit: Limit = None,
    map_: Map = None,
    once: Annotated[
        bool, typer.Option("--once", metavar="", help="Grade once, and do not wait for saves.")
    ] = False,
    unsafe_no_sandbox: UnsafeNoSandbox = False,
) -> None:
    """Watch a rubric while you edit it.

    At every save it is linted, and only the questions that changed are asked again: a new weight
    asks nothing. Shows which samples moved, which labelled examples flipped, and the agreement
    with the labels. Nothing is written. Ctrl-C ends it. With --once, exit status 1 when lint has
    findings, a label is not met or a sample failed.
    """
    order = WatchOrder(
        rubric=rubric,
        samples=samples,
        judge=load_judge(judge) if judge is not None else None,
        mapping=mapping_of(map_),
        limit=limit,
        unsafe_no_sandbox=unsafe_no_sandbox,
    )
    screen = _Screen()
    if not once:
        tell(f"watching {rubric} and {samples}; Ctrl-C ends")
    try:
        ended = watch(order, screen, once=once)
    finally:
        screen.close()
    if ended.findings or ended.failed:
        raise typer.Exit(1)


class _Screen:
    """Lines to standard output; on a terminal also a bar that goes away again."""

    def __init__(self) -> None:
        self._bar: Progress | None = None

    def note(self, text: str) -> None:
        self.close()
        tell(text)
        sys.stdout.flush()

    def problems(self, problems: Sequence[Problem], kept: str) -> None:
        lines = [str(problem) for problem in problems[:_MOST_PROBLEMS]]
        if len(problems) > _MOST_PROBLEMS:
            lines.append(f"... and {len(problems) - _MOST_PROBLEMS} more: see rlaif lint")
        errors = sum(problem.severity == "error" for problem in problems)
        warnings = count_of(len(problems) - errors, "warning")
        lines.append(f"{count_of(errors, 'error')}, {warnings}" if problems else "no problems left")
        self.note("\n".join([*lines, *([kept] if kept else [])]))

    def begin(self, samples: int) -> None:
        self.close()
        if sys.stdout.isatty():
            columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn())
            self._bar = Progress(*columns, transient=True)
            self._bar.add_task("", total=samples)
            self._bar.start()

    def graded(self) -> None:
        if self._bar is not None:
            self._bar.advance(self._bar.task_ids[0])

    def edited(self, edit: Edit) -> None:
        self.close()
        print_table(Sheet([Line(""), *edit_lines(edit)]))
        sys.stdout.flush()

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
