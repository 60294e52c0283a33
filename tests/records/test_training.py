"""What a training file states, and what it may not."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rlaif.records.refusals import plain_faults
from rlaif.records.training import CONFIGS

GIVEN: dict[str, Any] = {"model": "m", "data": "d.jsonl", "output": "out"}


def faults_of(kind: str, **more: Any) -> list[str]:
    with pytest.raises(ValidationError) as raised:
        CONFIGS[kind].model_validate({"train": kind, **GIVEN, **more})
    return [fault.message for fault in plain_faults(raised.value)]


@pytest.mark.parametrize("kind", CONFIGS)
def test_each_kind_is_made_of_a_model_data_and_an_output(kind: str) -> None:
    more = {"rubric": "r.yaml"} if kind == "grpo" else {}
    made = CONFIGS[kind].model_validate({"train": kind, **GIVEN, **more})
    assert (made.train, made.data, made.seed) == (kind, ("d.jsonl",), 0)
    assert CONFIGS[kind].model_validate(made.as_written()) == made


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("output_dir", "'output' says where"),
        ("seed", "'seed' stands beside 'arguments'"),
        ("use_vllm", "vllm: colocate"),
        ("report_to", "metrics.jsonl"),
        ("hub_token", "no place for a token"),
    ],
)
def test_an_argument_that_is_ours_is_refused_with_the_reason(name: str, why: str) -> None:
    with pytest.raises(ValidationError) as raised:
        CONFIGS["sft"].model_validate({"train": "sft", **GIVEN, "arguments": {name: "x"}})
    (fault,) = plain_faults(raised.value)
    assert fault.at == ("arguments", name)
    assert why in fault.hint


def test_grpo_needs_a_rubric_or_a_reward_file_and_not_both() -> None:
    assert faults_of("grpo") == ["'rubric' is missing: what the policy is rewarded by"]
    both = faults_of("grpo", rubric="r.yaml", reward="w.yaml", retries=2)
    assert both == [
        "'rubric' stands in the reward file, which 'reward' names",
        "'retries' stands in the reward file, which 'reward' names",
    ]


def test_shaping_and_dimensions_exclude_each_other() -> None:
    told = faults_of("grpo", rubric="r", per_dimension=True, shaping={"floor": 0.0})
    assert told == ["shaping makes one reward of a score, and dimensions hand over several"]


def test_off_may_be_written_as_people_write_it() -> None:
    for written in ("off", False, "none"):
        made = CONFIGS["grpo"].model_validate(
            {"train": "grpo", **GIVEN, "rubric": "r", "vllm": written}
        )
        assert getattr(made, "vllm", "") == "off"
    assert faults_of("grpo", rubric="r", vllm="beside") == [
        "'beside' is not one of: off, colocate, server"
    ]


def test_no_kind_takes_another_kinds_name_or_keys() -> None:
    assert faults_of("sft", train="dpo") == ["'dpo' is not one of: sft"]
    assert faults_of("sft", rubric="r.yaml") == ["unknown key 'rubric'"]
