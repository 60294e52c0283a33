"""One criterion's own lines in a rubric file: taken out to be edited, and put back in their place.

Every other character of the file stays as it is, comments too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rlaif.authoring.layout_tree import Part, parsed, plain_breaks
from rlaif.authoring.rubric_file import read_rubric
from rlaif.errors import FileProblems, InputError, Problem
from rlaif.records.base import nearest
from rlaif.records.criterion import Item, Section, walk
from rlaif.records.rubric import Rubric

_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Lines:
    r"""Where a criterion stands in a text whose line breaks are all `\n`: [start, end)."""

    start: int
    end: int
    column: int
    """From which column on its lines begin; 0 where it stands in braces."""
    line: int
    """Of its first line, from 1."""
    braced: bool


def criterion_lines(path: Path, text: str, name: str) -> str:
    """The YAML of one criterion, moved to the left margin.

    Raises: FileProblems for a file at fault; InputError for a criterion that does not stand in it.
    """
    _sound(path, text)
    plain = plain_breaks(text)
    at = _found(path, plain, name)
    first, *rest = plain[at.start : at.end].split("\n")
    return "\n".join([first, *(_moved(line, at.column) for line in rest)]).rstrip("\n") + "\n"


def with_criterion(path: Path, text: str, name: str, lines: str) -> tuple[str, list[Problem]]:
    """The file's text with other lines of one criterion; problems, in the lines as they were given.

    Raises: as `criterion_lines`.
    """
    before = _sound(path, text)
    plain = plain_breaks(text)
    at = _found(path, plain, name)
    given = plain_breaks(lines).strip("\n").expandtabs(2) if not at.braced else lines.strip()
    if at.braced != given.startswith("{"):
        braces = "it stands in braces in the file: { id: ..., ask: ... }"
        hint = braces if at.braced else "no braces"
        return text, [Problem(str(path), 1, 1, "not in the form in which it stands", hint)]
    pad = " " * at.column
    first, *rest = given.split("\n")
    put = "\n".join([first, *(f"{pad}{line}" if line.strip() else "" for line in rest)])
    tail = "\n" * plain[at.start : at.end].endswith("\n")
    made = plain[: at.start] + put + tail + plain[at.end :]
    after = read_rubric(path, made)
    problems = [_moved_problem(one, at, given) for one in after.problems]
    if after.rubric is not None:
        problems += _other_faults(path, before, after.rubric, name)
    return made.replace("\n", own_break(text)), problems


def own_break(text: str) -> str:
    """The line break of a text, by its first one."""
    found = _BREAK.search(text)
    return found[0] if found else "\n"


def _sound(path: Path, text: str) -> Rubric:
    read = read_rubric(path, text)
    if read.rubric is None:
        raise FileProblems(read.problems)
    return read.rubric


def _found(path: Path, plain: str, name: str) -> Lines:
    laid = parsed(plain)
    places = dict(_criteria(_value(laid.root, "criteria")))
    if name not in places:
        hint = nearest(name, places) if places else "they stand in files that it includes"
        raise InputError(f"{path}: no criterion '{name}' in this file\n  hint: {hint}")
    part = places[name]
    start = part.entries[0].start if part.is_block else part.start
    line = plain.count("\n", 0, start)
    column = start - (plain.rfind("\n", 0, start) + 1)
    end = part.end
    if part.is_block and plain[end - 1 : end] != "\n":
        end = plain.find("\n", end) + 1 or len(plain)  # with a comment behind its last value
    return Lines(start, end, column if part.is_block else 0, line + 1, not part.is_block)


def _criteria(listed: Part | None) -> Iterator[tuple[str, Part]]:
    for entry in listed.entries if listed is not None and listed.kind == "list" else ():
        name = _value(entry.value, "id")
        if name is not None:
            yield name.value, entry.value
        yield from _criteria(_value(entry.value, "criteria"))


def _value(part: Part, key: str) -> Part | None:
    if part.kind != "map":
        return None
    found = (e.value for e in part.entries if e.key is not None and e.key.value == key)
    return next(found, None)


def _moved(line: str, column: int) -> str:
    """A line moved to the left by so many spaces, or by those that it has."""
    return line[min(column, len(line) - len(line.lstrip(" "))) :]


def _moved_problem(one: Problem, at: Lines, given: str) -> Problem:
    """A problem of the file, at its place in the lines of the criterion if it is in them."""
    line = one.line - at.line + 1
    if not 1 <= line <= given.count("\n") + 1:
        where = f"line {one.line} of the file: " if one.line else ""
        return Problem(one.path, 0, 0, where + one.message, one.hint)
    return Problem(one.path, line, max(1, one.column - at.column), one.message, one.hint)


def _other_faults(path: Path, before: Rubric, after: Rubric, name: str) -> Iterator[Problem]:
    """That the lines say more, or less, than this one criterion."""
    others_kept = _others(before.items, name) == _others(after.items, name)
    if not others_kept or before.model_copy(update={"criteria": after.criteria}) != after:
        message = f"the lines are to be the criterion '{name}' alone"
        hint = "keep its id, and add others in the file itself"
        yield Problem(str(path), 1, 1, message, hint)


def _others(items: tuple[Item, ...], name: str) -> list[object]:
    """Every item but one, in order; of a section what is its own, and the one as its place."""
    return [
        item.as_written(exclude={"criteria"})
        if isinstance(item, Section)
        else name
        if item.id == name
        else item.as_written()
        for item in walk(items)
    ]
