"""`rlaif curate`."""

from __future__ import annotations

import sys
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
    MaxOutage,
    NoCache,
    RetryFailed,
    RubricName,
    Seed,
    UnsafeNoSandbox,
    mapping_of,
)
from rlaif.cli.row_options import rules_of
from rlaif.cli.watching import watching
from rlaif.cli.watching_options import Budget, Log, MaxFailures
from rlaif.records.curate import HASHED, NEUTRAL_PROMPT, Curated, CurateRules
from rlaif.runs.curate import CurateOrder, curate
from rlaif.runs.curate_grading import Grading
from rlaif.runs.files import rubric_and_text
from rlaif.runs.limits import Limits
from rlaif.storage.place_names import told
from rlaif.training.curate.words import (
    FIGURES,
    figure_of,
    interval_told,
    kept_lines,
    learning_lines,
    verdict,
)
from rlaif.training.curate.words import told as figure_told


def run(
    rubric: RubricName,
    texts: Annotated[
        str,
        typer.Argument(
            metavar="TEXTS",
            help="JSON lines (also .gz, .zst), CSV, Parquet or a saved data set with a column "
            "'text', or 'prompt' and 'completion', here or at a URL.",
        ),
    ],
    out: Annotated[
        str,
        typer.Option(
            "--out",
            "-o",
            metavar="PATH",
            help="Where the kept rows go, as JSON lines, also a URL; the card goes beside it.",
        ),
    ],
    judge: JudgeName = None,
    sample: Annotated[
        int, typer.Option("--sample", min=1, metavar="N", help="How many texts are graded.")
    ] = 2000,
    keep_above: Annotated[
        float | None,
        typer.Option(
            "--keep-above",
            min=0,
            max=1,
            metavar="S",
            help="A text is good from this score on; if not given, 0.5.",
        ),
    ] = None,
    keep_share: Annotated[
        float | None,
        typer.Option(
            "--keep-share",
            metavar="SHARE",
            help="In place of it: keep about this share, the best ones.",
        ),
    ] = None,
    features: Annotated[
        str,
        typer.Option(
            "--features",
            metavar="F",
            help="What the classifier sees: hashed (n-grams and plain statistics); judge (hidden "
            "states of the judge's model, where transformers runs it); or embeddings:MODEL.",
        ),
    ] = HASHED,
    prompt: Annotated[
        str,
        typer.Option("--prompt", metavar="TEXT", help="What the judge reads as the prompt."),
    ] = NEUTRAL_PROMPT,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--run",
            metavar="RUN",
            help="The run folder of the grades; if not given, beside the kept rows.",
        ),
    ] = None,
    scores: Annotated[
        str | None,
        typer.Option(
            "--scores", metavar="PATH", help="Write the probability of every text, as Parquet."
        ),
    ] = None,
    classifier_only: Annotated[
        bool,
        typer.Option(
            "--classifier-only",
            metavar="",
            help="Let the classifier decide about the graded texts, too.",
        ),
    ] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            metavar="",
            help="Write also when the classifier is no better than keeping everything.",
        ),
    ] = False,
    seed: Seed = 0,
    limit: Limit = None,
    map_: Map = None,
    retry_failed: RetryFailed = False,
    accept_forgeable: AcceptForgeable = None,
    unsafe_no_sandbox: UnsafeNoSandbox = False,
    no_cache: NoCache = False,
    max_outage: MaxOutage = None,
    max_failures: MaxFailures = None,
    budget: Budget = None,
    log: Log = None,
) -> None:
    """Keep the better part of many texts.

    Grades a sample, trains a cheap classifier on the grades, filters all texts by it, and reports
    its precision and recall on held-out grades. Start the same command again and nothing is graded
    twice. Exit status 1, and nothing is written, where the classifier is no better than keeping
    everything.
    """
    options = {
        "sample": sample,
        "keep_above": keep_above,
        "keep_share": keep_share,
        "features": features,
        "prompt": prompt,
        "classifier_only": classifier_only,
        "force": force,
        "seed": seed,
    }
    loaded, text = rubric_and_text(rubric)
    grading = Grading(
        rubric=loaded,
        rubric_text=text,
        judge=judge_of(judge, max_outage),
        retry_failed=retry_failed,
        cache=not no_cache,
        unsafe_no_sandbox=unsafe_no_sandbox,
        accept_forgeable=accept_forgeable or (),
        limits=Limits(max_failures, budget),
        command=[told(argument) for argument in sys.argv[1:]],
    )
    order = CurateOrder(
        texts=texts,
        grading=grading,
        rules=rules_of(CurateRules, options),
        out=out,
        run=folder,
        scores=scores,
        mapping=mapping_of(map_),
        limit=limit,
    )
    about = {"rubric": f"{loaded.rubric}@{loaded.version}"}
    if grading.judge is not None:
        about["judge"] = grading.judge.name
    with watching(sys.stderr, order.folder, about=about, log=log) as watcher:
        curated = curate(order, watcher)
    _tell(curated, order)


def _tell(curated: Curated, order: CurateOrder) -> None:
    """Say what was learned, measured and kept; exit status 1 where nothing was written."""
    for line in learning_lines(curated):
        tell(line)
    figures = curated.learning.figures
    tell(f"on {figures.texts:,} held-out texts, {figures.good:,} of them good:")
    for name, meaning in FIGURES.items():
        figure = figure_of(figures, name)
        interval = interval_told(figure)
        tell(f"  {figure_told(figure.value)}{f' ({interval})' if interval else ''}  {meaning}")
    again = f"the grades are in {order.folder}"
    if not curated.kept:
        why = "nothing was kept: no text reaches the threshold"
        if not curated.paths:
            why = f"nothing was written: {verdict(figures)}"
        hint = "a larger --sample, other --features, or another --keep-above; --force writes anyway"
        tell(f"rlaif: {why}\n  hint: {hint}; {again}", err=True)
        raise typer.Exit(1)
    if not figures.better:
        tell(f"warning: {verdict(figures)}", err=True)
    for line in kept_lines(curated):
        tell(line)
    tell(f"written: {', '.join(told(path) for path in curated.paths)}; {again}")
