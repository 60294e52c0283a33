"""What a rubric file states, as a dict -> readable YAML text that rlaif reads back as the same.

Says only how each text is quoted; the order of the keys, the blank lines and the folding are those
of `rlaif fmt`. Comments and anchors are not written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import StringIO
from typing import Any

from pydantic_core import PydanticCustomError
from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from rlaif.authoring.formatting import settled
from rlaif.records.written import Written, plain

_ENDLESS = 2**30
"""Columns: each text of one line is on one line until it is laid out."""

_NOT_IN_A_BLOCK = re.compile(r"[^\S\n ]|[\x00-\x09\x0b-\x1f\x7f-\xa0\ud800-\udfff\ufeff]| $", re.M)
"""White space other than a space, or at the end of a line: only quotes keep it."""


_FREE = frozenset(
    ("returns", "arguments", "keywords", "arguments_after", "one_of", "value", "schema", "when")
)
"""Keys of free data, in which 2.0 is not 2."""


def rubric_text(written: Mapping[str, Any]) -> str:
    """The text of a rubric file that states `written`, as `Record.as_written()` gives it.

    Every text is read back as it is, but for control characters, which no rubric file may hold.
    `rlaif fmt` leaves the file as it is.
    """
    yaml = YAML()
    yaml.width = _ENDLESS
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.ignore_aliases = lambda *_: True
    stream = StringIO()
    yaml.dump(_node(written), stream)
    dumped = stream.getvalue()
    return settled(dumped) or dumped


def _node(value: Any, free: bool = False) -> Any:
    if isinstance(value, Mapping):
        return {_key(key): _node(inner, free or key in _FREE) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_node(inner, free) for inner in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 and not free:
        return int(value)
    return _text(value) if isinstance(value, str) else value


def _key(key: Any) -> Any:
    """Quoted where a sign in it would be taken for indentation, or for no text."""
    text = str(key)
    return DoubleQuotedScalarString(text) if _NOT_IN_A_BLOCK.search(text) else text


def _text(text: str) -> Any:
    """Plain on one line, a block over several; quotes where these would change it."""
    if _NOT_IN_A_BLOCK.search(text):
        return DoubleQuotedScalarString(text)
    if "\n" not in text:
        return text if _is_plainly_text(text) else DoubleQuotedScalarString(text)
    if text[0] in " \n" or text.endswith("\n\n"):
        return DoubleQuotedScalarString(text)
    return LiteralScalarString(text)


def _is_plainly_text(text: str) -> bool:
    """Whether free data would take it for text; ruamel knows fewer ways to write a number."""
    try:
        return bool(plain(Written(text)) == text)
    except PydanticCustomError:
        return False
