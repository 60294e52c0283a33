"""Label Studio's tasks, as its JSON export writes and its import reads them.

    {"data": {...}, "annotations": [{"completed_by", "result": [...], "was_cancelled", ...}],
     "predictions": [{"model_version", "score", "result": [...]}]}

A result names its control (`from_name`) and holds `choices`, a `text`, or a `rating`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from rlaif.records.correction import Correction
from rlaif.records.identity import digest
from rlaif.storage.corrections.foreign import (
    COMMENT,
    KEPT,
    REWRITTEN,
    BadRecordError,
    Columns,
    Foreign,
    Vote,
    as_field,
    layers,
    text_of,
)
from rlaif.storage.corrections.kept import kept_in, kept_of, na_word, names_in
from rlaif.storage.corrections.kept_form import Kept

_SHOWN = "output"
"""The object tag that controls point to (`toName`)."""


def label_studio_tasks(corrections: Sequence[Correction]) -> Iterator[dict[str, Any]]:
    """The tasks of the corrections of one sample: one, unless somebody made several."""
    for layer in layers(corrections):
        first = layer[0]
        keys = [_id_of(one.correction_id) for one in layer]
        data = {
            "sample_id": first.sample_id,
            "input": as_field(first.input),
            "output": as_field(first.output),
            KEPT: kept_of(layer, keys),
        }
        if first.reference is not None:
            data["reference"] = first.reference
        yield {
            "data": data,
            "annotations": [
                _annotation(one, key, layer) for one, key in zip(layer, keys, strict=True)
            ],
            "predictions": list(_predictions(layer)),
        }


def _id_of(correction: str) -> str:
    """A number that stands for a correction, the same every time, exact in JSON everywhere.

    Label Studio keeps an annotation's `id` as its `import_id`, and no other key of ours.
    """
    return str(int(digest("label-studio", correction)[:13], 16) + 2**32)


def _annotation(one: Correction, key: str, layer: Sequence[Correction]) -> dict[str, Any]:
    names, na = names_in(layer), na_word(layer)
    results = []
    for entry in one.criteria:
        if entry.answered:
            label = na if entry.human is None else entry.human
            results.append(_choice(names.answers[entry.criterion], label))
        if entry.comment:
            results.append(_text(names.why[entry.criterion], entry.comment))
    if one.human_output is not None:
        written = as_field(one.human_output)
        text = written if isinstance(written, str) else orjson.dumps(written).decode()
        results.append(_text(REWRITTEN, text))
    if one.comment:
        results.append(_text(COMMENT, one.comment))
    made = {
        "id": int(key),
        "result": results,
        "was_cancelled": False,
        "ground_truth": one.adjudicated,
    }
    # Label Studio knows people by their address, and refuses one that it does not know.
    return {**made, "completed_by": {"email": one.annotator}} if "@" in one.annotator else made


def _predictions(layer: Sequence[Correction]) -> Iterator[dict[str, Any]]:
    names, na = names_in(layer), na_word(layer)
    newest = {
        one.criterion: (one.judge, correction)
        for correction in layer
        for one in correction.criteria
        if one.judge is not None
    }
    if newest:
        correction = next(iter(newest.values()))[1]
        results = [
            _choice(names.answers[name], na if said.answer is None else said.answer)
            for name, (said, _) in newest.items()
        ]
        made = {"model_version": correction.judge.name or "judge", "result": results}
        yield made if correction.score is None else {**made, "score": correction.score}


def _choice(name: str, label: str) -> dict[str, Any]:
    value = {"choices": [label]}
    return {"from_name": name, "to_name": _SHOWN, "type": "choices", "value": value}


def _text(name: str, text: str) -> dict[str, Any]:
    value = {"text": [text]}
    return {"from_name": name, "to_name": _SHOWN, "type": "textarea", "value": value}


def read_label_studio(number: int, row: Mapping[str, Any], columns: Columns) -> Foreign:
    """One task. Raises: BadRecordError where its parts are of another form."""
    data = row.get("data")
    if not isinstance(data, dict):
        raise BadRecordError("a task has 'data', an object: export as JSON, not as JSON-MIN or CSV")
    found = Foreign(number)
    found.sample_id = text_of(columns.found(data, "sample_id"))
    found.input, found.output = columns.found(data, "input"), columns.found(data, "output")
    reference = columns.found(data, "reference")
    found.reference = None if reference is None else str(reference)
    found.kept = kept_in(data.get(KEPT))
    for prediction in _listed(row, "predictions"):
        found.judge |= dict(_results(prediction))
    for annotation in _listed(row, "annotations"):
        if annotation.get("was_cancelled"):
            found.skipped += 1
            continue
        vote = Vote(_person(annotation), key=_key(annotation, found.kept))
        vote.at = str(annotation.get("updated_at") or annotation.get("created_at") or "")
        vote.answers = dict(_results(annotation))
        found.votes.append(vote)
    return found


def _key(annotation: Mapping[str, Any], kept: Kept | None) -> str:
    """By which the record knows the annotation; empty for one that was made in the tool."""
    stated = (text_of(annotation.get(name)) for name in ("import_id", "id"))
    return next((one for one in stated if kept and one in kept.corrections), "")


def _listed(row: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    value = row.get(name) or []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise BadRecordError(f"'{name}' is a list of objects")
    return value


def _person(annotation: Mapping[str, Any]) -> str:
    by = annotation.get("completed_by")
    if isinstance(by, dict):
        by = by.get("email") or by.get("id")
    return "" if by is None else str(by)


def _results(annotation: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """(control, value); a rating and a number as text, several texts as lines."""
    for result in _listed(annotation, "result"):
        name, value = result.get("from_name"), result.get("value")
        if isinstance(name, str) and isinstance(value, dict):
            said = next(
                (value[k] for k in ("choices", "text", "rating", "number") if k in value), None
            )
            if isinstance(said, list):
                said = said if "choices" in value else "\n".join(map(str, said))
            if said is not None:
                yield name, said
