"""All that touches vLLM's own names, and all that differs from version to version (0.24 to 0.33).

What was found to be alike in 0.24, 0.28, 0.30, 0.32 and 0.33: `EngineArgs`, `LLMEngine` with
`add_request`, `step` and `abort_request`, `SamplingParams.logprob_token_ids`, `TokensPrompt`,
`StructuredOutputsParams` (called GuidedDecodingParams before), `num_cached_tokens`.

What differs: later versions want prompts that have been through the engine's renderer, which all
of them have.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import vllm
from vllm import EngineArgs, LLMEngine, SamplingParams
from vllm.config import StructuredOutputsConfig
from vllm.lora.request import LoRARequest
from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams
from vllm.usage.usage_lib import UsageContext

OPTIONS = frozenset(
    f.name for f in dataclasses.fields(EngineArgs) if f.init and not f.name.startswith("_")
)
"""The names of the engine's options."""


def version() -> str:
    """Of the vLLM that is running."""
    return str(vllm.__version__)


def engine_of(options: dict[str, Any]) -> Any:
    """An engine ready to compute; whatever vLLM raises where that cannot be."""
    shaping = StructuredOutputsConfig(**options["structured_outputs_config"])
    given = EngineArgs(**{**options, "structured_outputs_config": shaping})
    return LLMEngine.from_engine_args(given, usage_context=UsageContext.LLM_CLASS)


def adapter_of(path: str | None) -> Any:
    """The adapter as every request names it."""
    return LoRARequest("adapter", 1, path) if path else None


def facts_of(engine: Any) -> dict[str, Any]:
    """Of the model: its longest text, number format, commit, device, and how many run at once."""
    config = engine.vllm_config
    model = config.model_config
    return {
        "max_length": model.max_model_len,
        "dtype": str(model.dtype).removeprefix("torch."),
        "quantization": model.quantization,
        "commit": getattr(model.hf_config, "_commit_hash", None),
        "device": config.device_config.device_type,
        "at_once": config.scheduler_config.max_num_seqs,
        "version": version(),
    }


def is_recurrent(engine: Any) -> bool:
    """Whether layers carry a state along, so that one step's requests share no prefix."""
    model = engine.vllm_config.model_config
    return bool(getattr(model, "is_hybrid", False) or getattr(model, "has_inner_state", False))


def deciding(label_ids: Sequence[int]) -> Any:
    """One token, and the probabilities of the labels in its place."""
    return SamplingParams(
        max_tokens=1,
        temperature=0.0,
        detokenize=False,
        logprob_token_ids=list(label_ids),
        output_kind=RequestOutputKind.FINAL_ONLY,
    )


def writing(message: dict[str, Any]) -> Any:
    """Text, as a `write` asks for it."""
    schema = message["schema"]
    return SamplingParams(
        max_tokens=message["max_tokens"],
        temperature=message["temperature"],
        top_p=message["top_p"] if message["temperature"] else 1.0,
        seed=message["seed"],
        stop_token_ids=message["stops"],
        stop=list(message["stop_texts"]) or None,
        structured_outputs=StructuredOutputsParams(json=schema) if schema else None,
        detokenize=bool(message["stop_texts"]),  # which are looked for in the text
        output_kind=RequestOutputKind.FINAL_ONLY,
    )


def add(engine: Any, name: str, ids: list[int], params: Any, adapter: Any) -> None:
    """Hand a prompt to the engine. Raises: whatever vLLM has against it."""
    (prompt,) = engine.renderer.render_cmpl([{"prompt_token_ids": ids}])
    engine.add_request(name, prompt, params, lora_request=adapter)


def probabilities(output: Any, label_ids: Sequence[int]) -> list[float]:
    """Each label's, out of the whole vocabulary; nan where the engine did not say."""
    places = output.outputs[0].logprobs
    found = places[0] if places else {}
    return [math.exp(found[i].logprob) if i in found else math.nan for i in label_ids]


def written(output: Any) -> tuple[list[int], bool]:
    """The ids without what ended them, and whether they were cut off."""
    one = output.outputs[0]
    ids = list(one.token_ids)
    if one.finish_reason == "length":
        return ids, True
    by_text = isinstance(getattr(one, "stop_reason", None), str)
    by_token = one.finish_reason == "stop" and not by_text
    return (ids[:-1] if by_token else ids), False


def close(engine: Any) -> None:
    """Let go of the device."""
    engine.engine_core.shutdown()
