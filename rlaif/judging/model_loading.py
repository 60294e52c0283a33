"""A judge's model and tokenizer, loaded by transformers, or the one message why not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from rlaif.errors import JudgeUnavailable
from rlaif.judging.loading import loading
from rlaif.judging.weights import find_weights
from rlaif.ports import TokenizerFiles
from rlaif.records.backends import TransformersJudge


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model ready to answer."""

    model: Any
    served: str
    """The weights and the number format: what determines its answers."""
    max_length: int | None
    """Longest prompt in tokens."""


def load_model(spec: TransformersJudge, folder: Path | None = None) -> Loaded:
    """Load the weights that `spec` names onto its device.

    Raises: JudgeUnavailable with what to change.
    """
    weights = find_weights(spec, folder)
    device = device_of(spec.device)
    dtype = dtype_of(spec.dtype, device)
    options = _options(weights) | {"dtype": dtype}
    model = _loaded(AutoModelForCausalLM, weights.source, options, spec.model)
    commit = getattr(model.config, "_commit_hash", None) or "unknown commit"
    served = f"{weights.served or f'{spec.model}@{commit}'} {dtype}"
    own = getattr(model.config.get_text_config(decoder=True), "max_position_embeddings", None)
    longest = min(filter(None, (spec.max_length, own)), default=None)
    return Loaded(_moved(model.eval(), device), served, longest)


def load_tokenizer(spec: TransformersJudge, folder: Path | None = None) -> TokenizerFiles:
    """The tokenizer's files, read without loading the model. Raises: JudgeUnavailable."""
    weights = find_weights(spec, folder)
    return _tokenizer_files(_loaded(AutoTokenizer, weights.source, _options(weights), spec.model))


def device_of(name: str) -> torch.device:
    """The device of that name, or the best one here. Raises: JudgeUnavailable."""
    try:
        if name != "auto":
            return torch.device(name)
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    except RuntimeError as error:
        raise JudgeUnavailable(f"device '{name}' cannot be used: {error}") from error


def dtype_of(name: str, device: torch.device) -> torch.dtype:
    """The number format of that name; bfloat16 where the device computes in it, else float32."""
    if name != "auto":
        dtype: torch.dtype = getattr(torch, name)
        return dtype
    if device.type == "cpu":
        computes: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
        good = any(computes.get(k) for k in ("amx_bf16", "avx512_bf16", "bf16"))
        return torch.bfloat16 if good else torch.float32
    if device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.float32
    return torch.bfloat16


def _options(weights: Any) -> dict[str, Any]:
    named = {"revision": weights.revision, "gguf_file": weights.gguf_file}
    return {key: value for key, value in named.items() if value}


def _loaded(kind: Any, source: str, options: dict[str, Any], model: str) -> Any:
    try:
        with loading():
            return kind.from_pretrained(source, trust_remote_code=False, **options)
    except Exception as error:  # files, hub, parsers, memory: each raises its own
        first = str(error).strip().partition("\n")[0][:300] or type(error).__name__
        raise JudgeUnavailable(
            f"the model '{model}' cannot be loaded: {first}\n"
            "  hint: a folder with the weights, or the id of a model on a hub that is reached"
        ) from error


def _moved(model: Any, device: torch.device) -> Any:
    try:
        return model.to(device)
    except (RuntimeError, AssertionError) as error:  # no such device, or not enough memory on it
        first = str(error).strip().partition("\n")[0][:300]
        raise JudgeUnavailable(
            f"the model does not go onto device '{device}': {first}\n"
            "  hint: choose another 'device' in the judge file, or a smaller model"
        ) from error


def _tokenizer_files(tokenizer: Any) -> TokenizerFiles:
    if not getattr(tokenizer, "is_fast", False):
        raise JudgeUnavailable("the model has no fast tokenizer, which prompts as ids need")
    template = tokenizer.chat_template
    if isinstance(template, dict):
        template = template.get("default")
    special = {k: v for k, v in tokenizer.special_tokens_map.items() if isinstance(v, str)}
    return TokenizerFiles(tokenizer.backend_tokenizer.to_str(), template, special)
