"""A causal language model that only writes: no labels are read, and an adapter may lie over it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

from rlaif.errors import JudgeUnavailable
from rlaif.judging.loading import loading
from rlaif.judging.model_loading import Loaded, load_model, load_tokenizer
from rlaif.judging.transformers_generate import Writing, Written
from rlaif.judging.vllm_adapter import find_adapter
from rlaif.lazy import ADAPTERS, load
from rlaif.ports import Request, TokenizerFiles
from rlaif.records.backends import TransformersJudge


class TransformersWriter:
    """Texts by transformers in this process."""

    def __init__(
        self, spec: TransformersJudge, folder: Path | None = None, adapter: str | None = None
    ) -> None:
        """Find nothing and load nothing yet; relative paths start at `folder`."""
        self._spec, self._folder, self._adapter = spec, folder, adapter
        self._files: TokenizerFiles | None = None
        self._writing: Writing | None = None
        self._notes: tuple[str, ...] = ()
        self.served = ""
        self.max_length: int | None = spec.max_length

    @property
    def notes(self) -> tuple[str, ...]:
        """Where the model runs, and what it could not be held to."""
        return self._notes + (self._writing.notes if self._writing else ())

    def tokenizer(self) -> TokenizerFiles:
        """The tokenizer's files, read without loading the model. Raises: JudgeUnavailable."""
        if self._files is None:
            self._files = load_tokenizer(self._spec, self._folder)
        return self._files

    async def start(self) -> None:
        """Load the model, in a thread.

        Raises: JudgeUnavailable with what to change; MissingExtra for an adapter without peft.
        """
        files = await asyncio.to_thread(self.tokenizer)
        await asyncio.to_thread(self._load, files)

    async def generate(self, asked: AsyncIterator[Request]) -> AsyncIterator[Written]:
        """Texts as each batch is done; left early, the batch under way ends at its next token."""
        if self._writing is None:
            raise RuntimeError("the model was not started")
        async with aclosing(self._writing.texts(asked)) as texts:
            async for written in texts:
                yield written

    async def aclose(self) -> None:
        """Let go of the model's memory."""
        if self._writing:
            self._writing.stop()
        self._writing = None

    def _load(self, files: TokenizerFiles) -> None:
        loaded = load_model(self._spec, self._folder)
        if self._adapter:
            loaded = _adapted(loaded, self._adapter, self._folder)
        self.served, self.max_length = loaded.served, loaded.max_length
        self._notes = (
            f"{self._spec.model} on {loaded.model.device} in {str(loaded.model.dtype)[6:]}",
        )
        self._writing = Writing(loaded, files, threading.Lock(), self._spec.batch_tokens)


def _adapted(loaded: Loaded, name: str, folder: Path | None) -> Loaded:
    """The model with the adapter's weights in its own. Raises: JudgeUnavailable, MissingExtra."""
    found = find_adapter(name, folder)
    merged: Any = load(ADAPTERS["lora"])
    try:
        with loading():
            model = merged(loaded.model, found.folder)
    except Exception as error:  # shapes, names, files: each raises its own
        first = str(error).strip().partition("\n")[0][:300] or type(error).__name__
        raise JudgeUnavailable(
            f"the adapter '{name}' does not fit the model: {first}\n"
            "  hint: an adapter that was trained on exactly this model"
        ) from error
    return replace(loaded, model=model, served=f"{loaded.served} adapter {found.checksum}")
