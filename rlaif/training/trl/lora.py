"""Low-rank adapters: peft's configuration of them, and a model with them merged in."""

from __future__ import annotations

from typing import Any

from peft import LoraConfig

from rlaif.records.training import Lora


def adapters_of(lora: Lora, task: str) -> Any:
    """What TRL takes as `peft_config`. Args: `task`, CAUSAL_LM or SEQ_CLS."""
    modules = lora.target_modules
    return LoraConfig(
        r=lora.r,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=modules[0] if modules == ("all-linear",) else list(modules),
        task_type=task,
    )
