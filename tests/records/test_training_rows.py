"""Rows as each trainer takes them: columns of a row's history are left out, faults have a place."""

from __future__ import annotations

import math
from typing import Any

import pytest

from rlaif.records.base import Fault
from rlaif.records.training_rows import taken

ASK: Any = [{"role": "user", "content": "Hi"}]
SAY: Any = [{"role": "assistant", "content": "Hello"}]
OWN: dict[str, Any] = {"sample_id": "s1", "score": 0.5, "lineage": {"run": 1}}


def told(kind: str, **row: Any) -> list[str]:
    found = taken(kind, row)
    assert isinstance(found, list)
    return [fault.message for fault in found]


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("sft", {"messages": [*ASK, *SAY]}),
        ("sft", {"prompt": ASK, "completion": SAY}),
        ("sft", {"prompt": "Hi", "completion": "Hello"}),
        ("sft", {"text": "Hi. Hello."}),
        ("reward", {"prompt": ASK, "chosen": SAY, "rejected": SAY, "margin": 0.5}),
        ("reward", {"chosen": "a", "rejected": "b"}),
        ("dpo", {"prompt": ASK, "chosen": SAY, "rejected": SAY}),
        ("kto", {"prompt": "Hi", "completion": "Hello", "label": False}),
    ],
)
def test_the_trainers_columns_are_taken_and_the_others_left(kind: str, row: Any) -> None:
    assert taken(kind, {**row, **OWN}) == row


def test_a_prompt_takes_all_its_columns_along_with_nested_ones_as_json() -> None:
    row = {"prompt": ASK, "criteria": [{"id": "c", "ask": "Is it so?"}], "topic": None, **OWN}
    assert taken("grpo", row) == {
        "prompt": ASK,
        "criteria": '[{"ask":"Is it so?","id":"c"}]',
        "topic": None,
        "sample_id": "s1",
        "score": 0.5,
        "lineage": '{"run":1}',
    }


def test_tools_become_json_which_trl_reads() -> None:
    row = {"messages": [*ASK, *SAY], "tools": [{"name": "add"}]}
    found = taken("sft", row)
    assert isinstance(found, dict)
    assert found["tools"] == '[{"name":"add"}]'


def test_what_is_missing_is_named_with_the_forms_of_a_row() -> None:
    (fault,) = taken("dpo", {"prompt": "Hi", "chosen": "a"})
    assert isinstance(fault, Fault)
    assert fault.message == "'rejected' is missing"
    assert fault.hint.startswith("a row of dpo has 'prompt' and 'chosen' and 'rejected', or")


@pytest.mark.parametrize(
    ("kind", "row", "said"),
    [
        ("sft", {"messages": "Hi"}, "expected a list of messages, not text"),
        ("sft", {"text": ""}, "'text' is empty"),
        ("sft", {"prompt": ASK, "completion": "x"}, "must all be text, or all be messages"),
        ("sft", {"messages": [{"content": "x"}]}, "a message needs 'role' and 'content'"),
        ("sft", {"messages": [{"role": "user", "content": 3}]}, "of a message must be text"),
        ("kto", {"prompt": "a", "completion": "b", "label": 1}, "'label' must be true or false"),
        ("kto", {"prompt": "a", "completion": "b"}, "'label' must be true or false"),
        ("reward", {"chosen": "a", "rejected": "b", "margin": "x"}, "'margin' must be a number"),
        ("reward", {"chosen": "a", "rejected": "b", "margin": -5}, "must be a number, 0 or more"),
        ("reward", {"chosen": "a", "rejected": "b", "margin": math.nan}, "must be a number, 0 or"),
        ("grpo", {"prompt": "a", "completions": 1}, "TRL hands a reward its own 'completions'"),
        ("grpo", {"prompt": "a", "image": "x.png"}, "images are not supported yet"),
    ],
)
def test_a_row_that_a_trainer_cannot_take_is_refused(
    kind: str, row: dict[str, Any], said: str
) -> None:
    assert said in " ".join(told(kind, **row))
