"""Options of vLLM's engine in a judge file: which may be set, to what, and what they change."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rlaif.records.backends import VllmJudge
from rlaif.records.base import Fault
from rlaif.records.judge import Judge, ask_fingerprint
from rlaif.records.vllm_options import OWN_KEYS, PRECISION, SPEED


def judge(**options: Any) -> VllmJudge:
    given = {"judge": "j", "version": "1.0.0", "backend": "vllm", "model": "org/model"}
    return VllmJudge.model_validate({**given, "options": options})


def faults(**options: Any) -> list[Fault]:
    with pytest.raises(ValidationError) as raised:
        judge(**options)
    (error,) = raised.value.errors()
    assert error["loc"] == ("options",)
    found: list[Fault] = error["ctx"]["faults"]
    return found


def test_names_are_vllms_own_however_they_are_spelled() -> None:
    found = judge(**{"Max-Num-Seqs": 4, "enforce-eager": True, "kv_cache_dtype": "fp8"}).options
    assert found == {"max_num_seqs": 4, "enforce_eager": True, "kv_cache_dtype": "fp8"}


@pytest.mark.parametrize(
    "name",
    [
        "trust_remote_code", "trust-remote-code", "TRUST_REMOTE_CODE", "worker_cls", "middleware",
        "scheduler_cls", "logits_processors", "structured_outputs_config", "hf_overrides",
        "structured_outputs_config.reasoning_parser_plugin", "tool_parser_plugin", "config",
        "compilation_config", "additional_config", "speculative_config", "load_format",
        "otlp_traces_endpoint", "kv_transfer_config", "generation_config", "chat_template",
        "download_dir", "tokenizer", "hf_config_path", "logprobs_mode", "max_logprobs", "seed",
        "served_model_name", "api_key", "host", "port", "ssl_keyfile", "lora_modules", "",
    ],
)  # fmt: skip
def test_what_is_not_on_the_list_cannot_be_set(name: str) -> None:
    (found,) = faults(**{name: "x"})
    assert found.at == (name,)
    assert found.message == f"'{name}' cannot be set here"
    assert found.hint.endswith("start a server of your own with it, and ask that (backend: openai)")


def test_a_near_name_is_offered() -> None:
    (found,) = faults(max_num_seq=4)
    assert found.hint.startswith("did you mean 'max_num_seqs'? Else start a server")


@pytest.mark.parametrize("name", OWN_KEYS)
def test_an_option_with_a_key_of_its_own_is_told_by_it(name: str) -> None:
    assert OWN_KEYS[name] in VllmJudge.model_fields
    (found,) = faults(**{name.replace("_", "-"): 1})
    assert found.hint == f"the judge file's own key for it is '{OWN_KEYS[name]}'"


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("max_num_seqs", 0, "a whole number from 1 on"),
        ("max_num_seqs", "64", "a whole number from 1 on"),
        ("max_num_seqs", True, "a whole number from 1 on"),
        ("cpu_offload_gb", -1, "a number from 0 on"),
        ("enforce_eager", 1, "true or false"),
        ("enforce_eager", None, "true or false"),
        ("performance_mode", "quick", "one of: balanced, interactivity, throughput"),
        ("kv_cache_dtype", "../x.py", "one word of letters, digits and '_'"),
        ("kv_cache_dtype", "--config", "one word of letters, digits and '_'"),
        ("attention_backend", {"a": 1}, "one word of letters, digits and '_'"),
        ("moe_backend", ["a"], "one word of letters, digits and '_'"),
    ],
)
def test_a_value_is_a_number_a_flag_or_a_plain_word(option: str, value: Any, told: str) -> None:
    assert faults(**{option: value}) == [Fault((option,), f"'{option}' is {told}")]


def test_all_that_is_wrong_is_told_at_once() -> None:
    found = faults(**{"max_num_seqs": 0, "max-num-seqs": 3, "worker_cls": "x.y"})
    assert [fault.at for fault in found] == [("max_num_seqs",), ("max-num-seqs",), ("worker_cls",)]
    assert found[1].message == "'max_num_seqs' is stated twice"


def keys(spec: VllmJudge) -> tuple[str, str]:
    return Judge(spec, "t").content_hash, ask_fingerprint(spec, "served")


def test_speed_is_not_what_a_verdict_is_known_by() -> None:
    quick = judge(max_num_seqs=64, enforce_eager=True, block_size=32)
    assert keys(quick) == keys(judge())
    assert quick.as_written()["options"] == {
        "max_num_seqs": 64, "enforce_eager": True, "block_size": 32,
    }  # fmt: skip


def test_precision_is() -> None:
    exact, coarse = judge(max_num_seqs=64), judge(max_num_seqs=8, kv_cache_dtype="fp8")
    assert keys(coarse) == keys(judge(kv_cache_dtype="fp8"))
    assert all(a != b for a, b in zip(keys(exact), keys(coarse), strict=True))


def test_no_option_stands_in_two_lists() -> None:
    assert not SPEED.keys() & PRECISION.keys()
    assert not OWN_KEYS.keys() & (SPEED.keys() | PRECISION.keys())


def test_the_page_on_serving_names_them_all() -> None:
    page = Path(__file__).parents[2] / "docs" / "serving.md"
    text = page.read_text(encoding="utf-8")
    listed = text[text.index("- Speed and memory.") : text.index("Not every version")]
    speed, precision = listed.split("- Precision.")
    assert set(re.findall(r"`(\w+)`", speed)) == set(SPEED)
    assert set(re.findall(r"`(\w+)`", precision)) == set(PRECISION)
