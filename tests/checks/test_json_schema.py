from collections.abc import Callable

import pytest

Ask = Callable[..., tuple[bool, str]]

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name"],
    "additionalProperties": False,
}


def test_the_last_block_or_all_is_held_against_the_schema(ask: Ask) -> None:
    assert ask("json_schema", '{"name": "Ann"}', schema=PERSON) == (
        True,
        "the JSON fits the schema",
    )
    assert ask("json_schema", 'Here:\n```json\n{"name": "Ann"}\n```\nDone.', schema=PERSON)[0]
    assert not ask("json_schema", 'Here: {"name": "Ann"}', schema=PERSON)[0]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"name": 1}', "at $.name: 1 is not of type 'string'"),
        ('{"age": 1}', "'name' is a required property"),
        ('{"name": "a", "x": 1}', "the key 'x' is not allowed"),
        ('{"name": "a"', "not JSON: Expecting ',' delimiter at line 1, column 13"),
        ("", "not JSON: Expecting value"),
        ('{"name": "a", "name": "b"}', "a key stands twice"),
        ('{"name": NaN}', "NaN is no number"),
        ('{"age": 1e999}', "the number 1e999 is too large"),
        ('{"age": ' + "9" * 5000 + "}", "a number of 5000 digits is too large"),
        ("[" * 100_000, "nested more than 64 levels"),
        ('{"a":' * 100_000, "nested more than 64 levels"),
        ('"' + "x" * 2_000_000 + '"', "characters, 2000000 at most are read"),
    ],
)
def test_what_the_completion_brings_about_is_a_no_with_its_reason(
    ask: Ask, text: str, why: str
) -> None:
    met, message = ask("json_schema", text, schema=PERSON)
    assert not met
    assert why in message


def test_patterns_run_in_linear_time_wherever_they_stand(ask: Ask) -> None:
    slow = "(a+)+b"
    hostile = "a" * 5000
    assert not ask("json_schema", f'"{hostile}"', schema={"pattern": slow})[0]
    keys = {"patternProperties": {slow: {"type": "null"}}, "additionalProperties": False}
    assert not ask("json_schema", f'{{"{hostile}": 1}}', schema=keys)[0]
    assert ask("json_schema", '{"aab": null}', schema=keys)[0]
    assert not ask("json_schema", '"\\ud800"', schema={"pattern": "^a$"})[0]


def test_a_schema_that_branches_into_itself_cannot_be_made_to_hang(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rlaif.checks.json_schema.MOST_WORK", 5_000)
    below = {"items": {"$ref": "#"}}
    schema = {"anyOf": [below, below], "type": "array"}
    met, why = ask("json_schema", "[" * 60 + "1" + "]" * 60, schema=schema)
    assert not met
    assert "too much work" in why


def test_unique_items_are_compared_in_linear_time_and_by_value(ask: Ask) -> None:
    schema = {"uniqueItems": True}
    many = "[" + ",".join(f'{{"a": {i}}}' for i in range(5000)) + "]"
    assert ask("json_schema", many, schema=schema)[0]
    assert not ask("json_schema", "[1, 1.0]", schema=schema)[0]
    assert ask("json_schema", '[1, true, "1"]', schema=schema)[0]


@pytest.mark.parametrize("draft", ["draft-04", "draft-06", "draft-07"])
def test_older_dialects_are_read(ask: Ask, draft: str) -> None:
    schema = {"$schema": f"http://json-schema.org/{draft}/schema#", "type": "integer"}
    assert ask("json_schema", "1", schema=schema)[0]
    assert not ask("json_schema", '"1"', schema=schema)[0]
