"""What a trainer hands over, as rollouts."""

from __future__ import annotations

from typing import Any

import pytest

from rlaif.errors import InputError
from rlaif.records.reward import Rollout
from rlaif.records.reward_file import Columns
from rlaif.runs.trainer_rows import rollouts_of

OWN = '[{"id": "polite", "check": "contains", "text": "please"}]'


def rows(prompts: list[Any], completions: list[Any], ids: Any = None, **columns: Any) -> Any:
    criteria = columns.pop("known", {})
    return rollouts_of(prompts, completions, ids, columns, Columns(), criteria)


def one(completion: Any = "tea", prompt: Any = "Ask.", **columns: Any) -> Rollout:
    made: list[Rollout] = rows([prompt], [completion], **columns)
    return made[0]


def test_text_and_chat_come_as_they_are() -> None:
    assert one().sample.prompt == "Ask."
    chat = one(
        [{"role": "assistant", "content": "tea"}], [{"role": "user", "content": "Ask."}]
    ).sample
    assert chat.prompt[0].content == "Ask."  # type: ignore[union-attr]  # a message
    assert chat.completion[0].content == "tea"  # type: ignore[union-attr]  # a message


def test_nulls_that_arrow_fills_in_are_absent() -> None:
    message = {"role": "assistant", "content": "tea", "tool_calls": None, "name": None}
    assert one([message]).sample.completion[0].content == "tea"  # type: ignore[union-attr]  # a message
    criteria = [{"id": "a", "check": "contains", "text": "x", "unit": None, "max": None}]
    assert one(criteria=[criteria]).sample.criteria[0].id == "a"  # type: ignore[union-attr]  # a check


def test_criteria_of_a_row_are_json_a_list_or_an_id() -> None:
    for stated in (OWN, [{"id": "polite", "check": "contains", "text": "please"}]):
        assert one(criteria=[stated]).sample.criteria[0].id == "polite"  # type: ignore[union-attr]  # a check
    known = one(criteria=["tea-1"], known={"tea-1": OWN})
    assert known.sample.criteria[0].id == "polite"  # type: ignore[union-attr]  # a check
    assert one(criteria=[None]).sample.criteria == ()
    assert one(criteria=[""]).sample.criteria == ()


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"criteria": ["tea-2"], "known": {"tea-1": OWN}}, "did you mean 'tea-1'"),
        ({"criteria": ["tea-2"]}, "no criteria are known by the id 'tea-2'"),
        ({"criteria": ["[{"]}, "no JSON"),
        ({"criteria": ['[{"id": "a"}]']}, "row 0 of the batch"),
    ],
)
def test_criteria_at_fault_are_told_with_their_row(columns: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        one(**columns)


def test_columns_become_reference_group_baseline_and_metadata() -> None:
    made = one(
        reference=[42],
        group_id=[7],
        baseline=[[{"role": "assistant", "content": "coffee"}]],
        level=["easy"],
        environments=[object()],
        trainer="no column",
    )
    assert made.sample.reference == "42"
    assert made.group == "7"
    assert made.baseline[0].content == "coffee"  # type: ignore[index,union-attr]  # a message
    assert made.sample.metadata == {"level": "easy"}


def test_tokens_are_counted_from_the_ids() -> None:
    assert [r.tokens for r in rows(["a", "b"], ["x", "y"], [[1, 2, 3], []])] == [3, 0]


def test_a_completion_without_a_turn_of_the_policy_is_an_empty_one() -> None:
    assert one([]).sample.completion == ""
    assert one([{"role": "tool", "content": "sunny"}]).sample.completion == ""


def test_a_prompt_that_cannot_be_graded_is_an_error_with_its_row() -> None:
    prompts = ["Ask.", [{"role": "user", "content": [{"type": "image"}]}]]
    with pytest.raises(InputError, match=r"row 1 of the batch: prompt.*text only"):
        rows(prompts, ["a", "b"])
    with pytest.raises(InputError, match="2 prompts and 1 completions"):
        rows(["a", "b"], ["a"])


def test_half_characters_of_a_completion_are_no_fault_of_the_trainer() -> None:
    call = {"name": "weigh", "arguments": {"a\ud800": "b\udfff"}}
    made = one([{"role": "assistant", "content": "x\ud800", "tool_calls": [call]}]).sample
    said = made.completion[0]
    assert said.content == "x\ufffd"  # type: ignore[union-attr]  # a message
    assert "\ufffd" in said.tool_calls[0].arguments  # type: ignore[union-attr]  # a message


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"criteria": [3.5]}, "row 0 of the batch: the criteria are a float"),
        ({"criteria": [7]}, "no criteria are known by the id '7'"),
        ({"baseline": [3]}, "row 0 of the batch: the completion is neither text"),
        ({"reference": ["a", "b"]}, "the column 'reference' has 2 values for 1 rows"),
        ({"completion": None}, "row 0 of the batch: the completion is neither text"),
    ],
)
def test_rows_that_cannot_be_are_told_with_their_place(columns: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        one(**columns)


def test_what_is_no_plain_data_is_no_metadata() -> None:
    made = one(image=[b"x"], nested=[{"a": [object()]}], level=[{"b": ["c", 1, None]}])
    assert made.sample.metadata == {"level": {"b": ["c", 1, None]}}
