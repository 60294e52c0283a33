"""A LoRA adapter merged into its model, by peft."""

from __future__ import annotations

from typing import Any

from peft import PeftModel


def merged(model: Any, folder: str) -> Any:
    """`model` with the weights of the adapter in `folder` added to its own.

    Raises: whatever peft raises where the two do not fit.
    """
    return PeftModel.from_pretrained(model, folder).merge_and_unload().eval()
