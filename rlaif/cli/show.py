"""`rlaif show`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from rlaif.cli.console import print_table, tell
from rlaif.cli.options import RunPath
from rlaif.reporting.canaries import canaries_view
from rlaif.reporting.pairs import pairs_view, summarise_pairs
from rlaif.reporting.summary import extremes, summarise
from rlaif.reporting.terminal import grades_view, summary_view
from rlaif.reporting.text import count_of
from rlaif.runs.canaries import kept_canaries, stale_note
from rlaif.runs.explain import explain, explained_view
from rlaif.runs.forgeable import Forgeable
from rlaif.runs.kept_maps import kept_thresholds
from rlaif.runs.usage import spent_lines
from rlaif.storage.manifest import Manifest
from rlaif.storage.pair_folder import is_of_pairs, open_pairs
from rlaif.storage.run_folder import open_run

_ALL_UP_TO = 60
_EXTREMES = 5


def run(
    folder: RunPath,
    samples: Annotated[
        bool, typer.Option("--samples", metavar="", help="Every sample, however many there are.")
    ] = False,
    sample_id: Annotated[
        str | None,
        typer.Option("--sample", metavar="ID", help="This sample alone, as `rlaif explain` does."),
    ] = None,
) -> None:
    """Show a run.

    Scores by policy, each criterion's answers, what failed and why; every sample of a small run,
    the lowest and the highest of a large one.
    """
    if sample_id is not None:
        print_table(explained_view(explain(folder, sample_id)))
        return
    if is_of_pairs(folder):
        _show_pairs(folder)
        return
    opened = open_run(folder)
    manifest = opened.manifest
    forged = Forgeable(opened)
    summary = summarise(forged.seen(opened.graded_samples()))
    _print_title(manifest)
    turns = kept_thresholds(opened)
    if samples or summary.samples <= _ALL_UP_TO:
        print_table(grades_view(opened.grades(), "Samples", turns))
    else:
        low, high = extremes(opened.grades(), _EXTREMES)
        if low:
            print_table(
                grades_view(low, "Lowest scores", turns), grades_view(high, "Highest scores", turns)
            )
    print_table(summary_view(summary))
    _tell_forgeable(forged)
    _tell_spent(manifest)
    if report := kept_canaries(folder):
        print_table(canaries_view(report))
        if note := stale_note(report, manifest):
            tell(note)
    if summary.missing:
        missing = count_of(summary.missing, "sample")
        tell(f"{missing} not graded yet: start `rlaif grade` again.")


def _show_pairs(folder: Path) -> None:
    """The same of a run of pairs."""
    opened = open_pairs(folder)
    forged = Forgeable(opened)
    summary = summarise_pairs(forged.seen(opened.compared_pairs()))
    _print_title(opened.manifest)
    print_table(pairs_view(summary))
    _tell_forgeable(forged)
    _tell_spent(opened.manifest)
    if summary.missing:
        tell(f"{count_of(summary.missing, 'pair')} not compared yet: start `rlaif compare` again.")


def _tell_forgeable(forged: Forgeable) -> None:
    if forged.ids:
        tell(f"Forgeable, as the policy's code runs beside the tests: {', '.join(forged.ids)}.")


def _tell_spent(manifest: Manifest) -> None:
    """What the judge computed and cost in all jobs, and what was remembered."""
    for text in spent_lines(manifest.spent):
        tell(f"{text[:1].upper()}{text[1:]}.")


def _print_title(manifest: Manifest) -> None:
    if manifest.rubric and manifest.judge:
        judge = f"{manifest.judge.name} {manifest.judge.version}"
        title = f"{manifest.rubric.name} {manifest.rubric.version}, judged by {judge}\n"
        print_table(Text(title, style="bold"))
