"""The JSON Schema of a written answer: what a decoder that can be held to a form is held to.

Every text in it is bounded, so that the answer ends within the tokens that it may take.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

MOST_QUOTES = 3
"""Passages quoted for one verdict."""
_SHORTEST_TEXT = 30


def one_schema(labels: Sequence[str], *, evidence: bool, tokens: int) -> dict[str, Any]:
    """One question's answer, within about `tokens` tokens: rationale, perhaps quotes, verdict."""
    keys = {"rationale": _text(_characters(tokens, 1.25 if evidence else 2))}
    if evidence:
        quote = _text(_characters(tokens, 0.5))
        keys["evidence"] = {"type": "array", "items": quote, "maxItems": MOST_QUOTES}
    return _object({**keys, "verdict": _one_of(labels)})


def listed_schema(asked: Sequence[tuple[str, Sequence[str]]], *, tokens: int) -> dict[str, Any]:
    """A list with one answer for each (id, labels), within about half of `tokens` tokens each.

    A list and not an object by id, so that an id that stands twice can be seen.
    """
    kinds = dict.fromkeys(tuple(labels) for _, labels in asked)
    answers = []
    for labels in kinds:
        names = [name for name, of_it in asked if tuple(of_it) == labels]
        one = one_schema(labels, evidence=False, tokens=tokens // 2)
        answers.append(_object({"id": _one_of(names), **one["properties"]}))
    item = answers[0] if len(answers) == 1 else {"anyOf": answers}
    count = len(asked)
    return _object(
        {"answers": {"type": "array", "items": item, "minItems": count, "maxItems": count}}
    )


def _characters(tokens: int, share: float) -> int:
    """Bound of a text that is to take a part of `tokens`: a token has from 1 to 4 characters."""
    return max(int(tokens * share), _SHORTEST_TEXT)


def _text(most: int) -> dict[str, Any]:
    return {"type": "string", "maxLength": most}


def _one_of(texts: Sequence[str]) -> dict[str, Any]:
    return {"type": "string", "enum": list(texts)}


def _object(keys: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": keys,
        "required": list(keys),
        "additionalProperties": False,
    }
