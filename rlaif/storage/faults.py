"""What validation found, in a person's words: no phrase of the validating library gets through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from rlaif.errors import Problem
from rlaif.records.base import Fault

_OWN = frozenset({"text", "number", "flag"})
"""Error kinds raised by our own fields, whose messages are already plain."""

_WORDS = {
    "missing": "'{name}' is missing",
    "extra_forbidden": "unknown key '{name}'",
    "tuple_type": "expected a list",
    "list_type": "expected a list",
    "dict_type": "expected an object of keys and values",
    "model_type": "expected an object of keys and values",
    "model_attributes_type": "expected an object of keys and values",
    "too_short": "expected at least {min_length}",
    "too_long": "expected at most {max_length}",
    "string_too_short": "expected at least {min_length} characters",
    "string_too_long": "expected at most {max_length} characters",
    "greater_than": "expected more than {gt}",
    "greater_than_equal": "expected at least {ge}",
    "less_than": "expected less than {lt}",
    "less_than_equal": "expected at most {le}",
    "literal_error": "{input} is not one of: {expected}",
}


def plain_faults(error: ValidationError) -> list[Fault]:
    """Every fault of a record that was refused, with its place in the row."""
    return [fault for found in error.errors(include_url=False) for fault in _plain(found)]


def _plain(found: Mapping[str, Any]) -> Iterator[Fault]:
    at = tuple(step for step in found["loc"] if not _is_tag(step))
    context = found.get("ctx", {})
    if found["type"] == "faults":
        for fault in context["faults"]:
            yield Fault(at + tuple(fault.at), fault.message, fault.hint)
    elif found["type"] in _OWN:
        yield Fault(at, found["msg"])
    else:
        yield Fault(at, _worded(found["type"], at, found["input"], context))


def _worded(kind: str, at: tuple[str | int, ...], value: object, context: dict[str, Any]) -> str:
    known = {**context, "name": at[-1] if at else "", "input": _shown(value)}
    if "expected" in context:
        known["expected"] = str(context["expected"]).replace("'", "").replace(" or ", ", ")
    return _WORDS.get(kind, "this is not understood: {input}").format(**known)


def _is_tag(step: str | int) -> bool:
    return isinstance(step, str) and step.startswith("<") and step.endswith(">")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def place_in_row(at: Iterable[str | int]) -> str:
    """`completion[0].role`: where in a row a fault lies."""
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in at]
    return "".join(steps).removeprefix(".")


def as_problem(fault: Fault, path: str, line: int, columns: Mapping[str, int]) -> Problem:
    """The fault as a problem of one line; `columns` says where each key of that line stands."""
    column = columns.get(str(fault.at[0]), 1) if fault.at else 1
    where = place_in_row(fault.at)
    told = where and f"'{where}'" not in fault.message
    message = f"{where}: {fault.message}" if told else fault.message
    return Problem(path, line, column, message, fault.hint)
