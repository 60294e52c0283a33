"""`rlaif grade`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from rlaif.cli.console import tell
from rlaif.cli.judge_option import judge_of
from rlaif.cli.options import (
    AcceptForgeable,
    Calibrate,
    Draw,
    DryRun,
    EngineName,
    EngineNames,
    JudgeName,
    Limit,
    Map,
    MaxOutage,
    NoCache,
    RayAddress,
    Recheck,
    ReplicaCount,
    ReplicaCpus,
    RetryFailed,
    RubricName,
    RunOut,
    SamplesSource,
    Seed,
    Shard,
    UnsafeNoSandbox,
    mapping_of,
)
from rlaif.cli.watching import watching
from rlaif.cli.watching_options import Budget, Log, MaxFailures, MetricsHost, MetricsPort
from rlaif.errors import InputError
from rlaif.reporting.estimated import estimate_text
from rlaif.reporting.text import count_of
from rlaif.runs.compact import many_parts_note
from rlaif.runs.estimate import estimate
from rlaif.runs.files import rubric_and_text
from rlaif.runs.grade import grade_run
from rlaif.runs.limits import Limits
from rlaif.runs.order import Order
from rlaif.runs.replicas import NO_REPLICAS, Replicas
from rlaif.storage.place_names import told
from rlaif.storage.run_folder import open_run
from rlaif.storage.selection import Selection
from rlaif.storage.selection import Shard as SelectedShard


def run(
    rubric: RubricName,
    samples: SamplesSource,
    judge: JudgeName = None,
    out: RunOut = None,
    limit: Limit = None,
    map_: Map = None,
    retry_failed: RetryFailed = False,
    dry_run: DryRun = False,
    calibrate: Calibrate = 0,
    accept_forgeable: AcceptForgeable = None,
    unsafe_no_sandbox: UnsafeNoSandbox = False,
    no_cache: NoCache = False,
    recheck: Recheck = None,
    max_outage: MaxOutage = None,
    shard: Shard = None,
    sample: Draw = None,
    seed: Seed = 0,
    engine: EngineName = EngineNames.local,
    ray_address: RayAddress = None,
    replicas: ReplicaCount = None,
    cpus_per_replica: ReplicaCpus = None,
    max_failures: MaxFailures = None,
    budget: Budget = None,
    log: Log = None,
    metrics_port: MetricsPort = None,
    metrics_host: MetricsHost = "127.0.0.1",
    canaries: Annotated[
        int,
        typer.Option(
            "--canaries",
            min=0,
            metavar="N",
            show_default=False,
            help="Try the judge with N known attacks besides, which are no part of the grades; 13 "
            "or more try every family.",
        ),
    ] = 0,
) -> None:
    """Grade samples.

    Start the same command again and it grades only what is missing. A changed rubric, judge or
    sample is noticed: only what changed is asked again. Exit status 1 when some grades failed.
    """
    loaded, text = rubric_and_text(rubric)
    order = Order(
        rubric=loaded,
        rubric_text=text,
        judge=judge_of(judge, max_outage),
        samples=samples,
        out=out or Path(),
        mapping=mapping_of(map_),
        limit=limit,
        retry_failed=retry_failed,
        command=[told(argument) for argument in sys.argv[1:]],
        unsafe_no_sandbox=unsafe_no_sandbox,
        accept_forgeable=accept_forgeable or (),
        cache=not no_cache,
        recheck=recheck,
        canaries=canaries,
        selection=Selection(SelectedShard.parse(shard) if shard else None, sample, seed),
        limits=Limits(max_failures, budget),
        engine=engine.value,
        replicas=_replicas(engine, Replicas(ray_address, replicas, cpus_per_replica)),
    )
    if calibrate and not dry_run:
        raise InputError("--calibrate belongs to --dry-run")
    if dry_run:
        tell(estimate_text(estimate(order, calibrate)))
        return
    if out is None:
        raise InputError("say where the run goes: --out RUN")
    about = {"rubric": f"{loaded.rubric}@{loaded.version}"}
    if order.judge is not None:
        about["judge"] = order.judge.name
    with watching(
        sys.stderr,
        out,
        about=about,
        log=log,
        metrics_port=metrics_port,
        metrics_host=metrics_host,
    ) as watcher:
        counts = grade_run(order, watcher)
    tell(
        f"{counts.ok:,} of {count_of(counts.samples, 'sample')} graded"
        + (f"; {counts.failed:,} failed and got no score" if counts.failed else "")
    )
    tell(f"The run lies in {out}; look at it with: rlaif show {out}")
    if note := many_parts_note(open_run(out)):
        tell(note)
    if counts.failed:
        tell(f"Ask again what failed with: rlaif retry {out}")
        raise typer.Exit(1)


def _replicas(engine: EngineNames, stated: Replicas) -> Replicas:
    """What is said of replicas. Raises: InputError where nothing reads it."""
    if engine is EngineNames.local and stated != NO_REPLICAS:
        raise InputError(
            "--ray-address, --replicas and --cpus-per-replica are for --engine ray\n"
            "  hint: say --engine ray too, or leave them out"
        )
    return stated
