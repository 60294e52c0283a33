"""Python calls and literals that an expert writes as text, read without running anything.

A call is names and literals only: `solve(1, [2, 3])`, or a chain such as `Stack().push(1)`. Read
from the syntax tree, with limits on length, depth and digits, so that a file from a stranger costs
little and does nothing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from rlaif.records.jobs import Step
from rlaif.records.syntax_tree import syntax_tree

LONGEST = 1_000_000
"""Characters of one call or literal."""

DEEPEST = 50
"""Lists, tuples, dicts and sets inside one another."""

MOST_VALUES = 200_000
"""Values in one call or literal."""

MOST_STEPS = 100
"""Calls in one chain."""

_MOST_DIGITS = 4000
_TOO_LARGE = 10**_MOST_DIGITS
_SHOWN = 40
_LINE_BREAK = re.compile("\r\n|\r|\n")
_NOT_FINITE = ("inf", "-inf", "+inf", "infinity", "-infinity", "nan")


class NotPlain(ValueError):
    """A text that is no call, or holds what is no literal; the message says which part."""


def parsed_call(text: str) -> tuple[Step, ...]:
    """The calls of a chain, the first one first. Raises: NotPlain."""
    node = _tree(text)
    steps: list[Step] = []
    reader = _Reader(text)
    while isinstance(node, ast.Call):
        if len(steps) == MOST_STEPS:
            raise _refused(f"a chain of more than {MOST_STEPS} calls is too long")
        arguments = tuple(reader.value(argument, 0) for argument in node.args)
        step = (arguments, dict(reader.keywords(node)))
        if isinstance(node.func, ast.Name):
            steps.append(Step(node.func.id, *step))
            return tuple(reversed(steps))
        if not isinstance(node.func, ast.Attribute):
            raise _refused(f"'{reader.shown(node.func)}' is called, and is no name")
        steps.append(Step(node.func.attr, *step))
        node = node.func.value
    raise _refused(f"'{reader.shown(node)}' is not a call")


def literal(text: str) -> Any:
    """The value of a Python literal: numbers, texts, bytes, lists, tuples, dicts, sets.

    Also None, True, False, `set()`, and `float('inf')`, `float('nan')`. Raises: NotPlain.
    """
    return _Reader(text).value(_tree(text), 0)


def _refused(message: str) -> NotPlain:
    return NotPlain(message)


def _tree(text: str) -> ast.expr:
    if len(text) > LONGEST:
        raise _refused(f"a text of {len(text)} characters is too long")
    try:
        tree = syntax_tree(text.strip(), "eval")
    except (RecursionError, MemoryError) as error:
        raise _refused("the text is nested too deep") from error
    except (SyntaxError, ValueError) as error:
        said = error.msg if isinstance(error, SyntaxError) else str(error)
        raise _refused(f"'{_cut(text)}' is not Python: {said}") from error
    assert isinstance(tree, ast.Expression)  # noqa: S101 - what `eval` gives
    return tree.body


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 3]}..."


class _Reader:
    """Values of one text's tree."""

    def __init__(self, text: str) -> None:
        self._text = text.strip()
        self._left = MOST_VALUES

    def shown(self, node: ast.expr) -> str:
        """The text of a part, as it can stand in a message: its first line.

        Python's own `get_source_segment` takes seconds in a long text.
        """
        line = _LINE_BREAK.split(self._text)[node.lineno - 1].encode()
        end = node.end_col_offset if node.end_lineno == node.lineno else None
        shown = line[node.col_offset : end][: 4 * _SHOWN].decode("utf-8", "ignore")
        return _cut(shown if end is not None else f"{shown} ...")

    def keywords(self, call: ast.Call) -> Iterator[tuple[str, Any]]:
        """The keyword arguments of a call."""
        seen: set[str] = set()
        for keyword in call.keywords:
            if keyword.arg is None:
                raise _refused(f"'**{self.shown(keyword.value)}' is no argument by its name")
            if keyword.arg in seen:
                raise _refused(f"the argument '{keyword.arg}' stands twice")
            seen.add(keyword.arg)
            yield keyword.arg, self.value(keyword.value, 0)

    def value(self, node: ast.expr, depth: int) -> Any:
        """What a literal stands for."""
        self._left -= 1
        if self._left < 0:
            raise _refused(f"the text holds more than {MOST_VALUES} values")
        if depth > DEEPEST:
            raise _refused("the text is nested too deep")
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return self._several(node, depth)
        if isinstance(node, ast.Dict):
            return self._dict(node, depth)
        if isinstance(node, ast.Call):
            return self._called(node)
        return self._number(node) if isinstance(node, ast.UnaryOp | ast.BinOp) else self._one(node)

    def _one(self, node: ast.expr) -> Any:
        if not isinstance(node, ast.Constant) or node.value is ...:
            raise self._no_literal(node)
        value = node.value
        if isinstance(value, int) and value >= _TOO_LARGE:
            raise _refused(f"a number of more than {_MOST_DIGITS} digits is too long")
        if isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError as error:
                message = f"{_cut(repr(value))} holds half a character (a lone surrogate)"
                raise _refused(message) from error
        return value

    def _several(self, node: ast.List | ast.Tuple | ast.Set, depth: int) -> Any:
        values = [self.value(part, depth + 1) for part in node.elts]
        if isinstance(node, ast.List):
            return values
        if isinstance(node, ast.Tuple):
            return tuple(values)
        try:
            return set(values)
        except TypeError as error:
            raise _refused(f"'{self.shown(node)}' has a member that no set can hold") from error

    def _dict(self, node: ast.Dict, depth: int) -> dict[Any, Any]:
        values: dict[Any, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                raise self._no_literal(value)
            found = self.value(key, depth + 1)
            try:
                again = found in values
            except TypeError as error:
                raise _refused(f"'{self.shown(key)}' cannot be the key of a dict") from error
            if again:  # Python keeps the last of them: one of the two is not what was meant
                raise _refused(f"the key '{self.shown(key)}' stands twice")
            values[found] = self.value(value, depth + 1)
        return values

    def _called(self, node: ast.Call) -> Any:
        """The few values that Python writes as a call."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "set" and not node.args and not node.keywords:
            return set()
        if name == "float" and len(node.args) == 1 and not node.keywords:
            said = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
            if isinstance(said, str) and said.strip().lower() in _NOT_FINITE:
                return float(said)
        raise self._no_literal(node)

    def _number(self, node: ast.UnaryOp | ast.BinOp) -> Any:
        """A signed number, or a complex one: `-1`, `1 + 2j`, `-float('inf')`."""
        if isinstance(node, ast.UnaryOp):
            value = self._unsigned(node.operand)
            if value is not None and isinstance(node.op, ast.USub | ast.UAdd):
                return -value if isinstance(node.op, ast.USub) else +value
            raise self._no_literal(node)
        left, right = self._real(node.left), self._unsigned(node.right)
        if left is None or not isinstance(right, complex):
            raise self._no_literal(node)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        raise self._no_literal(node)

    def _real(self, node: ast.expr) -> Any:
        """A number with or without a sign that is not complex, or None."""
        value = self._number(node) if isinstance(node, ast.UnaryOp) else self._unsigned(node)
        return None if isinstance(value, complex) else value

    def _unsigned(self, node: ast.expr) -> Any:
        """A number without a sign, or None."""
        if isinstance(node, ast.Call):
            value = self._called(node)
        else:
            value = self._one(node) if isinstance(node, ast.Constant) else None
        is_number = isinstance(value, int | float | complex) and not isinstance(value, bool)
        return value if is_number else None

    def _no_literal(self, node: ast.expr) -> NotPlain:
        return _refused(f"'{self.shown(node)}' is no literal")
