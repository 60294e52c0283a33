"""`rlaif export`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from rlaif.cli.console import tell
from rlaif.cli.options import RunPath
from rlaif.errors import InputError
from rlaif.reporting.text import count_of
from rlaif.runs.disagreement import with_variances
from rlaif.storage.export import STANDARD_OUTPUT, export
from rlaif.storage.export_preferences import export_preferences
from rlaif.storage.pair_folder import is_of_pairs, open_pairs
from rlaif.storage.place_names import told
from rlaif.storage.placing import refuse_inside
from rlaif.storage.run_folder import open_run


class Format(StrEnum):
    """How grades are written."""

    jsonl = "jsonl"
    csv = "csv"
    parquet = "parquet"
    dataset = "dataset"


def run(
    folder: RunPath,
    format_: Annotated[Format, typer.Option("--format", help="How.")] = Format.jsonl,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "-o",
            metavar="PATH",
            help="Where, also a URL such as s3://bucket/grades.jsonl; standard output if not "
            "given.",
        ),
    ] = None,
) -> None:
    """Write a run's grades, one row a sample in the order of the input.

    What is not graded yet is left out, and said. A failed grade has a null score and its reason. Of
    a run of pairs, its preferences are written, as JSON lines. `--format dataset` makes a folder
    that Hugging Face's `datasets.load_from_disk` reads.
    """
    destination = STANDARD_OUTPUT if out is None else out
    if destination != STANDARD_OUTPUT:
        refuse_inside(destination, folder)
    of_pairs = is_of_pairs(folder)
    if of_pairs and format_ is not Format.jsonl:
        raise InputError(f"{folder}: preferences are exported as JSON lines: --format jsonl")
    count, missing = (_pairs if of_pairs else _grades)(folder, format_, destination)
    if missing:
        noun, done, command = _WORDS[of_pairs]
        tell(f"{count_of(missing, noun)} not {done} yet: start `rlaif {command}` again", err=True)
    if destination != STANDARD_OUTPUT:
        tell(f"{count_of(count, 'row')} in {told(out or '')}", err=True)


_WORDS = {False: ("sample", "graded", "grade"), True: ("pair", "compared", "compare")}


def _grades(folder: RunPath, format_: Format, destination: str) -> tuple[int, int]:
    """How many rows were written, and how many samples have none yet."""
    opened = open_run(folder)
    count = export(with_variances(opened, opened.grades()), destination, format_.value)
    return count, opened.counts().samples - count


def _pairs(folder: RunPath, _: Format, destination: str) -> tuple[int, int]:
    opened = open_pairs(folder)
    compared = ((pair, found) for pair, found in opened.compared_pairs() if found is not None)
    count = export_preferences(compared, destination)
    return count, opened.counts().samples - count
