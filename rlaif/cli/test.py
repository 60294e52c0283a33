"""`rlaif test`."""

from __future__ import annotations

from typing import Annotated

import typer

from rlaif.authoring.judge_file import load_judge
from rlaif.cli.console import tell
from rlaif.cli.options import JudgeName
from rlaif.records.judge import Judge
from rlaif.runs.examples import ExamplesReport, try_examples
from rlaif.runs.files import rubric_and_text


def run(
    rubrics: Annotated[
        list[str], typer.Argument(metavar="RUBRIC", help="Rubric files, or shipped names.")
    ],
    judge: JudgeName = None,
) -> None:
    """Test rubrics on their own examples.

    Checks and the arithmetic are always tried; the judged criteria only with --judge. Exit
    status 1 when a label is not met.
    """
    chosen = load_judge(judge) if judge is not None else None
    reports = [try_examples(rubric_and_text(name)[0], chosen) for name in rubrics]
    for report in reports:
        _print(report, chosen)
    if any(report.findings for report in reports):
        raise typer.Exit(1)


def _print(report: ExamplesReport, judge: Judge | None) -> None:
    tell(f"{report.rubric}: {report.examples} examples")
    for finding in report.findings:
        why = f": {finding.why}" if finding.why else ""
        tell(
            f"  example {finding.example}, {finding.criterion}: labelled {finding.expected}, "
            f"got {finding.got}{why}"
        )
    if report.checks:
        met = report.checks - report.failed_checks
        tell(f"  checks: {met} of {report.checks} labels met")
    if judge:
        tell(f"  {judge.name}: {report.agreed} of {report.judged} labels met")
    elif report.not_asked:
        tell(f"  not asked, for want of --judge: {report.not_asked} labels of judged criteria")
    scores = [f"{s.score:.2f}" if s and s.score is not None else "-" for s in report.scores]
    tell(f"  scores by the labels: {' '.join(scores)}")
