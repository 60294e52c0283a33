"""Policy files: what they state, and what a policy is known by."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from rlaif.policies.engines import engine_of
from rlaif.records.backends import BACKENDS
from rlaif.records.policy import AnyPolicy, PolicySpec, policy_id

SPEC: TypeAdapter[AnyPolicy] = TypeAdapter(PolicySpec)
SERVED = "checksum torch.float32"


def policy(**more: Any) -> AnyPolicy:
    given = {"policy": "p", "backend": "transformers", "model": "a/b", **more}
    return SPEC.validate_python(given)


def faults(**more: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        policy(**more)
    return str(refused.value)


@pytest.mark.parametrize(
    "more",
    [
        {"policy": "another"},
        {"about": "of somebody"},
        {"version": "2.0.0"},
        {"device": "cuda:1"},
        {"batch_tokens": 99},
        {"model": "./another/place/of/the/same/weights"},
    ],
)
def test_names_places_and_speed_are_no_part_of_the_hash(more: dict[str, Any]) -> None:
    assert (
        policy_id(policy(**more), SERVED).partition("@")[2]
        == (policy_id(policy(), SERVED).partition("@")[2])
    )


@pytest.mark.parametrize(
    "more",
    [
        {"temperature": 0.7},
        {"top_p": 0.9},
        {"max_tokens": 9},
        {"stop": ["END"]},
        {"system": "Be brief."},
        {"text_as": "plain"},
        {"thinking": False},
    ],
)
def test_what_decides_the_completions_is_part_of_the_id(more: dict[str, Any]) -> None:
    assert policy_id(policy(**more), SERVED) != policy_id(policy(), SERVED)


def test_other_weights_in_the_same_place_are_another_policy() -> None:
    assert policy_id(policy(), SERVED) != policy_id(policy(), "another checksum")


def test_an_id_begins_with_the_name() -> None:
    name, _, mark = policy_id(policy(policy="round-3"), SERVED).partition("@")
    assert (name, len(mark)) == ("round-3", 12)


def test_speed_of_vllm_is_no_part_of_the_id() -> None:
    fast = policy(backend="vllm", options={"max_num_seqs": 4}, engines=2)
    precise = policy(backend="vllm", options={"kv_cache_dtype": "fp8"})
    plain = policy_id(policy(backend="vllm"), SERVED)
    assert policy_id(fast, SERVED) == plain != policy_id(precise, SERVED)


def test_every_backend_becomes_one_of_the_generators() -> None:
    given: dict[str, dict[str, Any]] = {
        "transformers": {"package": "x", "gguf_file": "y.gguf", "adapter": "lora"},
        "vllm": {"adapter": "lora", "engines": 2},
        "openai": {"base_url": "http://127.0.0.1:1/v1", "thinking": True},
        "scripted": {},
    }
    for backend, more in given.items():
        made = engine_of(policy(backend=backend, **more))
        assert isinstance(made, BACKENDS[backend])
        assert made.model == "a/b"


def test_what_cannot_be_is_refused_with_the_mend() -> None:
    assert "unknown backend 'vlm'" in faults(backend="vlm")
    assert "a system message needs a chat" in faults(system="x", text_as="plain")
    server = {"backend": "openai", "base_url": "http://127.0.0.1:1/v1"}
    assert "the option 'top_p' cannot be set here" in faults(**server, options={"top_p": 1})
    assert "asked in chats" in faults(**server, text_as="plain")
    assert "top_p" in faults(top_p=0)
