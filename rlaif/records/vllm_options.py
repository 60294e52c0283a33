"""The options of vLLM's engine that a judge file may set, by vLLM's own names.

Only these. vLLM has some two hundred, among them some that run code, load other weights, read
files or send data away, and each version brings more. A judge file may come from a stranger.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from rlaif.records.base import Fault, refuse


class _Whole(NamedTuple):
    least: int = 1

    def fault(self, value: Any) -> str:
        """What is wrong with `value`; empty where nothing is."""
        fits = isinstance(value, int) and not isinstance(value, bool) and value >= self.least
        return "" if fits else f"a whole number from {self.least} on"


class _Number(NamedTuple):
    least: float = 0.0

    def fault(self, value: Any) -> str:
        """What is wrong with `value`; empty where nothing is."""
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        return "" if fits and value >= self.least else f"a number from {self.least:g} on"


class _Flag(NamedTuple):
    def fault(self, value: Any) -> str:
        """What is wrong with `value`; empty where nothing is."""
        return "" if isinstance(value, bool) else "true or false"


class _Word(NamedTuple):
    one_of: tuple[str, ...] = ()
    """Empty where the words differ from version to version, and vLLM knows its own."""

    def fault(self, value: Any) -> str:
        """What is wrong with `value`; empty where nothing is."""
        if self.one_of:
            return "" if value in self.one_of else f"one of: {', '.join(self.one_of)}"
        plain = isinstance(value, str) and _PLAIN.fullmatch(value)
        return "" if plain else "one word of letters, digits and '_'"


_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,60}")
_Kind = _Whole | _Number | _Flag | _Word

SPEED: Mapping[str, _Kind] = {
    # what is computed together
    "async_scheduling": _Flag(),
    "enable_chunked_prefill": _Flag(),
    "enable_prefix_caching": _Flag(),
    "long_prefill_token_threshold": _Whole(0),
    "max_num_batched_tokens": _Whole(),
    "max_num_partial_prefills": _Whole(),
    "max_long_partial_prefills": _Whole(),
    "max_num_scheduled_tokens": _Whole(),
    "max_num_seqs": _Whole(),
    # memory
    "block_size": _Whole(),
    "cpu_offload_gb": _Number(),
    "disable_hybrid_kv_cache_manager": _Flag(),
    "max_cpu_loras": _Whole(),
    "num_gpu_blocks_override": _Whole(),
    "swap_space": _Number(),
    # how a step is made ready
    "disable_cascade_attn": _Flag(),
    "enable_flashinfer_autotune": _Flag(),
    "enforce_eager": _Flag(),
    "max_cudagraph_capture_size": _Whole(),
    "optimization_level": _Whole(0),
    "performance_mode": _Word(("balanced", "interactivity", "throughput")),
    # several GPUs
    "decode_context_parallel_size": _Whole(),
    "disable_custom_all_reduce": _Flag(),
    "distributed_timeout_seconds": _Whole(),
    "enable_eplb": _Flag(),
    "enable_expert_parallel": _Flag(),
    "expert_placement_strategy": _Word(("linear", "round_robin")),
    "fully_sharded_loras": _Flag(),
    "pipeline_parallel_size": _Whole(),
    # loading
    "max_parallel_loading_workers": _Whole(),
    "safetensors_load_strategy": _Word(("lazy", "eager", "prefetch")),
}
"""How fast, and in how much memory: the answers are alike whatever they are."""

PRECISION: Mapping[str, _Kind] = {
    "attention_backend": _Word(),
    "calculate_kv_scales": _Flag(),
    "kv_cache_dtype": _Word(),
    "linear_backend": _Word(),
    "lora_dtype": _Word(("auto", "float16", "bfloat16", "float32")),
    "mamba_cache_dtype": _Word(),
    "mamba_ssm_cache_dtype": _Word(),
    "moe_backend": _Word(),
}
"""How exactly is computed: the answers differ a little, so these are part of what they are known
by."""

OWN_KEYS: Mapping[str, str] = {
    "data_parallel_size": "engines",
    "dtype": "dtype",
    "enable_lora": "adapter",
    "gpu_memory_utilization": "memory_share",
    "kv_cache_memory_bytes": "kv_cache_gib",
    "max_model_len": "max_length",
    "model": "model",
    "quantization": "quantization",
    "revision": "revision",
    "tensor_parallel_size": "tensor_parallel",
}
"""Options that a judge file has a key of its own for."""

_ALLOWED = {**SPEED, **PRECISION}
_ELSEWHERE = "start a server of your own with it, and ask that (backend: openai)"


def vllm_options(stated: Mapping[str, Any]) -> dict[str, Any]:
    """The options under vLLM's own spelling (`Max-Num-Seqs` is `max_num_seqs`).

    Raises: PydanticCustomError with all that may not be set here, or not to that.
    """
    found: dict[str, Any] = {}
    refuse(list(_faults(stated, found)))
    return found


def changing_answers(options: Mapping[str, Any]) -> dict[str, Any]:
    """Those of them that answers are known by."""
    return {name: value for name, value in options.items() if name not in SPEED}


def _faults(stated: Mapping[str, Any], found: dict[str, Any]) -> Iterator[Fault]:
    """Fills `found` on the way."""
    for written, value in stated.items():
        name = written.lower().replace("-", "_")
        kind = _ALLOWED.get(name)
        if kind is None:
            yield Fault((written,), f"'{written[:80]}' cannot be set here", _instead(name))
        elif name in found:
            yield Fault((written,), f"'{name}' is stated twice")
        elif wrong := kind.fault(value):
            yield Fault((written,), f"'{name}' is {wrong}")
        found[name] = value


def _instead(name: str) -> str:
    if key := OWN_KEYS.get(name):
        return f"the judge file's own key for it is '{key}'"
    near = get_close_matches(name[:80], _ALLOWED, n=1)
    return f"did you mean '{near[0]}'? Else {_ELSEWHERE}" if near else _ELSEWHERE
