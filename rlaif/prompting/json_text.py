"""JSON objects in a model's text: found where they stand by themselves, never inside another one.

What stands in a judge's text may be quoted from a completion, which is hostile. So an object counts
only where it is certain that it is not part of a larger one: where something begins like an object
and cannot be read, or ends like one that has not begun, nothing in the text is believed.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

MOST_CHARACTERS = 262_144
_DEEPEST = 16
_HARMLESS = re.compile(r'\{[^{}":\n]{0,200}\}')
"""Braces in prose or a formula that can be no object: `{1, 2}`, `x^{2}`."""
_BRACE = re.compile("[{}]")
_DEEP = "its JSON nests too deeply"


class Object(dict[str, Any]):
    """A JSON object that knows which of its keys stood in it more than once."""

    doubled: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Found:
    """The objects of a text, in their order."""

    objects: tuple[Object, ...] = ()
    damage: str = ""
    """Why nothing behind the objects is read, in words; empty where the whole text was."""
    rest: str = ""
    """Where the text ends inside an object: that object, as far as it goes."""


def objects_in(text: str) -> Found:
    """The complete top-level objects of `text`. Never raises, whatever the text is."""
    if len(text) > MOST_CHARACTERS:
        return Found(damage=f"it has more than {MOST_CHARACTERS} characters")
    objects: list[Object] = []
    at = 0
    while brace := _BRACE.search(text, at):
        at = brace.start()
        if harmless := _HARMLESS.match(text, at):
            at = harmless.end()
            continue
        if brace.group() == "}":
            return Found(tuple(objects), "a brace closes in it that nothing opened")
        try:
            found, at = read_value(text, at)
        except NotJsonError as wrong:
            return Found(tuple(objects), wrong.told, text[at:] if wrong.cut else "")
        objects.append(found)
    return Found(tuple(objects))


class NotJsonError(Exception):
    """What begins at some place is not JSON."""

    def __init__(self, told: str, cut: bool = False) -> None:
        """Say what is wrong; `cut` where it is only that the text ends too early."""
        super().__init__(told)
        self.told, self.cut = told, cut


def read_value(text: str, at: int) -> tuple[Any, int]:
    """The JSON value that begins at `at`, and where it ends. Raises: NotJsonError."""
    try:
        value, past = _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        cut = error.msg.startswith("Unterminated string") or not text[error.pos :].strip()
        told = "it ends inside its JSON" if cut else f"its JSON is damaged: {error.msg}"
        raise NotJsonError(told, cut) from error
    except (ValueError, OverflowError) as error:
        raise NotJsonError("it holds a number that is none") from error
    except RecursionError as error:
        raise NotJsonError(_DEEP) from error
    if _deeper(value, _DEEPEST):
        raise NotJsonError(_DEEP)
    return value, past


def clean(text: str) -> str:
    """`text` without half characters, which JSON can write and no file can hold."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _object(pairs: list[tuple[str, Any]]) -> Object:
    made = Object(pairs)
    if len(made) < len(pairs):
        times = Counter(name for name, _ in pairs)
        made.doubled = frozenset(name for name, count in times.items() if count > 1)
    return made


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse, strict=False)


def _deeper(value: Any, most: int) -> bool:
    level = [value]
    for _ in range(most):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value
