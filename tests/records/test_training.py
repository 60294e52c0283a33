"""What a training file states, and what it may not."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rlaif.records.loop import LoopTraining
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
        ("hub_model_id", "nothing is uploaded"),
        ("push_to_hub", "nothing is uploaded"),
        ("trackio_space_id", "nothing is uploaded"),
        ("log_completions_hub_repo", "nothing is uploaded"),
        ("project", "metrics.jsonl"),
        ("trust_remote_code", "code that comes with a model is never run"),
        ("save_only_model", "needs the optimiser"),
    ],
)
def test_an_argument_that_is_ours_is_refused_with_the_reason(name: str, why: str) -> None:
    with pytest.raises(ValidationError) as raised:
        CONFIGS["sft"].model_validate({"train": "sft", **GIVEN, "arguments": {name: "x"}})
    (fault,) = plain_faults(raised.value)
    assert fault.at == ("arguments", name)
    assert why in fault.hint


def test_one_checkpoint_alone_is_refused_as_a_kill_would_leave_none() -> None:
    (told,) = faults_of("sft", arguments={"save_total_limit": 1})
    assert "a kill while it is written leaves none" in told
    for most in (2, 0, None):
        arguments = {"save_total_limit": most}
        made = CONFIGS["sft"].model_validate({"train": "sft", **GIVEN, "arguments": arguments})
        assert made.arguments == arguments


@pytest.mark.parametrize("name", ["eval_strategy", "eval_on_start", "load_best_model_at_end"])
def test_what_measures_held_out_rows_needs_some(name: str) -> None:
    given = {"train": "dpo", **GIVEN, "arguments": {name: "steps"}}
    with pytest.raises(ValidationError) as raised:
        CONFIGS["dpo"].model_validate(given)
    (fault,) = plain_faults(raised.value)
    assert fault.at == ("arguments", name)
    assert fault.message == f"'{name}' needs held-out rows, and there is no 'eval_data'"
    held_out = CONFIGS["dpo"].model_validate({**given, "eval_data": "e.jsonl"})
    assert held_out.arguments == {name: "steps"}
    for off in ("no", False):
        made = CONFIGS["dpo"].model_validate({**given, "arguments": {name: off}})
        assert made.arguments == {name: off}


def test_a_loop_has_no_rows_for_trls_own_evaluation() -> None:
    with pytest.raises(ValidationError) as raised:
        LoopTraining.model_validate({"arguments": {"eval_strategy": "steps"}})
    (fault,) = plain_faults(raised.value)
    assert fault.at == ("arguments", "eval_strategy")
    assert fault.hint == "leave it out: a loop evaluates every round by itself"


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
