"""Solutions that come with programming problems: the first in Python 3, as it can be run alone."""

from __future__ import annotations

import re
import sys
import typing
from typing import Any

from rlaif.authoring.importers.fields import Row, unpacked
from rlaif.authoring.importers.imported import BadRow, Tally
from rlaif.authoring.importers.python_source import module, unbound

_PYTHON_3 = (3, "3", "PYTHON3", "python3", "Python3", "python", "py")
"""How data sets call the language: a number, or a word."""

_MOST_TRIED = 20
"""Solutions that are looked at until one is Python 3."""

_NO_PYTHON = "rows with solutions, none of which is Python 3"
_FURTHER = "further solutions, which were left out"
_NAME = re.compile(r"(?<![\w.])[A-Z]\w*")


def python_solution(row: Row, tally: Tally) -> str | None:
    """The first of `solutions` that is Python 3; the others are counted. Raises: BadRow."""
    found = _solutions(row)
    for one in found[:_MOST_TRIED]:
        try:
            module(one, "a solution")
        except BadRow:
            continue
        tally.notes[_FURTHER] += len(found) - 1
        return _with_imports(one)
    tally.notes[_NO_PYTHON] += bool(found)
    return None


def with_typing(starter: str) -> str:
    """The code that is to be begun with, and the import of the names of types in it.

    It may have no body yet, and so be no Python.
    """
    if "import" in starter:
        return starter
    wanted = sorted(set(_NAME.findall(starter)) & set(typing.__all__))
    return f"from typing import {', '.join(wanted)}\n\n{starter}" if wanted else starter


def _with_imports(code: str) -> str:
    """`code` with the imports that its data set's own runner puts before every solution."""
    missing = unbound(code)
    types = [name for name in missing if name in typing.__all__]
    head = [f"import {name}" for name in missing if name in sys.stdlib_module_names]
    head += [f"from typing import {', '.join(types)}"] if types else []
    return "\n".join([*head, "", code]) if head else code


def _solutions(row: Row) -> list[str]:
    value: Any = unpacked(row.get("solutions"), "solutions")
    if isinstance(value, dict):
        kinds, texts = value.get("language"), value.get("solution")
        if not isinstance(kinds, list) or not isinstance(texts, list):
            raise BadRow("'solutions' must be a list of texts, or {language: [], solution: []}")
        value = [one for kind, one in zip(kinds, texts, strict=False) if kind in _PYTHON_3]
    if isinstance(value, str):
        value = [value]
    if value is not None and not isinstance(value, list):
        raise BadRow("'solutions' must be a list of texts, or {language: [], solution: []}")
    return [one for one in value or () if isinstance(one, str) and one.strip()]
