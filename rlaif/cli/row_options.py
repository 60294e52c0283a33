"""What the commands that make rows of training data share: options, and the end."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError

from rlaif.cli.console import tell
from rlaif.errors import InputError
from rlaif.records.base import Record
from rlaif.records.refusals import plain_faults
from rlaif.records.row_rules import RowsMade
from rlaif.storage.place_names import told
from rlaif.training.row_words import left_out, number_of

_R = TypeVar("_R", bound=Record)

_ALONE = (
    "every prompt has one completion, and a pair takes two\n"
    "  hint: have the policy answer each prompt several times, such as by "
    "`rlaif rollout --per-prompt 8`, and grade that"
)
_NO_TWO_SCORES = (
    "no prompt has two completions with a score\n"
    "  hint: `rlaif show {0}` says what failed, and `rlaif retry {0}` asks it again"
)


class Form(StrEnum):
    """How rows are kept."""

    jsonl = "jsonl"
    parquet = "parquet"
    dataset = "dataset"


RowsOut = Annotated[
    str,
    typer.Option(
        "--out",
        "-o",
        metavar="PATH",
        help="Where, also a URL such as s3://bucket/rows.jsonl; the card goes beside it.",
    ),
]
RowsFormat = Annotated[
    Form,
    typer.Option(
        "--format", help="How; dataset: a folder that Hugging Face's load_from_disk reads."
    ),
]


def rules_of(record: type[_R], options: Mapping[str, Any]) -> _R:
    """The record that the options state; None is what was not given.

    Raises: InputError with every option at fault, by its name on the command line.
    """
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return record.model_validate(given)
    except ValidationError as error:
        lines = []
        for fault in plain_faults(error):
            hint = f"\n  hint: {fault.hint}" if fault.hint else ""
            lines.append(f"--{str(fault.at[0]).replace('_', '-')}: {fault.message}{hint}")
        raise InputError("\n".join(lines)) from error


def finish(made: RowsMade, run: Path, noun: str, candidate: str = "sample") -> None:
    """Say what was kept and dropped and why; nothing kept is exit status 1.

    Args: what a row is called, and what a candidate is.
    Raises: typer.Exit.
    """
    for note in made.notes:
        tell(note, err=True)
    parts = "; ".join(left_out(made, candidate))
    if not made.kept:
        tell(f"rlaif: no {noun} kept: {_why_none(made, run)}", err=True)
        tell(f"of {number_of(made.candidates, candidate)}: {parts}", err=True)
        raise typer.Exit(1)
    rows, card = (told(path) for path in made.paths)
    tell(f"{number_of(made.kept, noun)} in {rows}, with their card in {card}", err=True)
    kept = f"kept {number_of(made.kept, noun)} of {number_of(made.candidates, candidate)}"
    length = ""
    if made.chosen_longer is not None:
        length = f"; the chosen one is longer in {made.chosen_longer:.0%}"
    whole = f"{kept} and {number_of(made.prompts, 'prompt')}"
    tell(f"{whole}{length}{'; ' if parts else ''}{parts}", err=True)


def _why_none(made: RowsMade, run: Path) -> str:
    if made.prompts_dropped.get("alone", 0) < max(made.prompts, 1):
        return "nothing was written"
    return _ALONE if made.candidates == made.prompts else _NO_TWO_SCORES.format(run)
