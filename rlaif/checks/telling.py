"""Values and texts of hostile code, in words that a table can hold: short, on one line, visible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rlaif.records.jobs import Call, Opaque, Step

SHOWN = 200
"""Characters of one value or text that are shown."""

_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_SIMPLE = (bool, float, type(None))
_FEW = 100
"""Parts of a value that Python itself may write."""

_LONGEST_INT = 600
_DEEPEST = 30
_BRACKETS: dict[type, tuple[str, str]] = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    set: ("{", "}"),
    frozenset: ("{", "}"),
}


def value_text(value: Any, limit: int = SHOWN) -> str:
    """`value` as Python would write it, cut at `limit` characters; Opaque as its type's name.

    Takes time for what is shown, not for what there is, except for sets, which are sorted.
    """
    if _small(value, _FEW) > 0:
        whole = repr(value)
        if len(whole) <= limit:
            return visible(whole)
    text = _cut(value, limit)
    return visible(text)[:limit] + "..." if len(text) > limit else visible(text)


def _small(value: Any, left: int) -> int:
    """How much of `left` remains after the value's parts.

    0 where there are more, or where Python's own way to write one of them is not ours.
    """
    kind = type(value)
    if kind in _SIMPLE:
        return max(left - 1, 0)
    if kind is int:
        return max(left - 1, 0) if value.bit_length() <= _LONGEST_INT else 0
    if kind is str:
        return max(left - 1, 0) if len(value) <= SHOWN else 0
    if kind not in (list, tuple) or len(value) > left:
        return 0
    left = max(left - 1, 0)
    for part in value:
        left = _small(part, left)
    return left


def text_shown(text: str, limit: int = SHOWN) -> str:
    """`text` on one line, cut at `limit` characters."""
    line = " ".join(text[: 4 * limit].split())
    cut = len(line) > limit or len(text) > 4 * limit
    return visible(line[:limit]) + ("..." if cut else "")


def bytes_shown(data: bytes, limit: int = SHOWN) -> str:
    """Output as a quoted text, with line ends and what cannot be seen escaped."""
    return value_text(data[: 4 * limit + 4].decode("utf-8", "replace"), limit)


def call_text(call: Call, limit: int = SHOWN) -> str:
    """The call as Python would write it: `Stack().push(1)`."""
    share = max(limit // max(len(call.steps), 1), 20)
    return text_shown(".".join(_step_text(step, share) for step in call.steps), limit)


def visible(text: str) -> str:
    """Control, bidirectional and invisible characters by their code points."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() and c not in _UNSEEN else _escaped(c) for c in text)


def _escaped(c: str) -> str:
    point = ord(c)
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def _step_text(step: Step, limit: int) -> str:
    given = [value_text(one, limit) for one in step.arguments]
    given += [f"{name}={value_text(one, limit)}" for name, one in step.keywords.items()]
    return f"{step.name}({', '.join(given)})"


def _parts(value: Any, limit: int, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str | bytes | bytearray):
        yield repr(value[: limit + 1])
    elif isinstance(value, int):
        yield repr(value) if value.bit_length() <= _LONGEST_INT else _long_int(value)
    elif isinstance(value, Opaque):
        yield f"<{value.type_name[:80]}>"
    elif depth > _DEEPEST:
        yield "..."
    elif isinstance(value, Mapping):
        yield from _dict_parts(value, limit, depth + 1)
    elif type(value) in _BRACKETS:
        yield from _list_parts(value, limit, depth + 1)
    else:
        yield repr(value)


def _cut(value: Any, limit: int, depth: int = 0) -> str:
    """The text, or more than `limit` characters of it."""
    parts: list[str] = []
    length = 0
    for part in _parts(value, limit, depth):
        parts.append(part)
        length += len(part)
        if length > limit:
            break
    return "".join(parts)


def _long_int(value: int) -> str:
    return f"<a {'negative ' if value < 0 else ''}whole number of {value.bit_length()} bits>"


def _list_parts(value: Any, limit: int, depth: int) -> Iterator[str]:
    kind = type(value)
    if not value and kind in (set, frozenset):
        yield "set()"
        return
    opening, closing = _BRACKETS[kind]
    yield opening
    if kind in (set, frozenset):
        # Each part is written once: sets within sets would else be sorted again at every level.
        yield ", ".join(_in_order(value, limit, depth))
        value = ()
    for place, one in enumerate(value):
        yield ", " if place else ""
        yield from _parts(one, limit, depth)
    yield f",{closing}" if kind is tuple and len(value) == 1 else closing


def _in_order(parts: Iterable[Any], limit: int, depth: int) -> Iterator[str]:
    """The first of a set's parts as texts, those of a type together."""
    named = sorted((type(one).__name__, _cut(one, limit, depth)) for one in parts)
    return (text for _, text in named[: limit + 1])


def _dict_parts(value: Mapping[Any, Any], limit: int, depth: int) -> Iterator[str]:
    yield "{"
    for place, (key, one) in enumerate(value.items()):
        yield ", " if place else ""
        yield from _parts(key, limit, depth)
        yield ": "
        yield from _parts(one, limit, depth)
    yield "}"
