"""A judge's template: jinja2 cut down to text, values, `if` and `for`.

A template has three blocks. `system` is the preamble, the same for every sample. `sample` shows
prompt, reference and completion, and cannot see the criterion. `question` comes last and cannot see
the sample. So all questions about one sample share everything before the question, by construction.

Values that come from a sample or a rubric stand in the rendered text as slots, and are filled in
only where the text becomes a prompt: a template moves them about and can do nothing else with them.
What the small language leaves out (calls, filters, arithmetic, other loops) is refused when the
template is loaded, so that no template can run long, write much or reach anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from rlaif.errors import FileProblems, Problem

BLOCKS = ("system", "sample", "question")
MOST_BYTES = 65_536
_OPEN, _CLOSE = "\ue000", "\ue001"
_SLOT = re.compile(f"{_OPEN}([a-z0-9.]+){_CLOSE}")
_ALLOWED = (
    nodes.Template, nodes.Block, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const,
    nodes.Getattr, nodes.If, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or,
    nodes.Not, nodes.For,
)  # fmt: skip
_DEEPEST_LOOP = 2


class Slot(str):
    """Names a value that is filled in later."""

    __slots__ = ()

    def __new__(cls, name: str) -> Slot:
        """A slot renders as its name between two private-use characters."""
        return super().__new__(cls, f"{_OPEN}{name}{_CLOSE}")


Piece = tuple[str, bool]
"""Text of the template with False, or the name of a slot with True."""


class JudgeTemplate:
    """A compiled template. Raises FileProblems with the template's own lines."""

    def __init__(self, source: str, path: str = "template") -> None:
        """Compile `source`; `path` is for messages."""
        self._path = path
        environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False
        )
        problems = self._problems(source, environment)
        if problems:
            raise FileProblems(problems)
        self._template = environment.from_string(source)

    def render(self, block: str, values: Mapping[str, Any]) -> tuple[Piece, ...]:
        """The pieces of one block, with empty lines at both ends taken off.

        Raises: FileProblems when the template names a value that the block does not have.
        """
        context = self._template.new_context(dict(values))
        try:
            text = "".join(self._template.blocks[block](context)).strip("\n")
        except TemplateError as error:
            raise FileProblems([self._problem(0, f"block '{block}': {error.message}")]) from error
        return tuple(_pieces(text))

    def _problems(self, source: str, environment: ImmutableSandboxedEnvironment) -> list[Problem]:
        if len(source.encode()) > MOST_BYTES:
            return [self._problem(0, f"a template of more than {MOST_BYTES} bytes")]
        if _OPEN in source or _CLOSE in source:
            return [self._problem(0, "the template holds private-use characters U+E000 or U+E001")]
        try:
            tree = environment.parse(source)
        except TemplateSyntaxError as error:
            return [self._problem(error.lineno, str(error.message))]
        found = [self._problem(line, message) for line, message in _faults(tree)]
        blocks = {block.name for block in tree.find_all(nodes.Block)}
        found += [self._problem(0, f"block '{b}' is missing") for b in BLOCKS if b not in blocks]
        found += [self._problem(0, f"unknown block '{b}'") for b in sorted(blocks - set(BLOCKS))]
        return found

    def _problem(self, line: int, message: str) -> Problem:
        return Problem(self._path, line, 1 if line else 0, message)


def _pieces(text: str) -> Iterator[Piece]:
    for place, part in enumerate(_SLOT.split(text)):
        if part:
            yield part, place % 2 == 1


def _faults(node: nodes.Node, loops: int = 0) -> Iterator[tuple[int, str]]:
    if not isinstance(node, _ALLOWED):
        name = type(node).__name__.lower()
        yield node.lineno, f"'{name}' is not part of a judge's template: text, values, if and for"
        return
    if isinstance(node, nodes.For):
        loops += 1
        if not isinstance(node.iter, nodes.Name | nodes.Getattr) or node.recursive:
            yield node.lineno, "a loop runs over a value, such as 'levels' or 'prompt'"
        if loops > _DEEPEST_LOOP:
            yield node.lineno, f"loops stand at most {_DEEPEST_LOOP} deep"
    for child in node.iter_child_nodes():
        yield from _faults(child, loops)
