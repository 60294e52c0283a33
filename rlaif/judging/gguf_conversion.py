"""GGUF weights as a folder of safetensors, which every engine loads."""

from __future__ import annotations

import contextlib
import io
import shutil
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from rlaif.judging.loading import loading


def convert(home: Path, gguf_file: str, target: Path) -> None:
    """Write the model and the tokenizer of `home / gguf_file` to the folder `target`, in float32.

    It appears whole or not at all; what a killed process left of it is removed first.
    """
    part = target.with_name(target.name + ".part")
    for leftover in (part, target):
        shutil.rmtree(leftover, ignore_errors=True)
    with loading(), contextlib.redirect_stderr(io.StringIO()):  # it draws a bar of its own
        tokenizer = AutoTokenizer.from_pretrained(str(home), gguf_file=gguf_file)
        model = AutoModelForCausalLM.from_pretrained(
            str(home), gguf_file=gguf_file, dtype=torch.float32
        )
        # transformers marks the model as quantised and would refuse to save it
        model.hf_quantizer = None
        if hasattr(model.config, "quantization_config"):
            del model.config.quantization_config
        model.save_pretrained(str(part))
        tokenizer.save_pretrained(str(part))
    part.rename(target)
