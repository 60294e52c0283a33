"""Texts as mean hidden states of a model on this machine, by transformers.

Loaded by name, through `rlaif.lazy`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer
from transformers.utils import logging

from rlaif.errors import JudgeUnavailable

TOKENS = 512
"""Of a text, those that are looked at: its first ones."""

_AT_ONCE = 8192
"""Tokens of one forward pass, padding included."""


class Embedder:
    """A model that is asked for its hidden states alone."""

    def __init__(
        self, source: str, revision: str | None = None, gguf_file: str | None = None
    ) -> None:
        """Load the model in `source`, a folder or an id of the hub. Raises: JudgeUnavailable."""
        named = {"revision": revision, "gguf_file": gguf_file}
        options = {name: value for name, value in named.items() if value}
        try:
            with _quiet():
                self._load(source, options)
        except Exception as error:  # files, hub, parsers, memory: each raises its own
            first = str(error).strip().partition("\n")[0][:300] or type(error).__name__
            raise JudgeUnavailable(
                f"--features: the model '{source}' cannot be loaded: {first}\n"
                "  hint: a folder with the weights, or the id of a model on a hub that is reached"
            ) from error

    def _load(self, source: str, options: Mapping[str, str]) -> None:
        self._tokenizer = AutoTokenizer.from_pretrained(source, **options)
        model = AutoModel.from_pretrained(source, dtype=torch.float32, **options)
        self._model = model.eval().to("cuda" if torch.cuda.is_available() else "cpu")

    def __call__(self, texts: Sequence[str]) -> Any:
        """The mean of the last hidden states of each text: [texts, size] of float32.

        Texts of like length are computed together, whatever their order is.
        """
        options = {"truncation": True, "max_length": TOKENS}
        ids = [self._tokenizer(text or " ", **options).input_ids for text in texts]
        order = sorted(range(len(ids)), key=lambda place: len(ids[place]))
        found: list[Any] = [None] * len(ids)
        for batch in _batches(order, ids):
            for place, state in zip(batch, self._means([ids[at] for at in batch]), strict=True):
                found[place] = state
        return np.stack(found)

    def _means(self, ids: Sequence[Sequence[int]]) -> Any:
        longest = max(map(len, ids))
        padded = torch.tensor([[*one, *[0] * (longest - len(one))] for one in ids])
        mask = torch.tensor([[1] * len(one) + [0] * (longest - len(one)) for one in ids])
        padded, mask = padded.to(self._model.device), mask.to(self._model.device)
        with torch.inference_mode():
            states = self._model(input_ids=padded, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).to(states.dtype)
        return ((states * weights).sum(dim=1) / weights.sum(dim=1)).cpu().numpy()


@contextmanager
def _quiet() -> Iterator[None]:
    """Errors alone are told, and no bar is drawn; the settings are put back."""
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def _batches(order: Sequence[int], ids: Sequence[Sequence[int]]) -> list[list[int]]:
    """Places from the shortest text up, as many at once as the memory is meant for."""
    batches: list[list[int]] = []
    for place in order:
        longest = max(len(ids[place]), 1)
        if not batches or (len(batches[-1]) + 1) * longest > _AT_ONCE:
            batches.append([])
        batches[-1].append(place)
    return batches
