"""What trainers hand over, as plain data: no arrays, no objects of their libraries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from rlaif.errors import InputError


def plain(value: Any) -> Any:
    """Arrays as lists, records of other libraries as dicts, all the way down."""
    if hasattr(value, "model_dump"):
        value = value.model_dump(exclude_none=True)
    elif hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): plain(held) for key, held in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain(held) for held in value]
    return value


def without_nulls(value: Any) -> Any:
    """Without the nulls that Arrow puts where another row has a key."""
    if isinstance(value, dict):
        return {key: without_nulls(held) for key, held in value.items() if held is not None}
    if isinstance(value, list):
        return [without_nulls(held) for held in value]
    return value


def merged(*rows: Mapping[str, Any]) -> dict[str, Any]:
    """What several places state of one prompt: a later one wins, but a null states nothing.

    Arrow puts nulls where another row has a key.
    """
    return {key: held for row in rows for key, held in row.items() if held is not None}


def stated_criteria(stated: Any) -> list[Any]:
    """A prompt's own criteria: a list, or JSON text, as Arrow does not keep such lists whole.

    Raises: InputError for what is neither.
    """
    if stated is None or stated == "":
        return []
    made = plain(stated)
    if isinstance(made, str):
        try:
            made = orjson.loads(made)
        except orjson.JSONDecodeError as error:
            raise InputError(f"criteria: this text is no JSON: {error.msg}") from None
        if isinstance(made, list):
            return made
    if not isinstance(made, list):
        raise InputError("criteria: expected a list of criteria, or such a list as JSON text")
    return [without_nulls(one) for one in made]


def labelled(label: Any) -> dict[str, Any]:
    """What a data set's label says: the reference, or an object of several fields.

    A label that is a JSON object with a key of `FIELDS` (or such an object itself) states those;
    any other label is the reference.
    """
    made = plain(label)
    if isinstance(made, str) and made.lstrip().startswith("{"):
        try:
            read = orjson.loads(made)
        except orjson.JSONDecodeError:
            read = None
        made = read if isinstance(read, dict) and read.keys() & FIELDS else made
    if isinstance(made, dict) and made.keys() & FIELDS:
        return made
    return {} if made in (None, "", [], {}) else {"reference": made}


FIELDS = frozenset({"prompt", "reference", "criteria", "metadata", "group_id", "baseline"})
"""What a row may state of its prompt."""
