"""What a JSON Schema in a rubric may hold: sound, self-contained, and bounded in its work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import unquote

from rlaif.records.base import Fault, nearest
from rlaif.records.patterns import pattern_fault

Place = tuple[str | int, ...]

DRAFTS = {
    "http://json-schema.org/draft-04/schema": "Draft4Validator",
    "http://json-schema.org/draft-06/schema": "Draft6Validator",
    "http://json-schema.org/draft-07/schema": "Draft7Validator",
    "https://json-schema.org/draft/2019-09/schema": "Draft201909Validator",
    "https://json-schema.org/draft/2020-12/schema": "Draft202012Validator",
}
"""The class in jsonschema by what `$schema` says."""

NEWEST = "https://json-schema.org/draft/2020-12/schema"

MOST_NODES = 5_000
"""Values in one schema."""

DEEPEST = 40
"""Levels of one schema."""

MOST_STEPS = 10_000
"""Subschemas that one value of a document may have to be held against."""

_MOST_FAULTS = 20
_MAPS = frozenset(
    ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies")
)
_ONE = frozenset(
    {"additionalProperties", "additionalItems", "contains", "propertyNames", "unevaluatedItems"}
    | {"unevaluatedProperties", "not", "if", "then", "else", "items"}
)
_MANY = ("allOf", "anyOf", "oneOf", "prefixItems", "items")
_SAME_VALUE = frozenset(("allOf", "anyOf", "oneOf", "not", "if", "then", "else"))
_SAME_VALUE |= {"dependentSchemas", "dependencies"}
_REFUSED = {
    "$dynamicRef": "use '$ref'",
    "$recursiveRef": "use '$ref'",
    "$anchor": "point to it by its place: '#/$defs/NAME'",
    "$dynamicAnchor": "point to it by its place: '#/$defs/NAME'",
}
_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")


class _Node(NamedTuple):
    """One subschema that is an object, and its place below the top."""

    at: Place
    schema: dict[str, Any]


_Nodes = dict[tuple[str, ...], _Node]
"""Every such subschema by its place as a reference writes it: "items", "0"."""


def dialect(schema: dict[str, Any]) -> str | None:
    """The name of the class in jsonschema that reads this schema; None when there is none."""
    said = schema.get("$schema", NEWEST)
    return DRAFTS.get(said.rstrip("#")) if isinstance(said, str) else None


def schema_faults(schema: dict[str, Any]) -> list[Fault]:
    """All that keeps the schema from being used, each at its place below the field."""
    if not _bounded(schema):
        return [
            Fault((), "the schema is too large", f"{MOST_NODES} values, {DEEPEST} levels at most")
        ]
    if dialect(schema) is None:
        return [
            Fault(
                ("$schema",),
                f"'{schema['$schema']}' is no known dialect of JSON Schema",
                f"leave '$schema' out, or write {NEWEST}",
            )
        ]
    faults = list(_against_its_dialect(schema))
    if not faults:
        nodes = {tuple(map(str, node.at)): node for node in _walk((), schema)}
        faults = [fault for node in nodes.values() for fault in _node_faults(node, nodes)]
        faults = faults or list(_endless(nodes))
    return faults[:_MOST_FAULTS]


def _bounded(schema: Any) -> bool:
    """Whether size and depth are within bounds; asks without recursion."""
    seen, waiting = 0, [(schema, 1)]
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        if seen > MOST_NODES or depth > DEEPEST:
            return False
        if isinstance(value, dict | list):
            inner = value.values() if isinstance(value, dict) else value
            waiting.extend((child, depth + 1) for child in inner)
    return True


def _against_its_dialect(schema: dict[str, Any]) -> Iterator[Fault]:
    """Keywords with values of the wrong kind, by the dialect's own schema."""
    import jsonschema

    reader = getattr(jsonschema, str(dialect(schema)))
    for error in reader(reader.META_SCHEMA).iter_errors(schema):
        at = tuple(error.absolute_path)
        if at and at[-1] == "type" and isinstance(error.instance, str):
            yield Fault(at, f"unknown type '{error.instance}'", nearest(error.instance, _TYPES))
        else:
            yield Fault(at, f"not a valid schema: {error.message[:200]}")


