"""JSON that stands as text in a field, with numbers of any length kept as they are."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from rlaif.authoring.importers.imported import BadRow

DEEPEST = 64
"""Levels of nesting; no row has more."""


def exact_json(written: str, name: str) -> Any:
    """The value of a JSON text. Raises: BadRow, which calls the text `name`."""
    try:
        value = json.loads(written, parse_constant=_no_number)
    except RecursionError as error:
        raise BadRow(f"'{name}' is nested too deep") from error
    except ValueError as error:
        raise BadRow(f"'{name}' is broken JSON: {error}") from error
    if _depth_past(value, DEEPEST):
        raise BadRow(f"'{name}' is nested deeper than {DEEPEST} levels")
    return value


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _depth_past(value: Any, most: int) -> bool:
    level = [value]
    for _ in range(most):
        level = [part for one in level for part in _parts(one)]
    return bool(level)


def _parts(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
