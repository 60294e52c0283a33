"""A judge file -> a Judge with its template's text, or every problem that it has.

A jury or a cascade comes with the judges that it names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import BaseModel, TypeAdapter, ValidationError

from rlaif.authoring.document import Document, read_document
from rlaif.authoring.named_judge import named_judge
from rlaif.authoring.nodes import Mapping, data
from rlaif.authoring.panel_members import members_of, panel_key
from rlaif.authoring.places import find
from rlaif.authoring.problems import problems_of
from rlaif.authoring.shipped import find_judge
from rlaif.authoring.templates import templates_of
from rlaif.errors import FileProblems, Problem
from rlaif.records.backends import BACKENDS
from rlaif.records.calibration import CALIBRATION_PARTS
from rlaif.records.judge import PANELS, AnyJudge, Judge, JudgeSpec
from rlaif.records.judge_base import JudgeBase, JudgeNamed, Labels
from rlaif.records.price import Price

_MODELS: dict[str, type[BaseModel]] = {
    "": JudgeBase,
    "labels": Labels,
    "price": Price,
    **CALIBRATION_PARTS,
    **{f"<{name}>": model for name, model in (BACKENDS | PANELS).items()},
}
_OF_MEMBERS = {name for kind in BACKENDS.values() for name in kind.model_fields} - set(
    JudgeNamed.model_fields
)
"""Keys of judges that have a model."""
_UNKNOWN_KEY = re.compile(r"unknown key '(.*)'")
_SPEC: TypeAdapter[JudgeSpec] = TypeAdapter(JudgeSpec)


@dataclass(frozen=True, slots=True)
class JudgeFile:
    """What became of a judge file: the judge, or None and the problems."""

    path: str
    text: str
    document: Document
    judge: Judge | None
    problems: tuple[Problem, ...]


def load_judge(name_or_path: str | Path) -> Judge:
    """The judge of a shipped name, a file, or `BACKEND:MODEL`; see `named_judge`.

    Raises: UnknownName; FileProblems with every problem of the file; InputError for a backend and
    model that cannot be.
    """
    if isinstance(name_or_path, str) and (judge := named_judge(name_or_path)):
        return judge
    read = read_judge(find_judge(name_or_path))
    if read.judge is None:
        raise FileProblems(read.problems)
    return read.judge


def read_judge(path: str | Path, text: str | None = None) -> JudgeFile:
    """Read a judge file, or `text` as its content; problems are sorted by line and column."""
    return judge_of(read_document(Path(path), text))


def judge_of(document: Document) -> JudgeFile:
    """What a parsed file says, as a judge; of a jury or a cascade with its members."""
    judge, found = _validate(document.root, Path(document.path)) if document.root else (None, [])
    problems = tuple(sorted({*document.problems, *found}))
    kept = None if problems else judge
    return JudgeFile(document.path, document.text, document, kept, problems)


def _validate(root: Mapping, path: Path) -> tuple[Judge | None, list[Problem]]:
    if "judge" not in root.keys and "rubric" in root.keys:
        key = root.keys["rubric"]
        return None, [Problem(str(path), key.line, key.column, "this is a rubric, not a judge")]
    spec, found = _spec(root, path)
    if panel_key(root):
        members, of_members = members_of(root, path, _read_member)
        found += of_members
        return Judge(spec, "", path.resolve().parent, (), members) if spec else None, found
    if not isinstance(spec, JudgeBase):
        return None, found
    return _with_template(spec, root, path)


def _spec(root: Mapping, path: Path) -> tuple[AnyJudge | None, list[Problem]]:
    """What the file states, or all that is wrong with it."""
    try:
        return _SPEC.validate_python(data(root)), []
    except ValidationError as error:
        found = problems_of(error, root, str(path), _MODELS)
    return None, [_of_panel(problem) for problem in found] if panel_key(root) else found


def _of_panel(problem: Problem) -> Problem:
    """The mend of a key that the judges of a panel have, each in its own file."""
    key = _UNKNOWN_KEY.fullmatch(problem.message)
    if key and key[1] in PANELS:
        return replace(problem, hint="a file has 'jury' or 'cascade', not both")
    if key and key[1] in _OF_MEMBERS:
        return replace(problem, hint="it stands in the files of the judges that are named")
    return problem


def _read_member(path: Path) -> tuple[Judge | None, Sequence[Problem]]:
    """A judge that a panel names: one with a model of its own."""
    document = read_document(path)
    if document.root is not None and (key := panel_key(document.root)):
        message = f"this judge is a {key} itself"
        return None, [Problem(str(path), 0, 0, message, "name the judges that it names")]
    read = judge_of(document)
    return read.judge, read.problems


def _with_template(
    spec: JudgeBase, root: Mapping, path: Path
) -> tuple[Judge | None, list[Problem]]:
    """A judge with the text of its template, or what is wrong with that."""
    try:
        template, translations = templates_of(spec.template, path.parent)
    except FileProblems as refused:
        line, column = find(root, ("template",)).position
        why = refused.problems[0]
        return None, [Problem(str(path), line, column, why.message, why.hint)]
    return Judge(spec, template, path.resolve().parent, translations), []
