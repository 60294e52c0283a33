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
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NoReturn

from jinja2 import StrictUndefined, TemplateSyntaxError, Undefined, nodes
from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from rlaif.errors import FileProblems, Problem

_QUESTION = ("ask", "guidance", "levels", "choices", "numbers", "no", "yes", "na")
_SEES = {
    "system": (),
    "sample": ("fence", "prompt", "completion", "chat", "reference"),
    "question": _QUESTION,
    "example": ("number", "sample", "answered"),
    "form_system": (),
    "form": (*_QUESTION, "evidence"),
    "listed": ("id", *_QUESTION),
    "one_call": ("questions",),
    "holistic": ("criteria",),
    "pair_system": (),
    "pair": ("fence", "prompt", "first", "second", "chat", "reference"),
    "pair_question": ("ask", "guidance", "levels", "first", "second", "neither", "na"),
}
"""The values of each block."""
BLOCKS = ("system", "sample", "question")
"""Those that every template has. `example` shows one that teaches, where a rubric has such; the
blocks of a pair are there where a judge compares, and those of NEEDED for other ways to answer."""
NEEDED = {
    "label_probability": (),
    "generated": ("form",),
    "one_call": ("listed", "one_call"),
    "holistic": ("holistic",),
}
"""The further blocks that a way to read verdicts takes."""
WRITTEN = ("generated", "one_call")
"""The ways in which the judge writes; their preamble is `form_system` where a template has it."""
MOST_BYTES = 65_536
_OPEN, _CLOSE = "\ue000", "\ue001"
_SLOT = re.compile(f"{_OPEN}([a-z0-9.]+){_CLOSE}")
_ALLOWED = (
    nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.If,
    nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.For,
)  # fmt: skip


class Slot(str):
    """Names a value that is filled in later."""

    __slots__ = ()

    def __new__(cls, name: str) -> Slot:
        """A slot renders as its name between two private-use characters."""
        return super().__new__(cls, f"{_OPEN}{name}{_CLOSE}")

    def __iter__(self) -> Iterator[str]:
        """Refused: a loop over a text would take the slot apart."""
        raise TemplateError("a loop runs over a list, and this value is one text")


Piece = tuple[str, bool]
"""Text of the template with False, or the name of a slot with True."""


class JudgeTemplate:
    """A compiled template. Raises FileProblems with the template's own lines."""

    def __init__(self, source: str, path: str = "template") -> None:
        """Compile `source`; `path` is for messages."""
        self._path = path
        environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            autoescape=False,
            finalize=_shown,
        )
        try:
            problems = self._problems(source, environment)
            if problems:
                raise FileProblems(problems)
            self._template = environment.from_string(source)
        except TemplateSyntaxError as error:
            raise FileProblems([self._problem(error.lineno, str(error.message))]) from error
        except (SyntaxError, RecursionError, MemoryError) as error:
            raise FileProblems([self._problem(0, "the template nests too deeply")]) from error

    def refuse(self, message: str) -> NoReturn:
        """Raise FileProblems that say `message` of the file as a whole."""
        raise FileProblems([self._problem(0, message)])

    def has(self, block: str) -> bool:
        """Whether the template has a block of that name."""
        return block in self._template.blocks

    def render(self, block: str, values: Mapping[str, Any]) -> tuple[Piece, ...]:
        """The pieces of one block, with empty lines at both ends taken off.

        Raises: FileProblems when the template uses a value in a way that the value does not allow,
        or has no such block.
        """
        if block not in self._template.blocks:
            self.refuse(f"block '{block}' is missing{_wanted_by(block)}")
        context = self._template.new_context(dict(values))
        try:
            text = "".join(self._template.blocks[block](context)).strip("\n")
        except (TemplateError, TypeError) as error:
            raise FileProblems([self._problem(0, f"block '{block}': {error}")]) from error
        return tuple(_pieces(text))

    def _problems(self, source: str, environment: ImmutableSandboxedEnvironment) -> list[Problem]:
        if len(source.encode()) > MOST_BYTES:
            return [self._problem(0, f"a template of more than {MOST_BYTES} bytes")]
        if _marked(source):
            return [self._problem(0, "the template holds private-use characters U+E000 or U+E001")]
        tree = environment.parse(source)
        found = [self._problem(line, message) for node in tree.body for line, message in _top(node)]
        blocks = {node.name for node in tree.body if isinstance(node, nodes.Block)}
        found += [self._problem(0, f"block '{b}' is missing") for b in BLOCKS if b not in blocks]
        return found

    def _problem(self, line: int, message: str) -> Problem:
        return Problem(self._path, line, 1 if line else 0, message)