def _walk(at: Place, schema: Any) -> Iterator[_Node]:
    """Every subschema that is an object, the whole first."""
    if not isinstance(schema, dict):
        return
    yield _Node(at, schema)
    for place, child in _children(schema):
        yield from _walk((*at, *place), child)


def _children(schema: dict[str, Any]) -> Iterator[tuple[Place, Any]]:
    for key, value in schema.items():
        if key in _MAPS and isinstance(value, dict):
            yield from (((key, name), child) for name, child in value.items())
        elif key in _MANY and isinstance(value, list):
            yield from (((key, place), child) for place, child in enumerate(value))
        elif key in _ONE:
            yield (key,), value


def _node_faults(node: _Node, nodes: _Nodes) -> Iterator[Fault]:
    at, schema = node
    for key in sorted(_REFUSED.keys() & schema.keys()):
        yield Fault((*at, key), f"'{key}' is not supported", _REFUSED[key])
    if at and isinstance(schema.get("$id"), str):
        yield Fault((*at, "$id"), "'$id' below the top is not supported", _REFUSED["$anchor"])
    if "unevaluatedProperties" in schema and any(
        "patternProperties" in other.schema for other in nodes.values()
    ):
        yield Fault(
            (*at, "unevaluatedProperties"),
            "'unevaluatedProperties' beside 'patternProperties' is not supported",
            "use 'additionalProperties'",
        )
    yield from _pattern_faults(at, schema)
    if "$ref" in schema and _target(schema["$ref"]) not in nodes:
        yield _reference_fault((*at, "$ref"), schema["$ref"])


def _pattern_faults(at: Place, schema: dict[str, Any]) -> Iterator[Fault]:
    for key in schema.get("patternProperties", ()):
        found = pattern_fault(key, (*at, "patternProperties", key))
        yield from [found] if found else []
    if "pattern" in schema:
        found = pattern_fault(schema["pattern"], (*at, "pattern"))
        yield from [found] if found else []


def _reference_fault(at: Place, reference: str) -> Fault:
    if not reference.startswith("#"):
        return Fault(
            at,
            f"'{reference[:80]}' lies outside this schema, and nothing is fetched",
            "copy it under '$defs' and write '#/$defs/NAME'",
        )
    return Fault(at, f"'{reference[:80]}' points to no part of this schema")


def _target(reference: str) -> tuple[str, ...] | None:
    """The place that a reference of the form "#/a/b" names, as a key of `_Nodes`."""
    if reference != "#" and not reference.startswith("#/"):
        return None
    steps = unquote(reference).split("/")[1:]
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)


def _endless(nodes: _Nodes) -> Iterator[Fault]:
    """A subschema that holds one value against itself without end, or against far too many."""
    known: dict[tuple[str, ...], tuple[int, int]] = {}
    for name, node in nodes.items():
        steps, levels = _steps(name, nodes, known, DEEPEST)
        if steps > MOST_STEPS or levels > DEEPEST:
            yield Fault(
                node.at,
                "the schema refers to itself without going into the document, or far too often",
                "a '$ref' to itself belongs under 'properties' or 'items'",
            )
            return


def _steps(
    name: tuple[str, ...], nodes: _Nodes, known: dict[tuple[str, ...], tuple[int, int]], left: int
) -> tuple[int, int]:
    """How many subschemas a value meets that is held against this one, and how deep they nest.

    A reference counts anew each time it is followed; `left` levels on, the count is given up.
    """
    if left == 0:
        return MOST_STEPS + 1, DEEPEST + 1
    if name not in known:
        steps, levels = 1, 0
        for below in _same_value(name, nodes):
            more, deep = _steps(below, nodes, known, left - 1)
            steps, levels = steps + more, max(levels, deep)
            if steps > MOST_STEPS:
                break
        known[name] = steps, levels + 1
    return known[name]


def _same_value(name: tuple[str, ...], nodes: _Nodes) -> Iterator[tuple[str, ...]]:
    schema = nodes[name].schema
    for place, child in _children(schema):
        if place[0] in _SAME_VALUE and isinstance(child, dict):
            yield (*name, *map(str, place))
    target = _target(schema["$ref"]) if "$ref" in schema else None
    if target is not None:
        yield target
