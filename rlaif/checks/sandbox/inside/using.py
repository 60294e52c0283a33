"""Which parts of an expert's tests use the code that they test, read from their text.

Where such a part runs away or breaks, the code may have had a hand in it, also without being asked
for anything: a class under a function's name is enough. Where another part does, it cannot have.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

CODE = "candidate"
_DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef)
_OWN_NAMES = (*_DEFINED, ast.ClassDef)
_IMPORTED = (ast.Import, ast.ImportFrom)


class Using:
    """A text of tests, and what in it hangs on the code."""

    def __init__(self, body: list[ast.stmt]) -> None:
        """Take the statements of the text, in their order."""
        self._own = set(vars(builtins)) | {n for s in body for n in _names(s, stored=True)}
        self._starred = any(_starred(one) for one in body)
        self.names = {CODE}
        """Names at the top level that are of the code, or are made with something of it."""
        self.first: int | None = None
        """The place of the first statement that uses the code when the text is loaded."""
        for place, one in enumerate(body):
            if self.first is None and self._uses(one):
                self.first = place
            self._learn(one)
        before = 0
        while before < len(self.names):
            before = len(self.names)
            for one in body:
                self._learn(one)

    def _uses(self, statement: ast.stmt) -> bool:
        parts = _run_at_once(statement)
        return not isinstance(statement, _IMPORTED) and any(map(self._is_of_code, parts))

    def _learn(self, statement: ast.stmt) -> None:
        """Whatever a statement names beside the code may have got something of it."""
        if any(map(self._is_of_code, ast.walk(statement))):
            self.names |= set(_names(statement)) - set(vars(builtins))

    def _is_of_code(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Name):
            return node.id in self.names or (self._starred and node.id not in self._own)
        if isinstance(node, ast.Constant):
            return node.value == CODE
        if isinstance(node, ast.ImportFrom):
            return node.module == CODE
        return isinstance(node, ast.alias) and node.name == CODE


def _starred(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and any(one.name == "*" for one in node.names)


def _names(statement: ast.stmt, *, stored: bool = False) -> Iterator[str]:
    """The names that a statement gives something to, and unless `stored` all that it uses."""
    if isinstance(statement, _OWN_NAMES):
        yield statement.name
        return
    for node in _run_at_once(statement):
        if isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
        elif isinstance(node, _OWN_NAMES):
            yield node.name
        elif isinstance(node, ast.Name) and (not stored or isinstance(node.ctx, ast.Store)):
            yield node.id


def _run_at_once(node: ast.AST) -> Iterator[ast.AST]:
    """A statement's parts, but for what is in functions, which run when they are called."""
    yield node
    for name, value in ast.iter_fields(node):
        if name == "body" and isinstance(node, (*_DEFINED, ast.Lambda)):
            continue
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.AST):
                yield from _run_at_once(part)