def filled(pieces: Iterable[Piece], slots: Mapping[str, str]) -> str:
    """The text of `pieces`, with the values of its slots."""
    return "".join(slots[name] if slot else name for name, slot in pieces)


def _wanted_by(block: str) -> str:
    """Why a block that not every template has is wanted, and where one can be seen."""
    if block == "example":
        return ", and the rubric has examples with 'teach: true'"
    ways = [f"'verdict: {way}'" for way, blocks in NEEDED.items() if block in blocks]
    return f": {' and '.join(ways)} needs it; judges/default.jinja2 shows one" if ways else ""


def _pieces(text: str) -> Iterator[Piece]:
    for place, part in enumerate(_SLOT.split(text)):
        if part:
            yield part, place % 2 == 1


def _marked(text: object) -> bool:
    return isinstance(text, str) and (_OPEN in text or _CLOSE in text)


def _shown(value: object) -> object:
    """What `{{ }}` may show: text and numbers, so that nothing is written by accident."""
    if value is None:
        raise TemplateError("shows a value that is not always there; put it inside an 'if'")
    if not isinstance(value, str | int | Undefined):
        raise TemplateError(f"shows a value that is not text: a {type(value).__name__}")
    return value


def _top(node: nodes.Node) -> Iterator[tuple[int, str]]:
    """The faults of a statement of the file: blocks, and empty lines between them."""
    if isinstance(node, nodes.Block):
        if node.name not in _SEES:
            yield node.lineno, f"unknown block '{node.name}'"
            return
        for child in node.body:
            yield from _faults(child)
        yield from _unseen(node)
    elif isinstance(node, nodes.Output):
        for child in node.nodes:
            if not isinstance(child, nodes.TemplateData) or child.data.strip():
                yield child.lineno, "outside the blocks: the judge never sees it"
    else:
        yield from _faults(node)


def _unseen(block: nodes.Block) -> Iterator[tuple[int, str]]:
    """Names that the block has no value for."""
    names = list(block.find_all(nodes.Name))
    seen = {"loop", *_SEES[block.name], *(name.name for name in names if name.ctx == "store")}
    for name in names:
        if name.name not in seen:
            values = ", ".join(_SEES[block.name]) or "nothing"
            yield name.lineno, f"block '{block.name}' cannot see '{name.name}'; it sees {values}"


def _faults(node: nodes.Node, looped: bool = False) -> Iterator[tuple[int, str]]:
    if not isinstance(node, _ALLOWED):
        name = type(node).__name__.lower()
        yield node.lineno, f"'{name}' is not part of a judge's template: text, values, if and for"
        return
    if isinstance(node, nodes.Const) and _marked(node.value):
        yield node.lineno, "the template writes private-use characters U+E000 or U+E001"
    if isinstance(node, nodes.For):
        if not isinstance(node.iter, nodes.Name | nodes.Getattr) or node.recursive:
            yield node.lineno, "a loop runs over a value, such as 'levels' or 'prompt'"
        if looped:
            yield node.lineno, "a loop inside a loop: no value is a list of lists"
        looped = True
    for child in node.iter_child_nodes():
        yield from _faults(child, looped)
