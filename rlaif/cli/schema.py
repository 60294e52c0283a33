"""`rlaif schema`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import orjson
import typer

from rlaif.authoring.schema import judge_schema, rubric_schema


class Kind(StrEnum):
    """Which files."""

    rubric = "rubric"
    judge = "judge"


def run(
    kind: Annotated[Kind, typer.Argument(help="Of which files.")],
) -> None:
    """Print a JSON Schema (draft 7), for editors and other tools.

    `rlaif init` writes it beside the rubric, and the line by which an editor finds it.
    """
    schema = rubric_schema() if kind is Kind.rubric else judge_schema()
    typer.echo(orjson.dumps(schema, option=orjson.OPT_INDENT_2))
