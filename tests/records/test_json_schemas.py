import sys
from subprocess import run
from typing import Any

import pytest
from pydantic import ValidationError

from rlaif.records.checks import Choice, JsonSchemaCheck, Regex
from rlaif.records.json_schemas import schema_faults


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "object", "properties": {"child": {"$ref": "#"}}},
        {"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "integer"}}},
        {"properties": {"$ref": {"type": "string"}, "pattern": {"pattern": "^a"}}},
        {"$schema": "http://json-schema.org/draft-07/schema#", "dependencies": {"a": ["b"]}},
        {"$id": "https://example.org/s", "enum": [{"$ref": "http://x"}]},
    ],
)
def test_a_sound_schema_has_no_faults(schema: dict[str, Any]) -> None:
    assert schema_faults(schema) == []


DOUBLING = {
    "$ref": "#/$defs/0",
    "$defs": {
        **{str(n): {"allOf": [{"$ref": f"#/$defs/{n + 1}"}] * 2} for n in range(18)},
        "18": {},
    },
}
DEEP: dict[str, Any] = {}
for _ in range(50):
    DEEP = {"not": DEEP}


@pytest.mark.parametrize(
    ("schema", "at", "message"),
    [
        ({"properties": {"a": {"type": "strin"}}}, ("properties", "a", "type"), "type 'strin'"),
        ({"minimum": "x"}, ("minimum",), "'x' is not of type 'number'"),
        ({"items": {"pattern": "(?=a)"}}, ("items", "pattern"), "look-ahead"),
        ({"patternProperties": {"(a": {}}}, ("patternProperties", "(a"), "missing )"),
        ({"$ref": "https://example.org/s"}, ("$ref",), "nothing is fetched"),
        ({"$ref": "other.json#/a"}, ("$ref",), "nothing is fetched"),
        ({"$ref": "#/$defs/a"}, ("$ref",), "points to no part"),
        ({"$schema": "https://example.org/s"}, ("$schema",), "no known dialect"),
        ({"not": {"$id": "x"}}, ("not", "$id"), "'$id' below the top"),
        ({"$dynamicRef": "#a"}, ("$dynamicRef",), "not supported"),
        ({"$ref": "#"}, (), "refers to itself without going into the document"),
        ({"anyOf": [{"$ref": "#"}]}, (), "refers to itself"),
        (DOUBLING, (), "far too often"),
        (DEEP, (), "too large"),
        ({"enum": list(range(6000))}, (), "too large"),
    ],
)
def test_each_fault_is_named_at_its_place(
    schema: dict[str, Any], at: tuple[str, ...], message: str
) -> None:
    found = schema_faults(schema)[0]
    assert found.at == at
    assert message in found.message


def test_all_faults_are_named_at_once() -> None:
    faults = schema_faults({"minimum": "x", "required": "a", "properties": {"b": {"type": 5}}})
    assert len(faults) == 3


def test_the_records_refuse_on_the_field() -> None:
    with pytest.raises(ValidationError) as schema:
        JsonSchemaCheck.model_validate({"check": "json_schema", "schema": {"type": "strin"}})
    (error,) = schema.value.errors()
    assert error["loc"] == ("schema",)
    assert error["ctx"]["faults"][0].at == ("type",)
    with pytest.raises(ValidationError) as pattern:
        Regex(check="regex", pattern=r"(a)\1")
    assert pattern.value.errors()[0]["loc"] == ("pattern",)
    with pytest.raises(ValidationError, match="'Paris' is not an option"):
        Choice(check="choice", answer="Paris")


def test_the_records_do_not_import_jsonschema() -> None:
    code = (
        "import sys, rlaif.records.rubric, rlaif.checks.run; sys.exit('jsonschema' in sys.modules)"
    )
    assert run([sys.executable, "-c", code], check=False).returncode == 0
