"""The fields of checks on code and of their cases: what may stand in each, said at its place."""

from __future__ import annotations

import builtins
import enum
import keyword
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from rlaif.records.base import Fault, fault, nearest, refuse
from rlaif.records.calls import DEEPEST, NotPlain, literal, parsed_call
from rlaif.records.written import Free, Number, Text, Whole, Words

MOST_CASES = 5000
"""Cases of one check: as many entries as a list of a rubric file has at most."""

MOST_FILES = 2000
"""Files of one case, or of a repository."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_MOST_DIGITS = 39
_TOO_LARGE = 10**_MOST_DIGITS
_LONGEST_PATH = 200


class Nothing(enum.Enum):
    """A key that a file does not have, where `null` would be a value."""

    GIVEN = "nothing"


NOTHING = Nothing.GIVEN

TimeLimit = Annotated[Number, Field(gt=0, le=600)]
"""Seconds of wall clock."""

MemoryLimit = Annotated[Whole, Field(ge=16, le=65536)]
"""Mebibytes."""

Tolerance = Annotated[Number, Field(ge=0)]


def _call(text: str) -> str:
    try:
        parsed_call(text)
    except NotPlain as error:
        raise fault(str(error), _CALL_HINT) from error
    return text


_CALL_HINT = "a name with literals in brackets, such as solve(1, [2, 3]) or Stack().push(1)"


def _literal(text: str) -> str:
    try:
        literal(text)
    except NotPlain as error:
        raise fault(str(error), "a Python literal, such as (1, 2), {3} or b'ab'") from error
    return text


def _identifier(text: str) -> str:
    if not text.isidentifier() or keyword.iskeyword(text):
        raise fault(f"'{text[:60]}' cannot be the name of a function", "a name such as solve")
    return text


def _exceptions() -> Iterator[str]:
    for name, kind in vars(builtins).items():
        if isinstance(kind, type) and issubclass(kind, Exception) and kind.__name__ == name:
            yield name


EXCEPTIONS = tuple(sorted(_exceptions()))
"""The names of Python's own exceptions."""


def _exception(text: str) -> str:
    if text not in EXCEPTIONS:
        hint = nearest(text[:100], EXCEPTIONS)
        hint = hint if hint.startswith("did") else "for example ValueError, KeyError, Exception"
        raise fault(f"'{text[:60]}' is none of Python's own exceptions", hint)
    return text


def path_fault(path: str) -> str:
    """Why a path cannot stand for a file in the scratch folder; empty where it can."""
    parts = path.split("/")
    if not path.strip():
        return "a path must not be empty"
    if len(path) > _LONGEST_PATH:
        return f"a path of {len(path)} characters is too long"
    if "\\" in path or "\0" in path:
        return f"the path '{path[:60]}' holds a backslash or a NUL"
    if PurePosixPath(path).is_absolute() or any(part in ("", ".", "..") for part in parts):
        return f"the path '{path[:60]}' does not lie below the scratch folder"
    return ""


_PATH_HINT = "a path such as data/input.txt: no '/' at its ends, no '..', no backslash"


def _path(path: str) -> str:
    why = path_fault(path)
    if why:
        raise fault(why, _PATH_HINT)
    return path


def _paths(files: dict[str, str]) -> dict[str, str]:
    faults = [Fault((path,), why, _PATH_HINT) for path in files if (why := path_fault(path))]
    taken = {str(parent) for path in files for parent in PurePosixPath(path).parents}
    faults += [
        Fault((path,), f"'{path[:60]}' is a file here, and a folder of another path")
        for path in files
        if path in taken
    ]
    if len(files) > MOST_FILES:
        faults.append(Fault((), f"{len(files)} files are too many", f"{MOST_FILES} at most"))
    refuse(faults)
    return files


def _parts(value: Any, depth: int = 0) -> Iterator[tuple[Any, int]]:
    """What a value holds, itself and its keys included, each with its depth."""
    yield value, depth
    inner = value if isinstance(value, list) else []
    if isinstance(value, dict):
        inner = [*value, *value.values()]
    for part in inner:
        yield from _parts(part, depth + 1)


def _unwritable(value: Any, depth: int) -> str:
    """Why no rubric file can state a part of a value, or no job carry it; empty where they can."""
    if depth > DEEPEST:
        return f"lists and mappings are nested more than {DEEPEST} deep here"
    if isinstance(value, dict) and not all(key.strip() for key in value):
        return "an empty key cannot stand here"
    if isinstance(value, str) and not value.isascii() and _SURROGATE.search(value):
        return "half a character (a lone surrogate) is not text"
    if isinstance(value, int) and abs(value) >= _TOO_LARGE:
        return f"a number of more than {_MOST_DIGITS} digits cannot stand here"
    return ""


def _writable(value: Any) -> Any:
    """Free data, if a file can state it."""
    why = next((found for part in _parts(value) if (found := _unwritable(*part))), "")
    if why:
        raise fault(why, "say it in Python, in 'call' or 'returns_python'")
    return value


Value = Annotated[Free, AfterValidator(_writable)]
"""A value as JSON and YAML know it."""

CallText = Annotated[Words, AfterValidator(_call)]
LiteralText = Annotated[Words, AfterValidator(_literal)]
FunctionName = Annotated[Words, AfterValidator(_identifier)]
ExceptionName = Annotated[Words, AfterValidator(_exception)]
FilePath = Annotated[Text, AfterValidator(_path)]
Files = Annotated[dict[str, Text], AfterValidator(_paths)]
"""Texts by path below a folder, with `/` between its parts."""


def _exit_code(value: Any) -> Any:
    return None if value is None or value in ("any", "null", "~") else value


def _written_exit_code(value: int | None) -> int | str:
    return "any" if value is None else value


ExitCode = Annotated[
    Annotated[Whole, Field(ge=0, le=255)] | None,
    BeforeValidator(_exit_code),
    PlainSerializer(_written_exit_code),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 255}, {"enum": ["any", None]}]}
    ),
]
"""What a program ends with; None, in a file `any`, where it does not matter."""
