"""What a verdict is known by: what determines the answer, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from rlaif.records.backends import OpenaiJudge, VllmJudge
from rlaif.records.judge import Judge, ask_fingerprint
from rlaif.records.judge_base import JudgeBase

NAMED = {"judge": "j", "version": "1.0.0", "model": "m"}
URL = "http://127.0.0.1:8000/v1"


def openai(**more: Any) -> OpenaiJudge:
    return OpenaiJudge.model_validate({**NAMED, "backend": "openai", "base_url": URL, **more})


def vllm(**more: Any) -> VllmJudge:
    return VllmJudge.model_validate({**NAMED, "backend": "vllm", **more})


SPEEDS: list[tuple[JudgeBase, JudgeBase]] = [
    (openai(), openai(base_url="https://elsewhere.example/v1")),
    (openai(), openai(base_url=[URL, "http://127.0.0.1:8001/v1"])),
    (openai(), openai(concurrency=1, retries=0, deadline_s=1, rate_limit=2, max_outage_s=0)),
    (openai(), openai(api_key_env="RLAIF_OTHER_API_KEY")),
    (vllm(), vllm(engines=4, memory_share=0.4, kv_cache_gib=2)),
    (vllm(), vllm(options={"max_num_seqs": 8, "enforce_eager": True})),
]


@pytest.mark.parametrize(("one", "other"), SPEEDS)
def test_where_and_how_fast_a_judge_is_asked_changes_nothing(
    one: JudgeBase, other: JudgeBase
) -> None:
    assert ask_fingerprint(one, "s") == ask_fingerprint(other, "s")
    assert Judge(one, "t").content_hash == Judge(other, "t").content_hash


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (openai(), openai(model="n")),
        (openai(), openai(revision="abc")),
        (openai(), openai(api="json")),
        (openai(), openai(labels={"yes": "Ja", "no": "Nein"})),
        (openai(), openai(verdict="generated")),
        (openai(verdict="generated"), openai(verdict="generated", temperature=0.7)),
        (openai(verdict="generated"), openai(verdict="generated", thinking=True)),
        (openai(), openai(options={"chat_template_kwargs": {"a": 1}})),
        (vllm(), vllm(revision="abc")),
        (vllm(), vllm(dtype="float16")),
        (vllm(), vllm(quantization="fp8")),
        (vllm(), vllm(adapter="lora")),
        (vllm(), vllm(options={"kv_cache_dtype": "fp8"})),
        (vllm(), openai()),
    ],
)
def test_what_determines_an_answer_makes_another_judge(one: JudgeBase, other: JudgeBase) -> None:
    assert ask_fingerprint(one, "s") != ask_fingerprint(other, "s")


def test_what_the_backend_found_is_part_of_it() -> None:
    assert ask_fingerprint(openai(), "weights a") != ask_fingerprint(openai(), "weights b")


def test_reading_a_verdict_otherwise_asks_nothing_anew() -> None:
    assert ask_fingerprint(openai(), "s") == ask_fingerprint(
        openai(min_label_mass=0.5, pairwise="mean", max_completion=9), "s"
    )
