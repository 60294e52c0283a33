"""A query of OpenRLHF: the prompt with the completion behind it, as text that was decoded again."""

from __future__ import annotations

from collections.abc import Sequence

_TAIL = 32
"""Characters of a prompt that must be there where its beginning was cut off."""
_TRIES = 1000
"""Places where such a prompt is looked for; a completion may repeat its end."""


def completion_of(query: str, prompt: str) -> str | None:
    """What stands in the query behind the prompt; None where the prompt is not there.

    The query was decoded from tokens, which may change white space, and a prompt that was too long
    was cut at its beginning. A completion comes last, so that it cannot move where the prompt ends.
    """
    if query.startswith(prompt):
        return query[len(prompt) :]
    end = _end_of_cut(query, prompt) or _end_of_spaced(query, prompt)
    return query[end:] if end else None


def without_end(text: str, tokens: Sequence[str]) -> str:
    """The text without the tokens at its end, in any order and however many.

    Line ends go with a token that they follow.
    """
    end = len(text)
    while True:
        bare = end
        while bare and text[bare - 1] == "\n":
            bare -= 1
        found = next((one for one in tokens if one and text.endswith(one, 0, bare)), None)
        if found is None:
            return text[:end]
        end = bare - len(found)


def _end_of_cut(query: str, prompt: str) -> int:
    """Where a prompt ends whose beginning is missing; 0 where it is not so.

    The longest part that fits, as a prompt may end with the same sign over and over.
    """
    tail, end = prompt[-_TAIL:], len(prompt)
    if len(tail) < _TAIL:
        return 0
    for _ in range(_TRIES):
        found = query.rfind(tail, 0, end)
        end = found + _TAIL
        if found < 0:
            return 0
        if prompt.endswith(query[:end]):
            return end
        end -= 1
    return 0


def _end_of_spaced(query: str, prompt: str) -> int:
    """Where a prompt ends that differs in nothing but white space; 0 where it is not so."""
    wanted = "".join(prompt.split())
    at = 0
    for sign in wanted:
        while at < len(query) and query[at].isspace():
            at += 1
        if at == len(query) or query[at] != sign:
            return 0
        at += 1
    return at
