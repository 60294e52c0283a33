"""A rubric file -> a Rubric, or every problem that it has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path as FilePath

from pydantic import BaseModel, ValidationError

from rlaif.authoring.document import Document, read_document
from rlaif.authoring.including import ITEM_MODELS, resolve
from rlaif.authoring.nodes import Mapping, data
from rlaif.authoring.problems import problems_of
from rlaif.authoring.shipped import find_rubric
from rlaif.authoring.sound_parts import further_problems
from rlaif.errors import FileProblems, Problem
from rlaif.records.rubric import Example, Prescreen, Rubric

_MODELS: dict[str, type[BaseModel]] = {"": Rubric, "examples": Example, "prescreen": Prescreen}
_NOT_A_RUBRIC = {"judge": "a judge", "shared": "a file of shared criteria"}


@dataclass(frozen=True, slots=True)
class RubricFile:
    """What became of a rubric file: the rubric, or None and the problems."""

    path: str
    text: str
    document: Document
    rubric: Rubric | None
    problems: tuple[Problem, ...]
    included: tuple[FilePath, ...] = ()
    """The files whose criteria it includes, and the files and folders that its checks name."""


def load_rubric(name_or_path: str | FilePath) -> Rubric:
    """The rubric of a shipped name or a file.

    Raises: UnknownName; FileProblems with every problem of the file.
    """
    read = read_rubric(find_rubric(name_or_path))
    if read.rubric is None:
        raise FileProblems(read.problems)
    return read.rubric


def read_rubric(path: str | FilePath, text: str | None = None) -> RubricFile:
    """Read a rubric file, or `text` as its content; problems are sorted by line and column."""
    return rubric_of(read_document(FilePath(path), text))


def rubric_of(document: Document) -> RubricFile:
    """What a parsed file says, as a rubric; criteria that it includes are read from their files."""
    if document.root is None:
        return RubricFile(document.path, document.text, document, None, document.problems)
    resolved = resolve(document.root, FilePath(document.path))
    rubric, found = _validate(resolved.root, document.path)
    problems = tuple(sorted({*document.problems, *resolved.problems, *found}))
    kept = None if problems else rubric
    return RubricFile(document.path, document.text, document, kept, problems, resolved.files)


def _validate(root: Mapping, path: str) -> tuple[Rubric | None, list[Problem]]:
    for kind in ("judge", "shared"):
        if "rubric" not in root.keys and kind in root.keys:
            key = root.keys[kind]
            message = f"this is {_NOT_A_RUBRIC[kind]}, not a rubric"
            return None, [Problem(path, key.line, key.column, message)]
    try:
        rubric = Rubric.model_validate(data(root))
    except ValidationError as error:
        found = problems_of(error, root, path, ITEM_MODELS | _MODELS)
        return None, [*found, *further_problems(root, path, found)]
    return rubric, []
