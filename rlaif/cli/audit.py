"""`rlaif audit`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Annotated

import orjson
import typer

from rlaif.authoring.judge_file import load_judge
from rlaif.cli.console import print_table, tell
from rlaif.cli.options import (
    DryRun,
    Limit,
    Map,
    MaxOutage,
    NoCache,
    Recheck,
    Seed,
    TextOrJson,
    mapping_of,
)
from rlaif.errors import InputError
from rlaif.records.audit import PROBES, Probe
from rlaif.records.base import nearest
from rlaif.records.judge import Judge
from rlaif.reporting.audit.page import audit_page
from rlaif.reporting.audit.terminal import audit_view
from rlaif.runs.audit import audit, planned
from rlaif.runs.audit_order import SAMPLES, AuditOrder
from rlaif.runs.backends import waiting
from rlaif.runs.files import rubric_and_text
from rlaif.storage.place_names import told
from rlaif.storage.placing import place_whole


def run(
    judge: Annotated[
        str,
        typer.Argument(
            metavar="JUDGE",
            help="A judge file, a shipped judge's name, or vllm:MODEL, transformers:MODEL, "
            "openai:MODEL@URL.",
        ),
    ],
    samples: Annotated[
        str | None,
        typer.Argument(
            metavar="SAMPLES",
            help="More completions than the rubric's examples: JSON lines, CSV, Parquet, or -.",
        ),
    ] = None,
    rubric: Annotated[
        str | None,
        typer.Option(
            "--rubric", "-r", metavar="R", help="A rubric file, or the name of a shipped rubric."
        ),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            metavar="L",
            help="People's answers to SAMPLES, as `rlaif score` reads them.",
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="J",
            help="Another judge, by which self-preference is told without labels.",
        ),
    ] = None,
    own: Annotated[
        list[str] | None,
        typer.Option(
            "--own",
            metavar="POLICY",
            help="A policy that is the judge's own model; repeatable. If not given, those that are "
            "called as it is.",
        ),
    ] = None,
    probe: Annotated[
        list[str] | None,
        typer.Option("--probe", metavar="P", help=f"Only this one of {', '.join(PROBES)}."),
    ] = None,
    skip: Annotated[
        list[str] | None,
        typer.Option(
            "--skip",
            metavar="[PROBE:]ID",
            help="Leave out a criterion, in one probe or in all; repeatable. Such as "
            "nothing:polite for what a text can meet whatever was asked.",
        ),
    ] = None,
    count: Annotated[
        int,
        typer.Option(
            "--samples",
            min=1,
            max=1_000,
            metavar="N",
            help="At most N of the examples, and N of SAMPLES, drawn by the seed.",
        ),
    ] = SAMPLES,
    seed: Seed = 0,
    limit: Limit = None,
    map_: Map = None,
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", metavar="PATH", help="Also write a page of HTML there."),
    ] = None,
    format_: Annotated[TextOrJson, typer.Option("--format", help="How.")] = TextOrJson.text,
    dry_run: DryRun = False,
    no_cache: NoCache = False,
    recheck: Recheck = None,
    max_outage: MaxOutage = None,
) -> None:
    """Audit a judge.

    Changes completions and questions so that the right effect is known, asks the judge again, and
    says by what it was moved: place, order, length, openers, attacks, its own model, other words,
    an empty text. Exit status 1 when a probe fails.
    """
    if rubric is None:
        raise InputError("an audit needs a rubric\n  hint: --rubric RUBRIC")
    if labels is not None and samples is None:
        raise InputError("--labels are of SAMPLES, and none are named\n  hint: name SAMPLES")
    loaded = rubric_and_text(rubric)[0]
    plan = planned(
        AuditOrder(
            rubric=loaded,
            judge=_judge(judge, max_outage).speaking(loaded.language),
            samples=samples,
            labels=labels,
            against=_judge(against, max_outage).speaking(loaded.language) if against else None,
            own=own or (),
            probes=_probes(probe),
            skip=skip or (),
            count=count,
            seed=seed,
            limit=limit,
            mapping=mapping_of(map_),
            cache=not no_cache,
            recheck=recheck,
        )
    )
    tell(plan.text(), err=not dry_run)
    if dry_run:
        return
    report = audit(plan, partial(tell, err=True), _watching())
    if out is not None:
        place_whole(out, audit_page(report).encode("utf-8", "backslashreplace"))
        tell(f"the page lies in {told(out)}", err=True)
    if format_ is TextOrJson.json:
        typer.echo(orjson.dumps(report.model_dump(mode="json"), option=orjson.OPT_INDENT_2))
    else:
        print_table(audit_view(report))
    if not report.sound:
        raise typer.Exit(1)


def _judge(name: str, max_outage_s: float | None) -> Judge:
    judge = load_judge(name)
    return judge if max_outage_s is None else waiting(judge, max_outage_s)


def _probes(named: list[str] | None) -> tuple[Probe, ...]:
    """The probes of those names, in the order of the table. Raises: InputError for no such one."""
    for name in named or ():
        if name not in PROBES:
            raise InputError(f"--probe {name}: no such probe\n  hint: {nearest(name, PROBES)}")
    return tuple(one for one in PROBES if not named or one in named)


def _watching() -> Callable[[int, int], None]:
    """Says how far it is: every few seconds on a terminal, else once a minute."""
    every_s = 5.0 if sys.stderr.isatty() else 60.0
    said = time.monotonic()

    def watch(done: int, of: int) -> None:
        nonlocal said
        if time.monotonic() - said >= every_s:
            said = time.monotonic()
            tell(f"{done:,} of {of:,} texts", err=True)

    return watch
