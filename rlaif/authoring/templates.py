"""The template that a judge file names, with those beside it in other languages."""

from __future__ import annotations

import glob
import re
from pathlib import Path

from rlaif.authoring.reading import read_text
from rlaif.authoring.shipped import is_path, shipped_folder
from rlaif.errors import FileProblems, Problem

MOST_TEMPLATE_BYTES = 256 * 1024
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
"""A language in a file's name, as a BCP 47 tag."""


def templates_of(name: str, folder: Path) -> tuple[str, tuple[tuple[str, str], ...]]:
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
