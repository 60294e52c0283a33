"""A model that trains in a second, rows for each kind of training, and one who watches."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from rlaif.records.training import CONFIGS, TrainConfig

RUBRIC = """\
rubric: form
version: 1.0.0
title: Form
criteria:
  - {id: short, check: length, unit: characters, max: 8, weight: 1}
  - {id: open, ask: "Is the completion an open one?", weight: 1}
"""
_CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


class Seen:
    """Keeps what a training tells; `at` is called at each step."""

    def __init__(self, at: Callable[[int], None] = lambda _: None) -> None:
        self.notes: list[str] = []
        self.steps: list[int] = []
        self.figures: dict[str, float] = {}
        self._at = at

    def note(self, text: str) -> None:
        self.notes.append(text)

    def step(self, done: int, steps: int, figures: Mapping[str, float]) -> None:
        if not self.steps or self.steps[-1] != done:
            self.steps.append(done)
            self._at(done)
        self.figures = dict(figures)


def save_tiny(folder: Path) -> Path:
    """A random Llama of some thousand weights with a tokenizer of bytes and a chat template."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
    from transformers.utils import logging

    bytes_of = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = bytes_of
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        show_progress=False,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(["Say it. "], trainer)
    roles = {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=300,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        eos_token_id=2,
        pad_token_id=0,
    )
    logging.disable_progress_bar()
    LlamaForCausalLM(config).save_pretrained(str(folder))
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, chat_template=_CHATML, **roles)
    fast.save_pretrained(str(folder))
    return folder


def on_a_hub(cache: Path, monkeypatch: Any) -> Path:
    """The hub is not reached, and `cache` is what was loaded from it."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return cache


def said(role: str, text: str) -> list[dict[str, str]]:
    return [{"role": role, "content": text}]


def rows_of(kind: str, count: int = 8) -> list[dict[str, Any]]:
    """Rows as `rlaif select`, `pairs` and `unpaired` write them: with columns of their own."""
    whole: list[dict[str, Any]] = []
    for i in range(count):
        good, bad = said("assistant", f"It is {i}."), said("assistant", "No!")
        ends: dict[str, dict[str, Any]] = {
            "sft": {"completion": good, "score": 0.5},
            "reward": {"chosen": good, "rejected": bad, "margin": 0.25},
            "dpo": {"chosen": good, "rejected": bad, "margin": 0.25},
            "kto": {"completion": good, "label": i % 2 == 0},
            "grpo": {"topic": "numbers"},
        }
        prompt = said("user", f"Say {i}.")
        whole.append({"prompt": prompt, "sample_id": f"s{i}", "lineage": {"run": i}, **ends[kind]})
    return whole


def write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def config_of(kind: str, model: Path, folder: Path, **more: Any) -> TrainConfig:
    """Two steps of that kind on eight rows; `arguments` are added to those of the kind."""
    arguments = {"max_steps": 2, "per_device_train_batch_size": 4, "learning_rate": 0.01}
    stated: dict[str, Any] = {"train": kind, "model": str(model), "output": str(folder / "out")}
    stated["data"] = str(write_lines(folder / f"{kind}.jsonl", rows_of(kind)))
    if kind == "grpo":
        (folder / "form.yaml").write_text(RUBRIC)
        stated |= {"rubric": str(folder / "form.yaml"), "judge": "scripted-hash"}
        arguments |= {"num_generations": 4, "max_completion_length": 8}
    stated["arguments"] = {**arguments, **more.pop("arguments", {})}
    return CONFIGS[kind].model_validate({**stated, **more})
