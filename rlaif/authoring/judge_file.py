"""A judge file -> a Judge with its template's text, or every problem that it has."""

from __future__ import annotations

import glob
import re
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, TypeAdapter, ValidationError

from rlaif.authoring.document import Document, read_document
from rlaif.authoring.nodes import Mapping, data
from rlaif.authoring.places import find
from rlaif.authoring.problems import problems_of
from rlaif.authoring.reading import read_text
from rlaif.authoring.shipped import find_judge, is_path, shipped_folder
from rlaif.errors import FileProblems, Problem
from rlaif.records.backends import BACKENDS
from rlaif.records.judge import Judge, JudgeSpec
from rlaif.records.judge_base import JudgeBase, Labels

MOST_TEMPLATE_BYTES = 256 * 1024
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
"""A language in a file's name, as a BCP 47 tag."""

_MODELS: dict[str, type[BaseModel]] = {
    "": JudgeBase,
    "labels": Labels,
    **{f"<{name}>": model for name, model in BACKENDS.items()},
}
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
    """The judge of a shipped name or a file, with its template.

    Raises: UnknownName; FileProblems with every problem of the file.
    """
    read = read_judge(find_judge(name_or_path))
    if read.judge is None:
        raise FileProblems(read.problems)
    return read.judge


def read_judge(path: str | Path, text: str | None = None) -> JudgeFile:
    """Read a judge file, or `text` as its content; problems are sorted by line and column."""
    return judge_of(read_document(Path(path), text))


def judge_of(document: Document) -> JudgeFile:
    """What a parsed file says, as a judge."""
    judge, found = _validate(document.root, Path(document.path)) if document.root else (None, [])
    problems = tuple(sorted({*document.problems, *found}))
    kept = None if problems else judge
    return JudgeFile(document.path, document.text, document, kept, problems)


def _validate(root: Mapping, path: Path) -> tuple[Judge | None, list[Problem]]:
    if "judge" not in root.keys and "rubric" in root.keys:
        key = root.keys["rubric"]
        return None, [Problem(str(path), key.line, key.column, "this is a rubric, not a judge")]
    try:
        spec = _SPEC.validate_python(data(root))
    except ValidationError as error:
        return None, problems_of(error, root, str(path), _MODELS)
    try:
        template, translations = _templates(spec.template, path.parent)
    except FileProblems as refused:
        line, column = find(root, ("template",)).position
        why = refused.problems[0]
        return None, [Problem(str(path), line, column, why.message, why.hint)]
    return Judge(spec, template, path.resolve().parent, translations), []


def _templates(name: str, folder: Path) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The text of a template, and of those beside it in other languages, by their tag.

    `default.de.jinja2` is `default.jinja2` in German. Raises: FileProblems.
    """
    path = _template(name, folder)
    stem, suffix = path.name.removesuffix(path.suffix), path.suffix
    found = []
    for other in sorted(path.parent.glob(f"{glob.escape(stem)}.*{suffix}")):
        tag = other.name.removeprefix(f"{stem}.").removesuffix(suffix)
        if _TAG.fullmatch(tag):
            found.append((tag.lower(), _text(other.name, _template(other.name, path.parent))))
    return _text(name, path), tuple(found)


def _template(name: str, folder: Path) -> Path:
    """The file of a template beside the judge file, or else among the shipped ones.

    Raises: FileProblems when there is none, or it is not a small regular text file inside that
    folder. Shipped files are ours: an installer may have made links of them.
    """
    given = Path(name)
    if given.is_absolute() or ".." in given.parts or "\0" in name:
        raise _refused(name, "a template lies in the folder of its judge file", "give its name")
    beside, shipped = folder / given, shipped_folder("judges") / given
    if is_path(beside):
        inside = beside.resolve().is_relative_to(folder.resolve())
        if not inside and beside.parent.resolve() != shipped.parent.resolve():
            raise _refused(name, f"the template '{name}' is a link that leads out of its folder")
        return beside
    if is_path(shipped):
        return shipped
    known = ", ".join(
        path.name for path in sorted(shipped_folder("judges").glob("default*.jinja2"))
    )
    raise _refused(
        name,
        f"there is no template '{name}'",
        f"put it beside the judge file{f', or name one that ships: {known}' if known else ''}",
    )


def _text(name: str, path: Path) -> str:
    try:
        return read_text(path, MOST_TEMPLATE_BYTES)
    except FileProblems as refused:
        problem = refused.problems[0]
        raise _refused(name, f"the template '{name}': {problem.message}", problem.hint) from refused


def _refused(name: str, message: str, hint: str = "") -> FileProblems:
    return FileProblems([Problem(name, 0, 0, message, hint)])
