"""Whether what a judge quotes as its evidence stands in the completion."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from rlaif.records.outcome import Quote
from rlaif.records.subject import Subject

_SHORTEST = 3
"""Fewer characters than this stand in almost any text, and so show nothing."""
_EQUAL = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\u300c\u300d", '"'),
    }
)
_AROUND = " '\""


def quoted(quotes: Sequence[str], subject: Subject) -> tuple[Quote, ...]:
    """Each of `quotes`, and whether it stands in one of the completion's turns.

    White space runs as one, capitals do not count, typographic quotation marks are as plain ones,
    and those around a quotation are taken off. What is shorter than three characters, or has no
    letter or digit, is found only where a turn says nothing else.
    """
    turns = [_plain(turn.text) for turn in subject.completion]
    return tuple(Quote(text, _stands(_plain(text).strip(_AROUND), turns)) for text in quotes)


def _stands(text: str, turns: Sequence[str]) -> bool:
    if not text:
        return False
    if len(text) < _SHORTEST or not any(map(str.isalnum, text)):
        return any(text == turn.strip(_AROUND) for turn in turns)
    return any(text in turn for turn in turns)


@lru_cache(maxsize=64)
def _plain(text: str) -> str:
    return " ".join(text.translate(_EQUAL).casefold().split())
