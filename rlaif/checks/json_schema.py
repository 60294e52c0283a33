"""The check `json_schema`: the text is JSON that a schema accepts.

The text is hostile: its size, depth and numbers are bounded, patterns run under RE2, and the work
of one document is counted. Whatever passes a bound is a no with its reason. Duplicate keys, NaN and
Infinity are no JSON here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
from jsonschema.validators import extend
from referencing import Registry

from rlaif.checks.answer import answered
from rlaif.checks.blocks import block_or_all
from rlaif.records.checks import JsonSchemaCheck
from rlaif.records.json_schemas import dialect
from rlaif.records.outcome import Failure, Verdict
from rlaif.records.patterns import compiled, well_formed
from rlaif.records.subject import Subject

NAME = "json_schema"

LONGEST = 2_000_000
"""Characters of one document."""

DEEPEST = 64
"""Levels of one document."""

MOST_WORK = 200_000
"""Keywords of the schema that one document may be held against; some seconds."""

_LONGEST_NUMBER = 300
_Keyword = Callable[[Any, Any, Any, Any], Iterator[jsonschema.ValidationError]]


class _Refused(ValueError):
    """The document passes a bound, or is no JSON; the message says how."""


def json_schema(check: JsonSchemaCheck, subject: Subject) -> Verdict | Failure:
    """Yes when the last fenced block, else the whole text, is JSON that the schema accepts."""
    try:
        document = parsed(block_or_all(subject.final))
        error = next(_reader(check.json_schema).iter_errors(document), None)
    except _Refused as refused:
        return answered(NAME, False, str(refused))
    except RecursionError:
        return answered(NAME, False, "the JSON is nested too deeply for the schema")
    if error is None:
        return answered(NAME, True, "the JSON fits the schema")
    place = f" at {error.json_path[:80]}" if error.absolute_path else ""
    return answered(NAME, False, f"the JSON does not fit the schema{place}: {error.message[:160]}")


def parsed(text: str) -> Any:
    """The JSON document. Raises: _Refused with the reason in plain words."""
    if len(text) > LONGEST:
        raise _Refused(f"the JSON has {len(text)} characters, {LONGEST} at most are read")
    if _depth(text) > DEEPEST:
        raise _Refused(f"the JSON is nested more than {DEEPEST} levels deep")
    try:
        return json.loads(
            text.strip().removeprefix("\ufeff"),
            object_pairs_hook=_without_duplicates,
            parse_int=_whole,
            parse_float=_real,
            parse_constant=_no_constant,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _Refused(f"not JSON: {error.msg} at {where}") from None


def _depth(text: str) -> int:
    """Levels of brackets outside strings; right as far as the text is sound JSON."""
    depth = deepest = 0
    in_string = escaped = False
    for c in text:
        if in_string:
            in_string = escaped or c != '"'
            escaped = c == "\\" and not escaped
        elif c == '"':
            in_string = True
        elif c in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif c in "]}":
            depth -= 1
    return deepest


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Refused("not JSON: a key stands twice in one object")
    return found


def _whole(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise _Refused(f"a number of {len(digits)} digits is too large")
    return int(digits)


def _real(written: str) -> float:
    number = float(written)
    if number in (float("inf"), float("-inf")):
        raise _Refused(f"the number {written[:40]} is too large")
    return number


def _no_constant(name: str) -> Any:
    raise _Refused(f"not JSON: {name} is no number of JSON")


def _reader(schema: dict[str, Any]) -> Any:
    """A validator that fetches nothing, uses RE2, and gives up after MOST_WORK keywords."""
    base = getattr(jsonschema, str(dialect(schema)))
    left = [MOST_WORK]

    def counted(keyword: _Keyword) -> _Keyword:
        def run(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise _Refused("the JSON takes too much work to hold against the schema")
            return keyword(validator, value, instance, schema)

        return run

    keywords = {**base.VALIDATORS, **_KEYWORDS}
    run = {name: counted(keyword) for name, keyword in keywords.items()}
    bounded = extend(base, run)  # type: ignore[no-untyped-call]
    return bounded(schema, registry=Registry())


def _matches(pattern: str, text: str) -> bool:
    return compiled(well_formed(pattern)).search(well_formed(text)) is not None


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Any:
    if isinstance(instance, str) and not _matches(pattern, instance):
        yield jsonschema.ValidationError(f"{instance[:80]!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: Any, instance: Any, schema: Any) -> Any:
    if not isinstance(instance, dict):
        return
    for pattern, below in patterns.items():
        for key, value in instance.items():
            if _matches(pattern, key):
                yield from validator.descend(value, below, path=key, schema_path=pattern)


def _additional_properties(validator: Any, below: Any, instance: Any, schema: Any) -> Any:
    if not isinstance(instance, dict):
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for key, value in instance.items():
        if key in known or any(_matches(pattern, key) for pattern in patterns):
            continue
        if below is False:
            yield jsonschema.ValidationError(f"the key {key[:80]!r} is not allowed")
        else:
            yield from validator.descend(value, below, path=key)


def _unique_items(validator: Any, wanted: bool, instance: Any, schema: Any) -> Any:
    if not wanted or not isinstance(instance, list):
        return
    seen = {json.dumps(_comparable(value), sort_keys=True) for value in instance}
    if len(seen) < len(instance):
        yield jsonschema.ValidationError("the list holds the same value twice")


def _comparable(value: Any) -> Any:
    """The value with 1.0 as 1, which JSON Schema takes for the same."""
    if isinstance(value, dict):
        return {key: _comparable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_comparable(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


_KEYWORDS: dict[str, _Keyword] = {
    "pattern": _pattern,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "uniqueItems": _unique_items,
}
