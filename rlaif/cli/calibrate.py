"""`rlaif calibrate`."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import orjson
import typer

from rlaif.cli.calibrate_costs import costs_of
from rlaif.cli.console import print_table, tell
from rlaif.cli.options import RunPath
from rlaif.errors import InputError
from rlaif.records.calibrated import CalibrationOrder
from rlaif.records.calibration import METHODS, Method
from rlaif.reporting.calibration import calibrated_lines, calibrated_rows, probed_lines
from rlaif.reporting.calibration_pairs import pairs_lines, pairs_row
from rlaif.reporting.sheet import Line, Sheet
from rlaif.reporting.text import count_of
from rlaif.runs.calibrate import Calibrating, CalibrationReport, calibrate
from rlaif.runs.calibrate_labels import Split
from rlaif.runs.calibrate_pairs import calibrate_pairs
from rlaif.storage.pair_folder import is_of_pairs


class Formats(StrEnum):
    """How the figures are told."""

    text = "text"
    json = "json"


class Methods(StrEnum):
    """How probabilities are mapped."""

    auto = "auto"
    none = "none"
    temperature = "temperature"
    platt = "platt"
    isotonic = "isotonic"


def run(
    folder: RunPath,
    labels: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="LABELS...",
            help="People's answers, corrections or preferences, JSON lines. A run of pairs may "
            "have them itself (human).",
            show_default=False,
        ),
    ] = None,
    *,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The new judge file.")],
    judge: Annotated[
        str | None,
        typer.Option(
            "--judge",
            "-j",
            metavar="JUDGE",
            help="The file of the judge that graded the run, whose comments are kept. If not "
            "given, the shipped one of that name, or what the run keeps.",
        ),
    ] = None,
    method: Annotated[
        Methods,
        typer.Option(
            "--method",
            metavar="METHOD",
            help="auto: whichever does best by cross-validation, or none; none: thresholds alone; "
            "temperature; platt; isotonic. Levels and choices take temperature alone.",
        ),
    ] = Methods.auto,
    cost: Annotated[
        list[str] | None,
        typer.Option(
            "--cost",
            metavar="COST",
            help="What a wrong answer costs: false-yes=5, or CRITERION:false-yes=5; false-no. The "
            "threshold of yes is chosen by it.",
        ),
    ] = None,
    share: Annotated[
        float,
        typer.Option("--share", metavar="S", help="Share of the prompts to fit on, in (0, 1)."),
    ] = 0.5,
    seed: Annotated[
        int, typer.Option("--seed", min=0, metavar="N", help="Of the split and the intervals.")
    ] = 0,
    least: Annotated[
        int,
        typer.Option(
            "--least", min=2, metavar="N", help="Labels of yes, and of no, to fit a criterion on."
        ),
    ] = 10,
    others: Annotated[
        bool,
        typer.Option(
            "--others",
            metavar="",
            help="Also one map for all yes/no criteria without a map of their own.",
        ),
    ] = False,
    resamples: Annotated[
        int, typer.Option("--resamples", min=100, metavar="N", help="Draws for the intervals.")
    ] = 1000,
    probe: Annotated[
        bool,
        typer.Option(
            "--probe",
            metavar="",
            help="Also measure what a regression reads from the judge's hidden states "
            "(backend: transformers). Nothing of it is written.",
        ),
    ] = False,
    refit: Annotated[
        bool, typer.Option("--refit", metavar="", help="Fit again on the same labels.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", metavar="", help="Write over FILE, if it is there.")
    ] = False,
    format_: Annotated[
        Formats, typer.Option("--format", metavar="text|json", help="Of the figures.")
    ] = Formats.text,
) -> None:
    """Learn from people's answers what a judge's probabilities mean, into a new judge file.

    Half of the prompts fit a map for each criterion; the others, which it has not seen, measure the
    judge before and after. The new judge grades the run again without asking anything: verdicts are
    kept as they were given. Of a run of pairs one map of the whole preference is fitted. Exit
    status 1 when nothing was written.
    """
    every, by_criterion = costs_of(cost or ())
    chosen: dict[str, Method] = {name: name for name in METHODS}
    order = CalibrationOrder(chosen.get(method.value), every, least, seed, resamples)
    wanted = Calibrating(
        run=folder,
        labels=tuple(labels or ()),
        out=out,
        judge=judge,
        split=Split(seed, share),
        order=order,
        costs=by_criterion,
        others=others,
        probe=probe,
        refit=refit,
        force=force,
    )
    as_json = format_ is Formats.json
    version = _of_pairs(wanted, as_json) if is_of_pairs(folder) else _of_grades(wanted, as_json)
    if not version:
        raise typer.Exit(1)


def _of_grades(wanted: Calibrating, as_json: bool) -> str:
    """The version of the file that was written; empty where none was."""
    if not wanted.labels:
        raise InputError("LABELS are missing: whose answers is the judge to be fitted on?")
    found = calibrate(wanted)
    if as_json:
        tell(_json(found))
    else:
        _show(found)
    return found.version


def _of_pairs(wanted: Calibrating, as_json: bool) -> str:
    found = calibrate_pairs(wanted)
    if as_json:
        tell(orjson.dumps(pairs_row(found), option=orjson.OPT_INDENT_2).decode())
        return found.version
    print_table(Sheet(list(pairs_lines(found))))
    if found.version:
        tell(f"\n{found.out}: version {found.version}. To read the run by it, compare once more:")
        tell(f"  rlaif compare RUBRIC PAIRS --judge {found.out} --out {found.run}")
        tell("The verdicts are there: nothing is asked.")
    else:
        tell("\nNothing was written: the preferences stay as they are.")
    return found.version


def _show(found: CalibrationReport) -> None:
    labels, split = found.collected, found.split
    head = f"{found.judge} on {found.rubric}"
    people = "1 person" if labels.annotators == 1 else f"{labels.annotators} people"
    lines = [
        Line(head, f"{count_of(labels.answers, 'answer')} of {people}"),
        Line(f"fitted on {split.share:.0%} of the prompts, measured on the others", depth=1),
    ]
    if labels.unknown:
        told = f"{count_of(labels.unknown, 'labelled sample')} of other runs left out"
        lines.append(Line(told, depth=1))
    if labels.unanswered:
        told = f"{count_of(labels.unanswered, 'answer')} left out: the judge gave none, or it or"
        lines.append(Line(f"{told} the person said that the question does not apply", depth=1))
    print_table(Sheet([*lines, *calibrated_lines(found.criteria), *probed_lines(found.probed)]))
    if found.version:
        tell(f"\n{found.out}: version {found.version}. To score the run by it, unasked:")
        tell(f"  rlaif rescore {found.run} --judge {found.out}")
    else:
        tell("\nNothing was written: no criterion was calibrated.")


def _json(found: CalibrationReport) -> str:
    labels = found.collected
    row = {
        "run": found.run,
        "judge": found.judge,
        "rubric": found.rubric,
        "out": found.out if found.version else None,
        "version": found.version or None,
        "seed": found.split.seed,
        "share": found.split.share,
        "answers": labels.answers,
        "annotators": labels.annotators,
        "samples": labels.samples,
        "unknown_samples": labels.unknown,
        "unanswered": labels.unanswered,
        "labels": labels.digest,
        "criteria": calibrated_rows(found.criteria),
        "probed": [asdict(one) for one in found.probed],
    }
    return orjson.dumps(row, option=orjson.OPT_INDENT_2).decode()
