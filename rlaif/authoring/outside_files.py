"""What checks on code name beside the rubric file, in the place of its name.

`cases_file`, `tests_file` and `repository` are read when the rubric is read, and then stand in the
tree as `cases`, `tests` and `files`: whatever reads a rubric sees one whole, and its hash covers
it. What is at fault in such a file is named there, in its own line.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ValidationError

from rlaif.authoring.case_rows import read_cases
from rlaif.authoring.events import MOST_NODES
from rlaif.authoring.nodes import Key, Listing, Mapping, Node, Scalar, count, data, moved
from rlaif.authoring.problems import problems_of
from rlaif.authoring.reading import read_text
from rlaif.authoring.signs import code_point, has_control_sign
from rlaif.authoring.under_folder import file_under, folder_under
from rlaif.errors import FileProblems, Problem
from rlaif.records.base import Check
from rlaif.records.code import Program, PythonFunction
from rlaif.records.code_cases import FunctionCase, ProgramCase
from rlaif.records.code_fields import MOST_FILES, path_fault
from rlaif.records.python_text import NotPython, parsed

MOST_BYTES = 5 * 2**20
"""Bytes of all files of one repository."""

_UNREAD = Scalar("", 0, 0, 0, 0, broken=True)
"""Stands for what could not be read."""

_CASES: dict[str, tuple[type[Check], type[BaseModel]]] = {
    "python_function": (PythonFunction, FunctionCase),
    "program": (Program, ProgramCase),
}
_CACHES = frozenset(("__pycache__", ".git", ".pytest_cache", ".mypy_cache", ".ruff_cache"))
"""Folders of a repository that no test needs."""


class Resolved(NamedTuple):
    """A file's tree with everything that it names, and what went wrong on the way."""

    root: Mapping
    problems: list[Problem]
    files: tuple[Path, ...] = ()
    """The files and folders that were read, each once."""


def with_outside_files(root: Mapping, path: Path) -> Resolved:
    """The tree of the file at `path` with what its checks name. Raises nothing."""
    reading = _Reading(path)
    resolved = reading.with_criteria(root)
    return Resolved(resolved, reading.problems, tuple(dict.fromkeys(reading.files)))


class _Reading:
    """Reads for one rubric file; knows what it has read, and what was wrong."""

    def __init__(self, path: Path) -> None:
        self.problems: list[Problem] = []
        self.files: list[Path] = []
        self._path = path
        self._nodes = 0

    def with_criteria(self, node: Mapping) -> Mapping:
        """The file's tree, or a section's, with what the checks in it name."""
        listing = node.values.get("criteria")
        if not isinstance(listing, Listing):
            return node
        items = [self._item(item) if isinstance(item, Mapping) else item for item in listing.items]
        return node._replace(values={**node.values, "criteria": listing._replace(items=items)})

    def _item(self, item: Mapping) -> Mapping:
        check = item.values.get("check")
        name = str(check.value) if isinstance(check, Scalar) else ""
        if name in _CASES and _named(item, "cases_file"):
            return self._with_cases(item, name)
        if name == "python_tests" and _named(item, "tests_file") and "tests" not in item.keys:
            return self._with_tests(item)
        if name == "pytest_repo" and _named(item, "repository") and "files" not in item.keys:
            return self._with_files(item)
        return self.with_criteria(item)

    def _problem(self, node: Node, message: str, hint: str = "") -> None:
        self.problems.append(Problem(str(self._path), node.line, node.column, message, hint))

    def _opened(self, node: Node, hint: str) -> Path | None:
        """The file that a key names."""
        file = file_under(str(data(node)), self._path.parent)
        if isinstance(file, str):
            self._problem(node, file, hint)
            return None
        self.files.append(file)
        return file

    def _with_cases(self, item: Mapping, check: str) -> Mapping:
        named = item.values["cases_file"]
        own = item.values.get("cases", Listing([], named.line, named.column))
        if not isinstance(own, Listing):
            return _replaced(item, "cases_file", "cases", own)
        file = self._opened(named, "cases_file: cases.jsonl, under the folder of this file")
        cases = self._cases(file, item, check) if file is not None else None
        rows = [moved(case, named.line, named.column) for case in cases or ()] or [_UNREAD]
        return _replaced(item, "cases_file", "cases", own._replace(items=[*own.items, *rows]))

    def _cases(self, file: Path, item: Mapping, check: str) -> list[Node] | None:
        """The sound cases of a file; None where one of them is at fault."""
        rows = read_cases(file)
        listing = Listing(rows.cases, 1, 1)
        found = [*rows.problems, *_case_problems(listing, "function" in item.keys, check, file)]
        self._nodes += count(listing)
        if not found and self._nodes > MOST_NODES:
            message = f"the cases of this file make more than {MOST_NODES} entries"
            found = [Problem(str(file), 0, 0, message, "fewer cases, or values as text of Python")]
        self.problems += sorted(found)
        return None if found else rows.cases

    def _with_tests(self, item: Mapping) -> Mapping:
        named = item.values["tests_file"]
        file = self._opened(named, "tests_file: test_solve.py, under the folder of this file")
        text = self._python(file) if file is not None else None
        tests = _UNREAD if text is None else Scalar(text, named.line, named.column, 0, 0)
        return _replaced(item, "tests_file", "tests", tests)

    def _python(self, file: Path) -> str | None:
        """The text of a Python file; None where it is none."""
        try:
            text = _read(file)
            parsed(text.rstrip() + "\n")
        except FileProblems as refused:
            self.problems += refused.problems
        except NotPython as error:
            self.problems.append(Problem(str(file), error.line, min(error.line, 1), str(error)))
        else:
            return text
        return None

    def _with_files(self, item: Mapping) -> Mapping:
        named = item.values["repository"]
        folder = folder_under(str(data(named)), self._path.parent)
        texts: dict[str, str] | None = None
        if isinstance(folder, str):
            self._problem(named, folder, "repository: task/repo, a folder beside this file")
        else:
            texts = self._texts(folder, named)
        if texts is None:
            return _replaced(item, "repository", "files", _UNREAD)
        at = (named.line, named.column)
        keys = {path: Key(path, *at) for path in texts}
        values: dict[str, Node] = {path: Scalar(text, *at, 0, 0) for path, text in texts.items()}
        return _replaced(item, "repository", "files", Mapping(keys, values, *at, []))

    def _texts(self, folder: Path, named: Node) -> dict[str, str] | None:
        """The files of a repository by path; None where one of them is at fault."""
        before = len(self.problems)
        texts: dict[str, str] = {}
        size = 0
        for file in _files(folder):
            path = file.relative_to(folder).as_posix()
            why = _kind_fault(file) or path_fault(path)
            if why:
                self.problems.append(Problem(str(file), 0, 0, why))
                continue
            try:
                texts[path] = _read(file)
            except FileProblems as refused:
                self.problems += refused.problems
                continue
            size += len(texts[path].encode())
            if len(texts) > MOST_FILES or size > MOST_BYTES:
                most = f"{MOST_FILES} files or {MOST_BYTES // 2**20} MiB"
                hint = "leave out what the tests do not need"
                self._problem(named, f"the repository holds more than {most}", hint)
                return None
        self.files.append(folder)
        if not texts and len(self.problems) == before:
            self._problem(named, "there is no file in this folder", "name the folder of the tests")
        return texts if len(self.problems) == before else None


