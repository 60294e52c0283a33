"""A line of JSON Lines to an object, or to the problem with it at its column."""

from __future__ import annotations

import json
import re
from json.decoder import WHITESPACE, scanstring  # type: ignore[attr-defined]
from typing import Any

import orjson

from rlaif.errors import Problem
from rlaif.storage.lines import shown

DEEPEST = 64
"""Levels of nesting; no sample has more."""

_LONG_NUMBER = re.compile(rb"[:\[,]\s*-?\d{19}")
_IN_WORDS = {
    "unexpected end of data": "the JSON ends too early",
    "unexpected content after document": "more text after the object",
    "number is infinity when parsed as double": "a number beyond all bounds",
    "depth limit exceeded": f"nested deeper than {DEEPEST} levels",
    "no low surrogate in string": "half of a surrogate pair, which is no character",
    "lone leading surrogate in hex escape": "half of a surrogate pair, which is no character",
    "invalid high surrogate in string": "half of a surrogate pair, which is no character",
    "invalid low surrogate in string": "half of a surrogate pair, which is no character",
}
_NOT_FINITE = ("NaN", "Infinity", "-Infinity")
_ONE_A_LINE = "JSON Lines has one JSON object a line"


def parse_line(source: str, number: int, line: bytes) -> dict[str, Any] | Problem:
    """The object of one line, or what is wrong with the line."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return _broken(source, number, line, error)
    if not isinstance(value, dict):
        return Problem(
            shown(source), number, 1, f"expected an object, not {_kind(value)}", _ONE_A_LINE
        )
    if line.count(b"[") + line.count(b"{") > DEEPEST and _too_deep(value):
        return Problem(shown(source), number, 1, f"nested deeper than {DEEPEST} levels")
    if _LONG_NUMBER.search(line) and (digits := _beyond_64_bits(line)):
        message = f"a number of {digits} digits does not fit into 64 bits"
        return Problem(shown(source), number, 1, message, "write it as text, in quotes")
    return value


def key_columns(line: bytes) -> dict[str, int]:
    """The column, from 1, of each key of the object on `line`; for messages only."""
    text = line.decode(errors="replace")
    found: dict[str, int] = {}
    decoder = json.JSONDecoder(parse_int=str, strict=False)
    at = _past_space(text, 0) + 1
    try:
        while text[(at := _past_space(text, at))] == '"':
            key, end = scanstring(text, at + 1, False)
            found.setdefault(key, at + 1)
            _, at = decoder.raw_decode(text, _past_space(text, _past_space(text, end) + 1))
            at = _past_space(text, at) + 1
    except (ValueError, IndexError, RecursionError):
        pass
    return found


def _past_space(text: str, at: int) -> int:
    found = WHITESPACE.match(text, at)
    return int(found.end()) if found else at


def _broken(source: str, number: int, line: bytes, error: orjson.JSONDecodeError) -> Problem:
    try:
        line.decode()
    except UnicodeDecodeError as wrong:
        column = len(line[: wrong.start].decode()) + 1
        return Problem(shown(source), number, column, "not UTF-8 text", "save the file as UTF-8")
    if error.doc[error.pos :].startswith(_NOT_FINITE):
        return Problem(shown(source), number, error.colno, "not a number in JSON", "write null")
    words = _IN_WORDS.get(error.msg, f"broken JSON: {error.msg}")
    hint = _ONE_A_LINE if line.lstrip()[:1] == b"[" or line.strip() == b"{" else ""
    return Problem(shown(source), number, error.colno, words, hint)


def _kind(value: object) -> str:
    names = {list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _too_deep(value: object) -> bool:
    level: list[object] = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: object) -> list[object]:
    """The lists and objects directly inside `value`."""
    inner: list[object] = []
    if isinstance(value, dict):
        inner = list(value.values())
    elif isinstance(value, list):
        inner = value
    return [item for item in inner if isinstance(item, dict | list)]


def _beyond_64_bits(line: bytes) -> int:
    """Digits of the first whole number beyond 64 bits; 0 when there is none."""
    found: list[int] = []

    def note(digits: str) -> int:
        if len(digits) > 20 or not -(2**63) <= int(digits) < 2**64:
            found.append(len(digits.lstrip("-")))
        return 0

    json.loads(line, parse_int=note)
    return found[0] if found else 0
