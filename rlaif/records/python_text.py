"""Python that an expert writes into a file: held to Python's syntax, never run here."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, NamedTuple

from pydantic import AfterValidator

from rlaif.records.base import fault
from rlaif.records.syntax_tree import syntax_tree
from rlaif.records.written import Words

LONGEST_TEXT = 500_000
"""Characters of one text of Python."""


class NotPython(ValueError):
    """A text that is no Python: why, and in which of its lines (from 1; 0: no one line)."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


@lru_cache(maxsize=64)
def parsed(text: str) -> ast.Module:
    """The syntax tree of a text. Raises: NotPython."""
    if len(text) > LONGEST_TEXT:
        raise NotPython(f"{len(text)} characters of Python are too many")
    try:
        tree = syntax_tree(text)
    except (RecursionError, MemoryError) as error:
        raise NotPython("the Python is nested too deep") from error
    except SyntaxError as error:
        raise NotPython(f"this is not Python: {error.msg}", error.lineno or 0) from error
    except ValueError as error:
        raise NotPython(f"this is not Python: {error}") from error
    assert isinstance(tree, ast.Module)  # noqa: S101 - what `exec` gives
    return tree


def functions(text: str) -> Iterator[str]:
    """The names of the functions that a sound text defines at its top."""
    for node in parsed(text).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def defines(text: str, name: str) -> bool:
    """Whether a sound text binds `name` at its top: by `def`, `class`, `=` or an import."""
    return any(name in _bound(node) for node in parsed(text).body)


class Arity(NamedTuple):
    """How many positional arguments a function takes; infinity for any number."""

    least: int
    most: float


def arity(text: str, name: str) -> Arity | None:
    """What the last `def name` at the top of a sound text takes; None where there is none.

    None, too, of a function with a decorator, which may take others.
    """
    found: ast.FunctionDef | None = None
    for node in parsed(text).body:
        if name in _bound(node):
            found = node if isinstance(node, ast.FunctionDef) else None
    if found is None or found.decorator_list:
        return None
    arguments = found.args
    most = len(arguments.posonlyargs) + len(arguments.args)
    least = most - len(arguments.defaults)
    return Arity(least, math.inf if arguments.vararg else most)


def _bound(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {name.asname or name.name for name in node.names}
    stored = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and _is_stored(n)}
    return stored | {n.name for n in ast.walk(node) if isinstance(n, ast.FunctionDef)}


def _is_stored(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _python(text: str) -> str:
    text = text.rstrip() + "\n"
    try:
        parsed(text)
    except NotPython as error:
        where = f" (line {error.line} of the text)" if error.line else ""
        raise fault(f"{error}{where}", "it is Python of a whole file, indented as one") from error
    return text


PythonText = Annotated[Words, AfterValidator(_python)]
"""Python as a file would hold it. White space at its end is left out."""
