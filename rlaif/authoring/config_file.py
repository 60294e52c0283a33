"""Any YAML file that states one record -> the record, or every problem at its line and column."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from rlaif.authoring.document import read_document
from rlaif.authoring.nodes import data
from rlaif.authoring.problems import problems_of
from rlaif.errors import FileProblems

M = TypeVar("M")


def read_config(
    path: str | Path,
    model: TypeAdapter[M],
    parts: Mapping[str, type[BaseModel]],
    text: str | None = None,
) -> M:
    """The record that a file states, or `text` as its content.

    Args: `parts`: the record behind each part of the file, so that an unknown key is told with the
    ones that are known there: the empty name is the file's own, others are the keys that lead to
    them (`length`), or `<tag>` for one of several forms.
    Raises: FileProblems with every problem of the file.
    """
    document = read_document(Path(path), text)
    problems = list(document.problems)
    if document.root is not None:
        try:
            made = model.validate_python(data(document.root))
        except ValidationError as error:
            problems += problems_of(error, document.root, str(path), parts)
        else:
            if not problems:
                return made
    raise FileProblems(sorted({*problems}))