def _named(item: Mapping, key: str) -> bool:
    value = item.values.get(key)
    return isinstance(value, Scalar) and bool(value.value.strip()) and not value.broken


def _replaced(item: Mapping, old: str, new: str, value: Node) -> Mapping:
    """The check with `new: value` in the place of the key `old`, or where `new` stands already."""
    key = item.keys.get(new) or item.keys[old]._replace(text=new)
    kept = [name for name in item.keys if name != new or old not in item.keys]
    names = [new if name == old else name for name in kept]
    keys = {name: key if name == new else item.keys[name] for name in names}
    values = {name: value if name == new else item.values[name] for name in names}
    return item._replace(keys=keys, values=values)


def _case_problems(
    listing: Listing, has_function: bool, check: str, file: Path
) -> Sequence[Problem]:
    """What is wrong with the cases of a file, as the check that names it would say it."""
    model, case = _CASES[check]
    named = {"language": "python"} if model is Program else {}
    named |= {"function": "solve"} if has_function and model is PythonFunction else {}
    try:
        model.model_validate({"check": check, **named, "cases": data(listing)})
    except ValidationError as error:
        root = Mapping({"cases": Key("cases", 0, 0)}, {"cases": listing}, 0, 0, [])
        return problems_of(error, root, str(file), {"cases": case}) if listing.items else ()
    return ()


def _read(file: Path) -> str:
    """The text of a file that a rubric file can hold. Raises: FileProblems."""
    text = read_text(file)
    sign = has_control_sign(text)
    if sign is None:
        return text
    start = text.index(sign)
    line = text.count("\n", 0, start) + 1
    column = start - text.rfind("\n", 0, start)
    message = f"the control character {code_point(sign)} stands here"
    raise FileProblems([Problem(str(file), line, column, message, "delete it, or write an escape")])


def _files(folder: Path) -> Iterator[Path]:
    """What lies below a folder, by name, without caches; no link is entered."""
    for place, folders, names in os.walk(folder):
        links = [name for name in folders if Path(place, name).is_symlink()]
        folders[:] = sorted(name for name in folders if name not in _CACHES and name not in links)
        yield from (Path(place, name) for name in sorted([*names, *links]))


def _kind_fault(file: Path) -> str:
    mode = file.lstat().st_mode
    if stat.S_ISLNK(mode):
        return "a repository cannot hold a link"
    return "" if stat.S_ISREG(mode) else "this is a pipe, socket or device, not a file"
