"""Rubrics and samples as wholes: what fits together, and what does not."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rlaif.records.rubric import Rubric
from rlaif.records.sample import Message, Sample

ASK = {"id": "a", "ask": "Is it really so?"}
RUBRIC: dict[str, Any] = {"rubric": "r", "version": "1", "title": "t", "criteria": [ASK]}


def messages(model: Any, value: dict[str, Any]) -> list[str]:
    with pytest.raises(ValidationError) as raised:
        model.model_validate(value)
    return [error["msg"] for error in raised.value.errors()]


def example(**expect: Any) -> dict[str, Any]:
    return {"prompt": "p", "completion": "c", "expect": expect}


def test_a_rubric_is_read_back_as_written() -> None:
    levels = {"id": "b", "ask": "How clear is this?", "levels": ["no", {"yes": "at once"}]}
    section = {"section": "s", "weight": 2.0, "criteria": [levels]}
    check = {"id": "c", "check": "length", "max": 9, "gate": True}
    value = {
        **RUBRIC,
        "criteria": [ASK, section, check],
        "examples": [example(a="yes", b=None)],
        "prescreen": {"off": ["opener"]},
    }
    rubric = Rubric.model_validate(value)
    assert rubric.as_written() == value
    assert Rubric.model_validate(rubric.as_written()) == rubric


def test_ids_stand_once_sections_included() -> None:
    section = {"section": "a", "criteria": [{**ASK, "id": "b"}, {**ASK, "id": "b"}]}
    (message,) = messages(Rubric, {**RUBRIC, "criteria": [ASK, section]})
    assert message == "the id 'a' stands twice; the id 'b' stands twice"


def test_labels_fit_the_criteria() -> None:
    value = {**RUBRIC, "examples": [example(a="maybe", b="yes"), example(a=None)]}
    assert messages(Rubric, value) == ["'a' has no answer 'maybe'; no criterion 'b'"]


def test_samples_may_bring_all_the_criteria() -> None:
    own = {**example(z="no"), "criteria": [{**ASK, "id": "z"}]}
    rubric = Rubric.model_validate({**RUBRIC, "criteria": "per-sample", "examples": [own]})
    assert rubric.items == ()
    assert rubric.examples[0].sample("x").criteria[0].answers == ("no", "yes")  # type: ignore[union-attr]


@pytest.mark.parametrize("version", ["", "one", "1.2.3.4", "v1"])
def test_a_version_is_up_to_three_numbers(version: str) -> None:
    assert messages(Rubric, {**RUBRIC, "version": version}) == [f"'{version}' is not a version"]


def test_parts_of_text_are_joined_and_images_refused() -> None:
    parts = [{"type": "text", "text": "a"}, "b", {"type": "output_text", "text": "c"}]
    assert Message.model_validate({"role": "user", "content": parts, "name": "x"}).content == "abc"
    (message,) = messages(Message, {"role": "user", "content": [{"type": "image_url"}]})
    assert message == "'image_url' content is not supported yet: text only"


def test_tool_calls_are_read_in_both_forms() -> None:
    calls = [
        {"id": "1", "type": "function", "function": {"name": "f", "arguments": {"b": 1, "a": 2}}},
        {"name": "g", "arguments": '{"x":1}'},
    ]
    read = Message.model_validate({"role": "assistant", "content": None, "tool_calls": calls})
    assert [(call.name, call.arguments) for call in read.tool_calls] == [
        ("f", '{"a":2,"b":1}'),
        ("g", '{"x":1}'),
    ]


def test_a_chat_completion_has_a_turn_of_the_policy() -> None:
    value = {"sample_id": "s", "prompt": "p", "completion": [{"role": "user", "content": "x"}]}
    assert messages(Sample, value) == ["a completion without an assistant message"]
