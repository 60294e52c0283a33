"""What an export keeps in another tool's record beside what that tool shows and edits.

The tool holds the texts, the answers, the rewritten output and the comments. All else (hashes, the
judge's probabilities, rubric, judge and policy) stands in one object that the tool hands back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from pydantic import ValidationError

from rlaif.records.correction import Correction
from rlaif.records.identity import canonical, digest
from rlaif.records.refusals import plain_faults
from rlaif.storage.corrections.foreign import KEPT, NA_WORDS, BadRecordError, Names, names_of
from rlaif.storage.corrections.kept_form import Kept

_SHOWN = ("input", "output", "human_output", "comment")
"""What the tool holds of a correction."""
_OF_CRITERION = ("human", "answered", "comment")


def kept_of(layer: Sequence[Correction], keys: Sequence[str]) -> dict[str, Any]:
    """The object for one record. Args: `keys`, by which the tool tells its people apart."""
    names = names_in(layer)
    return {
        "version": 1,
        "na": na_word(layer),
        "answers": {names.answers[one]: one for one in names.answers},
        "why": {names.why[one]: one for one in names.why},
        "corrections": {key: _skeleton(one) for key, one in zip(keys, layer, strict=True)},
    }


def names_in(layer: Sequence[Correction]) -> Names:
    """The questions of a record."""
    return names_of(one.criterion for correction in layer for one in correction.criteria)


def na_word(layer: Sequence[Correction]) -> str:
    """The label that stands for "does not apply" in a record: one that no criterion has."""
    taken: set[str] = set()
    for one in (entry for correction in layer for entry in correction.criteria):
        said = one.judge.answer if one.judge else None
        taken.update(label for label in (*one.answers, one.human, said) if label is not None)
    word = next((one for one in NA_WORDS if one not in taken), NA_WORDS[0])
    while word in taken:
        word += "-"
    return word


def _skeleton(correction: Correction) -> dict[str, Any]:
    """A correction without what the tool holds, and a hash of what it held when it was written."""
    written = correction.as_written()
    kept = {name: value for name, value in written.items() if name not in _SHOWN}
    kept["criteria"] = [
        {name: value for name, value in one.items() if name not in _OF_CRITERION}
        for one in written.get("criteria", [])
    ]
    if not isinstance(correction.human_output, str | None):
        kept["chat"] = True
    return {**kept, "said": said_hash(correction)}


def said_hash(correction: Correction) -> str:
    """A hash of what the person answered: a score that was worked out of it holds only for that."""
    said = [(one.criterion, one.answered, one.human) for one in correction.criteria]
    return digest(canonical([[name, answered, label] for name, answered, label in said]))


def kept_in(value: Any) -> Kept | None:
    """What a record keeps; None where it keeps nothing. Raises: BadRecordError where it is damaged.

    Args: `value`, an object, or its JSON.
    """
    if value is None:
        return None
    try:
        return Kept.model_validate(orjson.loads(value) if isinstance(value, str) else value)
    except orjson.JSONDecodeError as error:
        raise BadRecordError(f"what is kept under '{KEPT}' is damaged: it is no JSON") from error
    except ValidationError as error:
        first = plain_faults(error)[0]
        at = ".".join(map(str, first.at))
        raise BadRecordError(
            f"what is kept under '{KEPT}' is damaged: {at}: {first.message}"
        ) from error
