"""`rlaif rescore`."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Annotated

import typer

from rlaif.cli.console import print_table, tell
from rlaif.cli.judge_option import judge_of
from rlaif.cli.options import (
    AcceptForgeable,
    DryRun,
    EngineName,
    EngineNames,
    JudgeName,
    MaxOutage,
    NoCache,
    Recheck,
    RetryFailed,
    RunPath,
    UnsafeNoSandbox,
)
from rlaif.cli.regrading import regraded
from rlaif.cli.watching_options import Budget, Log, MaxFailures, MetricsHost, MetricsPort
from rlaif.errors import InputError
from rlaif.reporting.estimated import Estimate
from rlaif.reporting.rescored import rescored_lines, rescoring_lines
from rlaif.reporting.sheet import Sheet
from rlaif.reporting.text import count_of
from rlaif.runs.backends import waiting
from rlaif.runs.diff import TOP
from rlaif.runs.estimate import estimate
from rlaif.runs.kept_maps import kept_thresholds
from rlaif.runs.limits import Limits
from rlaif.runs.rescore import Rescoring, rescoring, tried, unasked
from rlaif.storage.place_names import told
from rlaif.storage.run_folder import open_run


def run(
    folder: RunPath,
    rubric: Annotated[
        str | None,
        typer.Option(
            "--rubric",
            "-r",
            metavar="RUBRIC",
            help="A rubric file, or a shipped rubric's name. If not given, with a calibrated "
            "--judge, the run's own.",
        ),
    ] = None,
    judge: JudgeName = None,
    dry_run: DryRun = False,
    no_ask: Annotated[
        bool,
        typer.Option(
            "--no-ask", metavar="", help="Stop, with nothing changed, if the judge is needed."
        ),
    ] = False,
    top: Annotated[
        int, typer.Option("--top", min=1, metavar="N", help="List at most N samples of a kind.")
    ] = TOP,
    retry_failed: RetryFailed = False,
    accept_forgeable: AcceptForgeable = None,
    unsafe_no_sandbox: UnsafeNoSandbox = False,
    no_cache: NoCache = False,
    recheck: Recheck = None,
    max_outage: MaxOutage = None,
    engine: EngineName = EngineNames.local,
    max_failures: MaxFailures = None,
    budget: Budget = None,
    log: Log = None,
    metrics_port: MetricsPort = None,
    metrics_host: MetricsHost = "127.0.0.1",
) -> None:
    """Score a run by another rubric, or by its judge with another calibration.

    Judge and samples are those that the run keeps, and where a question is unchanged its verdict
    stands: with other weights or thresholds alone the judge is not even started. It says what
    differs, how much has to be asked, and which scores moved. The run is under the new rubric then;
    a copy of its folder keeps it under the old one. Exit status 1 when some grades failed.
    """
    if rubric is None and judge is None:
        raise InputError(
            "say what is new: --rubric RUBRIC, or --judge with the run's judge, calibrated"
        )
    plan = rescoring(folder, rubric, judge_of(judge, max_outage))
    order = plan.order
    if judge is None and max_outage is not None and order.judge is not None:
        order = replace(order, judge=waiting(order.judge, max_outage))
    order = replace(
        order,
        retry_failed=retry_failed,
        command=[told(argument) for argument in sys.argv[1:]],
        unsafe_no_sandbox=unsafe_no_sandbox,
        accept_forgeable=(*order.accept_forgeable, *(accept_forgeable or ())),
        cache=not no_cache,
        recheck=recheck,
        limits=Limits(max_failures, budget),
        engine=engine.value,
    )
    plan = replace(plan, order=order)
    if dry_run:
        with tried(plan) as (found, after):
            _show(plan, found)
            print_table(Sheet(rescored_lines(plan.difference(after, top), tried=True)))
        tell("Nothing was asked and nothing was written.")
        return
    found = estimate(order)
    _show(plan, found)
    if no_ask and found.questions:
        raise InputError(
            f"--no-ask: {count_of(found.questions, 'question')} about "
            f"{count_of(found.asked_of, 'sample')} would have to be asked; nothing was changed\n"
            "  hint: leave --no-ask out; --dry-run shows what can be told before"
        )
    stated = plan.before.manifest.judge
    known = unasked(stated.served) if stated and not found.questions else None
    failed = regraded(
        order, known, log=log, metrics_port=metrics_port, metrics_host=metrics_host, last=False
    )
    after = open_run(folder)
    print_table(Sheet(rescored_lines(plan.difference(after, top), kept_thresholds(after))))
    if failed:
        raise typer.Exit(1)


def _show(plan: Rescoring, found: Estimate) -> None:
    print_table(Sheet(rescoring_lines(plan.rubric, found)))
