"""Expected values of code that are not what they look like: Python that YAML reads otherwise."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator

from rlaif.authoring.nodes import Listing, Mapping, Node, Scalar
from rlaif.authoring.rules.look import Finding, Look
from rlaif.records.code import PythonFunction
from rlaif.records.criterion import Checked
from rlaif.records.written import Written, plain

_LONGEST = 200
"""Characters of a value that are looked at."""


def python_as_text(look: Look) -> Iterator[Finding]:
    """`returns: (1, 2)`, which is text to YAML, and `returns: {1, 2}`, which are keys alone."""
    for part, criterion in look.own_criteria:
        cases = part.node.values.get("cases") if part.node else None
        if not isinstance(criterion, Checked) or not isinstance(criterion.check, PythonFunction):
            continue
        for place, case in enumerate(cases.items if isinstance(cases, Listing) else ()):
            node = case.values.get("returns") if isinstance(case, Mapping) else None
            if found := _looks_like(node):
                way = (*part.way, "cases", place, "returns")
                yield look.warn("python-as-text", way, *found)


def _looks_like(node: Node | None) -> tuple[str, str] | None:
    """What the value is to YAML although it looks like Python, and the mend."""
    if isinstance(node, Mapping) and node.values and all(map(_is_empty, node.values.values())):
        return "these are keys without values", "a set is written 'returns_python: {1, 2}'"
    if not isinstance(node, Scalar) or not isinstance(node.value, Written):
        return None
    text = str(node.value)
    if not isinstance(plain(node.value), str) or not _is_python(text):
        return None
    if text == "None":
        return "this is the text 'None'", "nothing is written 'returns: null'; text goes in quotes"
    return f"this is text, although it reads as Python: {text}", (
        f"'returns_python: {text}' is the value; text goes in quotes"
    )


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and isinstance(node.value, Written) and node.value == ""


def _is_python(text: str) -> bool:
    """Whether it is a literal of Python that is no text."""
    if len(text) > _LONGEST:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return not isinstance(ast.literal_eval(text), str)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return text == "set()"
