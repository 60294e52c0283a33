"""Fenced blocks of Markdown: where code and data stand inside a text."""

from __future__ import annotations

import re
from typing import NamedTuple

_FENCE = re.compile(r"([ \t]*)(`{3,}|~{3,})(.*)")


class Block(NamedTuple):
    """One fenced block."""

    language: str
    """The first word after the fence, in small letters; empty without one."""
    text: str


def blocks(text: str) -> list[Block]:
    """Every fenced block, in order; one left open reaches to the end.

    A block that is indented as a whole, as in a list, loses the indentation of its fence.
    """
    found: list[tuple[str, list[str]]] = []
    fence = indent = ""
    for line in text.replace("\r\n", "\n").split("\n"):
        mark = _FENCE.match(line)
        if fence and mark and _closes(mark, fence):
            fence = ""
        elif fence:
            found[-1][1].append(_unindented(line, indent))
        elif mark and not (mark[2][0] == "`" and "`" in mark[3]):
            indent, fence = mark[1], mark[2]
            found.append((_language(mark[3]), []))
    return [Block(language, "\n".join(lines)) for language, lines in found]


def last_block(text: str) -> str | None:
    """What the last fenced block holds, None without one."""
    found = blocks(text)
    return found[-1].text if found else None


def block_or_all(text: str) -> str:
    """The last fenced block, else the whole text: where code and data are taken from."""
    block = last_block(text)
    return text if block is None else block


def _closes(mark: re.Match[str], fence: str) -> bool:
    """Of the same character, at least as long, and alone on its line."""
    return mark[2].startswith(fence) and not mark[3].strip()


def _language(info: str) -> str:
    """The first word: of `python title="a.py"`, `{.python}` and `python,ignore` it is python."""
    words = re.split(r"[\s,{}=:]+", info.strip().strip("{} "), maxsplit=1)
    return words[0].lstrip(".").lower()


def _unindented(line: str, indent: str) -> str:
    shared = 0
    while shared < len(indent) and line[shared : shared + 1] in (" ", "\t"):
        shared += 1
    return line[shared:]
