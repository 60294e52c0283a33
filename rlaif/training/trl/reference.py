"""The model once more, as TRL loads it by name: as the reference of a loss, and in vLLM."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rlaif.training.trl.job import Job, Source

_LOAD_AGAIN = ("dpo", "kto", "grpo")
_BASE = "base"


@contextmanager
def findable(job: Job, model: Any, tokenizer: Any) -> Iterator[None]:
    """While a trainer is made, the model's name leads to the very weights that it was loaded from.

    TRL takes nothing but that name, and would find the hub's main branch by it, and no GGUF.
    """
    folder = _folder(job, model, tokenizer)
    if folder is None:
        yield
        return
    before = model.name_or_path
    _name(model, folder)
    try:
        yield
    finally:
        _name(model, before)  # stands in the model's card


def state_base(model: Any, source: Source) -> None:
    """Adapters say what they are for: the model by its name and commit, wherever it lay."""
    for adapters in getattr(model, "peft_config", {}).values():
        adapters.base_model_name_or_path = source.place
        adapters.revision = source.revision


def _folder(job: Job, model: Any, tokenizer: Any) -> str | None:
    """Where TRL finds the weights; None where their own name says so."""
    if job.config.train not in _LOAD_AGAIN:
        return None
    if not job.source.gguf_file:
        return job.source.folder
    folder = str(job.rows.parent / _BASE)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _name(model: Any, name: str) -> None:
    model.name_or_path = name
    model.config._name_or_path = name  # what TRL reads
