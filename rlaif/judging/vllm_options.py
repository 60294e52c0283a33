"""A judge file's keys as the options of vLLM's engine."""

from __future__ import annotations

from typing import Any

import orjson

from rlaif.judging.vllm_adapter import Adapter
from rlaif.judging.vllm_place import Place, computes_bfloat16, free_gib
from rlaif.judging.weights import Weights
from rlaif.records.backends import VllmJudge

_GIB = 2**30
_SHARE = 0.9
"""Of a GPU's memory, where the judge file does not say."""
_COMPACT = {"backend": "xgrammar", "disable_any_whitespace": True}
"""For what a schema shapes: without this a small model may write line breaks until it is cut."""


def engine_options(
    spec: VllmJudge, weights: Weights, place: Place, engines: int, adapter: Adapter | None
) -> dict[str, Any]:
    """The options of one of so many engines."""
    given: dict[str, Any] = {
        "model": weights.source,
        "revision": weights.revision,
        "tokenizer_revision": weights.revision,
        "dtype": _dtype(spec, place),
        "tensor_parallel_size": spec.tensor_parallel,
        "quantization": spec.quantization,
        "gpu_memory_utilization": (spec.memory_share or _SHARE) if place.on_gpu else None,
        "kv_cache_memory_bytes": _kv_bytes(spec, place, engines),
        "max_model_len": spec.max_length,
        "seed": 0,
        "enable_prefix_caching": True,
        "logprobs_mode": "raw_logprobs",
        "structured_outputs_config": _COMPACT,
        "disable_log_stats": True,
    }
    if adapter:
        given |= {"enable_lora": True, "max_loras": 1, "max_lora_rank": adapter.room}
    return {name: value for name, value in given.items() if value is not None} | spec.options


def command_line(options: dict[str, Any]) -> list[str]:
    """The same for a program: `--max-model-len 4096 --enable-prefix-caching`."""
    words = []
    for name, value in options.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            text = orjson.dumps(value).decode() if isinstance(value, dict | list) else str(value)
            words += [f"--{flag}", text]
    return words


def _dtype(spec: VllmJudge, place: Place) -> str:
    if spec.dtype != "auto" or place.on_gpu:
        return spec.dtype
    return "bfloat16" if computes_bfloat16() else "float32"


def _kv_bytes(spec: VllmJudge, place: Place, engines: int) -> int | None:
    """On a processor vLLM would take nine tenths of the machine: it gets a quarter of what is free.

    At least 1 GiB, and at most 16, which hold more than any job has under way.
    """
    if spec.kv_cache_gib:
        return int(spec.kv_cache_gib * _GIB)
    if place.on_gpu:
        return None
    share = spec.memory_share or 1.0  # less where several judges load
    return int(max(1.0, min(16.0, free_gib() / 4 / engines * share)) * _GIB)
