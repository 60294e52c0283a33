"""What `rlaif corrections` is given."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

import typer

from rlaif.errors import InputError


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

_ONLY: dict[str, tuple[As, ...]] = {
    "rubric": (As.judge_sft, As.rubric_examples),
    "judge": (As.judge_sft,),
    "accepted_from": (As.sft, As.kto),
    "balanced": (As.judge_sft,),
    "teach": (As.rubric_examples,),
    "into": (As.rubric_examples,),
    "per_criterion": (As.rubric_examples,),
    "longest": (As.rubric_examples,),
    "form": (As.sft, As.dpo, As.kto, As.judge_sft),
}
"""Options that only some forms have."""


def refuse_misplaced(as_: As, given: Mapping[str, object]) -> None:
    """Raises: InputError for an option that `as_` does not have. Args: options by name."""
    for name, kinds in _ONLY.items():
        if given[name] not in (None, False) and as_ not in kinds:
            option = "--format" if name == "form" else f"--{name.replace('_', '-')}"
            forms = " and ".join([", ".join(kinds[:-1])] * (len(kinds) > 1) + [kinds[-1]])
            raise InputError(f"{option} is for --as {forms}, not for {as_.value}")
