"""A judge file's keys as the options of vLLM's engine."""

from __future__ import annotations

from typing import Any

import orjson

from rlaif.errors import JudgeUnavailable
from rlaif.judging.vllm_adapter import Adapter
from rlaif.judging.vllm_place import Place, computes_bfloat16, free_gib
from rlaif.judging.weights import Weights
from rlaif.records.backends import VllmJudge

_GIB = 2**30
_SHARE = 0.9
"""Of a GPU's memory, where the judge file does not say."""
_KEY_OF = {
    "model": "model",
    "revision": "revision",
    "dtype": "dtype",
    "tensor_parallel_size": "tensor_parallel",
    "data_parallel_size": "engines",
    "quantization": "quantization",
    "gpu_memory_utilization": "memory_share",
    "kv_cache_memory_bytes": "kv_cache_gib",
    "max_model_len": "max_length",
    "enable_lora": "adapter",
}
"""Options that a judge file has a key of its own for."""
_OURS = {"logprobs_mode", "tokenizer", "tokenizer_revision", "skip_tokenizer_init", "runner"}
"""Options that answers, or what they are known by, rest on."""
_RUNS_CODE = {
    *("trust_remote_code", "code_revision", "worker_cls", "worker_extension_cls", "scheduler_cls"),
    *("logits_processors", "io_processor_plugin", "reasoning_parser_plugin"),
    *("model_class_overrides", "distributed_executor_backend", "kv_transfer_config"),
    *("ec_transfer_config", "structured_outputs_config", "compilation_config"),
}
"""Options by which a judge file could have any code run."""


def engine_options(
    spec: VllmJudge, weights: Weights, place: Place, engines: int, adapter: Adapter | None
) -> dict[str, Any]:
    """The options of one of so many engines. Raises: JudgeUnavailable for one that is refused."""
    _refuse(spec)
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


def _refuse(spec: VllmJudge) -> None:
    for name in spec.options:
        hint = ""
        if key := _KEY_OF.get(name):
            hint = f"  hint: the judge file's own key for it is '{key}'"
        elif name in _OURS:
            hint = "  hint: verdicts rest on it, so rlaif sets it"
        elif name in _RUNS_CODE:
            hint = "  hint: it would let a judge file run any code; start a server of your own " + (
                "with it, and ask that (backend: openai)"
            )
        if hint:
            raise JudgeUnavailable(f"options: '{name}' cannot be set here\n{hint}")


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
