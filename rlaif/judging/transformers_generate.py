"""Free text by the causal language model that a judge file names, run by transformers.

Requests of like length are one batch, padded on the left. In float32 the same request has the same
text; in bfloat16 the most probable token can also depend on what else was in the batch.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import GenerationConfig, StoppingCriteriaList

from rlaif.judging.model_loading import load_model, load_tokenizer
from rlaif.ports import Generated, Request, TokenizerFiles
from rlaif.records.backends import TransformersJudge
from rlaif.records.outcome import Failure

_BATCH_TOKENS = {True: 65_536, False: 16_384}
"""Prompt and text of a batch together, on CUDA or not, where the judge file does not say."""
_WINDOW = 64
"""Requests that are sorted by length together."""
_PAUSE_S = 0.005
"""How long to wait for more requests before answering those that are there."""

_Written = tuple[int, Generated | Failure]


class TransformersGenerator:
    """Batches of texts from one model."""

    def __init__(self, spec: TransformersJudge, folder: Path | None = None) -> None:
        """Find nothing and load nothing yet; relative paths start at `folder`."""
        self._spec, self._folder = spec, folder
        self._model: Any = None
        self._files: TokenizerFiles | None = None
        self._stopped = threading.Event()
        self.served = ""
        self.max_length: int | None = spec.max_length
        self.notes: tuple[str, ...] = ()

    def tokenizer(self) -> TokenizerFiles:
        """The tokenizer's files, read without loading the model. Raises: JudgeUnavailable."""
        if self._files is None:
            self._files = load_tokenizer(self._spec, self._folder)
        return self._files

    async def start(self) -> None:
        """Load the model, in a thread. Raises JudgeUnavailable with what to change."""
        self.tokenizer()
        await asyncio.to_thread(self._load)

    async def generate(self, asked: AsyncIterator[Request]) -> AsyncIterator[_Written]:
        """Texts as each batch is done; left early, the batch under way ends at its next token."""
        waiting: asyncio.Queue[Request | None] = asyncio.Queue()

        async def read() -> None:
            try:
                async for request in asked:
                    waiting.put_nowait(request)
            finally:
                waiting.put_nowait(None)

        reader = asyncio.create_task(read())
        self._stopped.clear()
        try:
            more = True
            while more:
                window, more = await _window(waiting)
                for number, failure in filter(None, map(self._too_long, window)):
                    yield number, failure
                fitting = [request for request in window if not self._too_long(request)]
                for batch in _batches(fitting, self._batch_tokens()):
                    for written in await asyncio.to_thread(self._write, batch):
                        yield written
            await reader
        finally:
            self._stopped.set()
            reader.cancel()
            await asyncio.wait([reader])
            if not reader.cancelled():
                reader.exception()  # raised above where anyone still listens

    async def aclose(self) -> None:
        """Let go of the model's memory."""
        self._stopped.set()
        self._model = None

    def _load(self) -> None:
        loaded = load_model(self._spec, self._folder)
        self._model, self.served, self.max_length = loaded.model, loaded.served, loaded.max_length
        self._words = Tokenizer.from_str(self.tokenizer().tokenizer_json)
        self._ends = _end_ids(loaded.model, self._words, self.tokenizer().special_tokens)
        self._pad = self._ends[0] if self._ends else 0  # masked, and cut off from the texts
        place = f"{loaded.model.device} in {str(loaded.model.dtype)[6:]}"
        self.notes = (f"{self._spec.model} on {place}",)

    def _batch_tokens(self) -> int:
        return self._spec.batch_tokens or _BATCH_TOKENS[self._model.device.type == "cuda"]

    def _too_long(self, request: Request) -> tuple[int, Failure] | None:
        whole = len(request.ids) + request.max_tokens
        if self.max_length is None or whole <= self.max_length:
            return None
        told = f"prompt and text are {whole} tokens; the model takes {self.max_length}"
        return request.number, Failure("length", told)

    def _write(self, batch: Sequence[Request]) -> list[_Written]:
        """Texts for a batch; where it breaks, for its halves, down to the request at fault."""
        try:
            return list(self._generated(batch))
        except Exception as error:  # noqa: BLE001 - a model's code raises anything; memory may end
            if len(batch) == 1:
                told = f"the model broke: {str(error)[:300] or type(error).__name__}"
                return [(batch[0].number, Failure("backend", told))]
        half = len(batch) // 2
        return [*self._write(batch[:half]), *self._write(batch[half:])]

    @torch.inference_mode()
    def _generated(self, batch: Sequence[Request]) -> Iterator[_Written]:
        device = self._model.device
        longest = max(len(request.ids) for request in batch)
        ids = torch.full((len(batch), longest), self._pad)
        mask = torch.zeros_like(ids)
        for row, request in enumerate(batch):
            ids[row, longest - len(request.ids) :] = torch.tensor(request.ids)
            mask[row, longest - len(request.ids) :] = 1
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.manual_seed(batch[0].seed)
            made = self._model.generate(
                input_ids=ids.to(device),
                attention_mask=mask.to(device),
                generation_config=self._how(batch[0]),
                stopping_criteria=StoppingCriteriaList([self._stop]),
            )
        for request, row in zip(batch, made[:, longest:].tolist(), strict=True):
            yield request.number, self._text(row)

    def _how(self, request: Request) -> GenerationConfig:
        sampling = {"temperature": request.temperature, "top_k": 0, "top_p": 1.0}
        return GenerationConfig(
            max_new_tokens=request.max_tokens,
            do_sample=bool(request.temperature),
            eos_token_id=list(self._ends) or None,
            pad_token_id=self._pad,
            **(sampling if request.temperature else {}),
        )

    def _stop(self, ids: torch.Tensor, _scores: object) -> torch.Tensor:
        stopped = self._stopped.is_set()
        return torch.full((ids.shape[0],), stopped, dtype=torch.bool, device=ids.device)

    def _text(self, row: list[int]) -> Generated:
        end = next((place for place, token in enumerate(row) if token in self._ends), None)
        kept = row if end is None else row[:end]
        return Generated(self._words.decode(kept, skip_special_tokens=True), end is None, len(kept))


async def _window(waiting: asyncio.Queue[Request | None]) -> tuple[list[Request], bool]:
    """The requests to answer next, and whether more can come."""
    window: list[Request] = []
    while len(window) < _WINDOW:
        try:
            request = await asyncio.wait_for(waiting.get(), _PAUSE_S if window else None)
        except TimeoutError:
            break
        if request is None:
            return window, False
        window.append(request)
    return window, True


def _batches(window: Sequence[Request], most: int) -> Iterator[list[Request]]:
    """Requests of one length of text, near in length of prompt; a sampled one goes alone."""
    batch: list[Request] = []
    for request in sorted(window, key=lambda r: (r.temperature, r.max_tokens, len(r.ids))):
        tokens = (len(request.ids) + request.max_tokens) * (len(batch) + 1)
        alike = batch and batch[0].max_tokens == request.max_tokens and not request.temperature
        if batch and (tokens > most or not alike):
            yield batch
            batch = []
        batch.append(request)
    if batch:
        yield batch


def _end_ids(model: Any, words: Tokenizer, special: dict[str, str]) -> tuple[int, ...]:
    """The tokens that end a text: those that the model names, and the tokenizer's own."""
    named = model.generation_config.eos_token_id
    ends = [] if named is None else [named] if isinstance(named, int) else list(named)
    own = words.token_to_id(special.get("eos_token", ""))
    return tuple(dict.fromkeys([*ends, *([] if own is None else [own])]))
