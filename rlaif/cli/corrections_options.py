"""What `rlaif corrections` is given."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class As(StrEnum):
    """What corrections are written as."""

    sft = "sft"
    dpo = "dpo"
    kto = "kto"
    judge_sft = "judge-sft"
    rubric_examples = "rubric-examples"
    argilla = "argilla"
    label_studio = "label-studio"
    jsonl = "jsonl"


class From(StrEnum):
    """Tools whose records are read."""

    argilla = "argilla"
    label_studio = "label-studio"
    prodigy = "prodigy"
    csv = "csv"


Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE", help="Corrections as JSON lines, a review file, or a run with one."
    ),
]
Annotators = Annotated[
    list[str] | None,
    typer.Option("--annotator", metavar="NAME", help="Only by this person; repeatable."),
]
AdjudicatedOnly = Annotated[
    bool,
    typer.Option("--adjudicated-only", metavar="", help="Only the last words of an adjudicator."),
]
HeldOut = Annotated[
    float,
    typer.Option(
        "--held-out", metavar="SHARE", help="Share of the prompts kept aside, such as 0.3."
    ),
]
Seed = Annotated[int, typer.Option("--seed", metavar="N", help="Which prompts are kept aside.")]
