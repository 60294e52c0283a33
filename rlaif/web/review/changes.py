"""What an expert changed in a completion, piece by piece."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from rlaif.web.review.texts import Shown, shown

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
MOST_PARTS = 2_000
"""Comparing costs the square of their number."""


@dataclass(frozen=True, slots=True)
class Change:
    """A run of the text: `same`, `gone`, or `come`."""

    kind: str
    text: Shown


def changes(before: str, after: str) -> list[Change]:
    """From `before` to `after`: word by word, line by line where they are long, or as a whole."""
    for parting in (_WORDS, _LINES):
        old, new = parting.findall(before), parting.findall(after)
        if max(len(old), len(new)) <= MOST_PARTS:
            return _compared(old, new)
    return _compared([before], [after])


def _compared(old: Sequence[str], new: Sequence[str]) -> list[Change]:
    found: list[Change] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, come = "".join(old[a:b]), "".join(new[c:d])
        if kind == "equal":
            found.append(Change("same", shown(gone)))
            continue
        found += [Change("gone", shown(gone))] if gone else []
        found += [Change("come", shown(come))] if come else []
    return found
