"""Fenced blocks of Markdown: where code and data stand inside a text."""

from __future__ import annotations

import re

_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})(.*)")


def last_block(text: str) -> str | None:
    """What the last fenced block holds, None without one; one left open reaches to the end."""
    found: list[str] | None = None
    fence = ""
    for line in text.replace("\r\n", "\n").split("\n"):
        mark = _FENCE.match(line)
        if fence and mark and _closes(mark, fence):
            fence = ""
        elif fence and found is not None:
            found.append(line)
        elif mark and not (mark[1][0] == "`" and "`" in mark[2]):
            fence, found = mark[1], []
    return "\n".join(found) if found is not None else None


def block_or_all(text: str) -> str:
    """The last fenced block, else the whole text: where code and data are taken from."""
    block = last_block(text)
    return text if block is None else block


def _closes(mark: re.Match[str], fence: str) -> bool:
    """Of the same character, at least as long, and alone on its line."""
    return mark[1].startswith(fence) and not mark[2].strip()
