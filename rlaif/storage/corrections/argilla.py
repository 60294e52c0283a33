"""Argilla 2's records, as `Dataset.records.to_json` writes and `from_json` reads them.

    {"id", "fields": {...}, "metadata": {...}, "suggestions": {question: {value, score, agent}},
     "responses": {question: [{value, user_id, status?}]}, "vectors": {}}

Of its HTTP API the other form is read too: responses by user with `values`, suggestions as a list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from rlaif.records.correction import Correction
from rlaif.storage.corrections.foreign import (
    COMMENT,
    KEPT,
    REWRITTEN,
    BadRecordError,
    Columns,
    Foreign,
    Vote,
    as_field,
    free,
    layers,
    text_of,
    uuid_of,
)
from rlaif.storage.corrections.kept import kept_in, kept_of, na_word, names_in

_SAID = ("submitted", "None", "")
"""Statuses of a response that counts; a draft or a discarded one does not."""


def argilla_records(corrections: Sequence[Correction], taken: set[str]) -> Iterator[dict[str, Any]]:
    """The records of the corrections of one sample: one, unless somebody made several.

    Args: `taken`, the ids of the records of this file, to which these are added.
    """
    for layer in layers(corrections):
        first = layer[0]
        users = [uuid_of(one.annotator) for one in layer]
        kept = orjson.dumps(kept_of(layer, users)).decode()
        fields = {"input": as_field(first.input), "output": as_field(first.output)}
        if first.reference is not None:
            fields["reference"] = first.reference
        yield {
            "id": free(first.sample_id, taken, "#"),
            "fields": fields,
            "metadata": {"sample_id": first.sample_id, KEPT: kept},
            "suggestions": _suggestions(layer),
            "responses": _responses(layer, users),
            "vectors": {},
        }


def _suggestions(layer: Sequence[Correction]) -> dict[str, Any]:
    names, na = names_in(layer), na_word(layer)
    made = {}
    for correction in layer:
        for one in correction.criteria:
            if one.judge is not None:
                made[names.answers[one.criterion]] = {
                    "value": na if one.judge.answer is None else one.judge.answer,
                    "score": one.judge.probability,
                    "agent": correction.judge.name or None,
                }
    return made


def _responses(layer: Sequence[Correction], users: Sequence[str]) -> dict[str, Any]:
    names, na = names_in(layer), na_word(layer)
    made: dict[str, list[dict[str, Any]]] = {}

    def say(question: str, user: str, value: Any) -> None:
        entry = {"value": value, "user_id": user, "status": "submitted"}
        made.setdefault(question, []).append(entry)

    for correction, user in zip(layer, users, strict=True):
        for one in correction.criteria:
            if one.answered:
                say(names.answers[one.criterion], user, na if one.human is None else one.human)
            if one.comment:
                say(names.why[one.criterion], user, one.comment)
        if correction.human_output is not None:
            say(REWRITTEN, user, _as_text(as_field(correction.human_output)))
        if correction.comment:
            say(COMMENT, user, correction.comment)
    return made


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def read_argilla(number: int, row: Mapping[str, Any], columns: Columns) -> Foreign:
    """One record. Raises: BadRecordError where its parts are of another form."""
    fields, metadata = _mapping(row, "fields"), _mapping(row, "metadata")
    found = Foreign(number)
    stated = next((row[k] for k in ("id", "external_id") if row.get(k) is not None), None)
    named = columns.found(metadata, "sample_id")
    found.sample_id = text_of(stated if named is None else named)
    found.input = columns.found(fields, "input")
    found.output = columns.found(fields, "output")
    reference = columns.found(fields, "reference")
    found.reference = None if reference is None else str(reference)
    found.kept = kept_in(metadata.get(KEPT))
    found.judge = dict(_suggested(row))
    unstated = set()
    for question, user, status, value in _responded(row):
        vote = _vote(found, user)
        if status in ("", "None"):
            unstated.add(user)
        if status not in _SAID:
            vote.key = ""
            vote.answers.setdefault(_UNSAID, status)
        else:
            vote.answers[question] = value
    found.unstated = len(unstated)
    found.skipped = sum(_UNSAID in vote.answers for vote in found.votes)
    found.votes = [vote for vote in found.votes if _UNSAID not in vote.answers]
    return found


_UNSAID = "\0status"
_NAMELESS = "\0nobody "
"""Before the place of a response, where nobody is named."""


def _vote(found: Foreign, user: str) -> Vote:
    for vote in found.votes:
        if vote.key == user or vote.annotator == user:
            return vote
    found.votes.append(Vote(annotator="" if user.startswith(_NAMELESS) else user, key=user))
    return found.votes[-1]


def _suggested(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    given = row.get("suggestions") or {}
    if isinstance(given, list):
        for one in given:
            if isinstance(one, dict) and isinstance(one.get("question_name"), str):
                yield one["question_name"], one.get("value")
        return
    for question, one in _mapping(row, "suggestions").items():
        yield question, one.get("value") if isinstance(one, dict) else one


def _responded(row: Mapping[str, Any]) -> Iterator[tuple[str, str, str, Any]]:
    """(question, user, status, value) of each response."""
    given = row.get("responses") or {}
    if isinstance(given, list):
        for place, one in enumerate(given):
            if not isinstance(one, dict) or not isinstance(one.get("values") or {}, dict):
                raise BadRecordError("'responses' is a list of objects with 'user_id' and 'values'")
            values = one.get("values") or {REWRITTEN: {"value": None}}
            for question, value in values.items():
                told = value.get("value") if isinstance(value, dict) else value
                yield question, _user(one, place), str(one.get("status") or ""), told
        return
    for question, responses in _mapping(row, "responses").items():
        if not isinstance(responses, list) or not all(isinstance(r, dict) for r in responses):
            raise BadRecordError(f"the responses to '{question}' are a list of {{value, user_id}}")
        for place, one in enumerate(responses):
            yield question, _user(one, place), str(one.get("status") or ""), one.get("value")


def _user(response: Mapping[str, Any], place: int) -> str:
    """Whose a response is; of several nameless ones to one question each is another person's."""
    user = response.get("user_id")
    return f"{_NAMELESS}{place}" if user is None else str(user)


def _mapping(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = row.get(name) or {}
    if not isinstance(value, dict):
        raise BadRecordError(f"'{name}' is an object")
    return value
