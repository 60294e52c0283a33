"""Free text by a causal language model that transformers runs.

Requests of like length are one batch, padded on the left. In float32 the same request has the same
text; in bfloat16 the most probable token can also depend on what else was in the batch. A sampled
text is written alone, or, where it may be written `together` with others, drawn by its own seed.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList

from rlaif.judging.model_loading import Loaded
from rlaif.judging.stop_texts import before_stop
from rlaif.judging.transformers_draw import Draws, EndsAt
from rlaif.judging.windows import windows
from rlaif.ports import Generated, Request, TokenizerFiles
from rlaif.records.outcome import Failure

_BATCH_TOKENS = {True: 65_536, False: 16_384}
"""Prompt and text of a batch together, on CUDA or not, where the judge file does not say."""
_WINDOW = 256
_ALONE = 4
"""Of requests that are sorted by length together: as many as may be sampled together, and a fourth
of that otherwise."""
_NO_SCHEMA = "written answers are not held to their form: transformers cannot; some may not be read"

Written = tuple[int, Generated | Failure]


class Writing:
    """Batches of texts from a loaded model, which others use too."""

    def __init__(
        self,
        loaded: Loaded,
        files: TokenizerFiles,
        forwards: threading.Lock,
        batch_tokens: int | None = None,
    ) -> None:
        """Write with `loaded`; while a batch is computed, `forwards` is held."""
        self._model, self._max_length = loaded.model, loaded.max_length
        self._forwards = forwards
        on_cuda = loaded.model.device.type == "cuda"
        self._batch_tokens = batch_tokens or _BATCH_TOKENS[on_cuda]
        self._words = Tokenizer.from_str(files.tokenizer_json)
        self._ends = _end_ids(loaded.model, self._words, files.special_tokens)
        self._pad = self._ends[0] if self._ends else 0  # masked, and cut off from the texts
        self._stopped = threading.Event()
        self.notes: tuple[str, ...] = ()

    async def texts(self, asked: AsyncIterator[Request]) -> AsyncGenerator[Written, None]:
        """Texts as each batch is done; left early, the batch under way ends at its next token."""
        self._stopped = stopped = threading.Event()
        try:
            async with aclosing(windows(asked, _WINDOW, _weight)) as every:
                async for window in every:
                    for request in window:
                        if failure := self._too_long(request):
                            yield request.number, failure
                    for batch in _batches(list(self._fitting(window)), self._batch_tokens):
                        for written in await asyncio.to_thread(self._alone, batch, stopped):
                            yield written
        finally:
            stopped.set()

    def stop(self) -> None:
        """End the batch under way at its next token."""
        self._stopped.set()

    def _fitting(self, window: Sequence[Request]) -> Iterator[Request]:
        for request in window:
            if request.schema is not None:
                self.notes = (_NO_SCHEMA,)
            if not self._too_long(request):
                yield request

    def _too_long(self, request: Request) -> Failure | None:
        whole = len(request.ids) + request.max_tokens
        if self._max_length is None or whole <= self._max_length:
            return None
        told = f"prompt and text are {whole} tokens; the model takes {self._max_length}"
        return Failure("length", told)

    def _alone(self, batch: Sequence[Request], stopped: threading.Event) -> list[Written]:
        """Texts for a batch, written while nothing else is computed."""
        with self._forwards:
            return [] if stopped.is_set() else self._write(batch, stopped)

    def _write(self, batch: Sequence[Request], stopped: threading.Event) -> list[Written]:
        """Texts for a batch; where it breaks, for its halves, down to the request at fault."""
        try:
            return list(self._generated(batch, stopped))
        except Exception as error:  # noqa: BLE001 - a model's code raises anything; memory may end
            if len(batch) == 1:
                told = f"the model broke: {str(error)[:300] or type(error).__name__}"
                return [(batch[0].number, Failure("backend", told))]
        half = len(batch) // 2
        return [*self._write(batch[:half], stopped), *self._write(batch[half:], stopped)]

    @torch.inference_mode()
    def _generated(self, batch: Sequence[Request], stopped: threading.Event) -> Iterator[Written]:
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
                logits_processor=LogitsProcessorList(_drawn(batch, longest, device)),
                stopping_criteria=StoppingCriteriaList(
                    [_until(stopped), *self._ending(batch, longest)]
                ),
            )
        for request, row in zip(batch, made[:, longest:].tolist(), strict=True):
            yield request.number, self._text(request, row)

    def _how(self, request: Request) -> GenerationConfig:
        sampled = bool(request.temperature) and not request.together
        how: dict[str, Any] = {}
        if sampled:
            how = {"temperature": request.temperature, "top_k": 0, "top_p": request.top_p}
        elif request.together:  # the model's own distribution, whatever its files would have of it
            how = {"repetition_penalty": 1.0, "no_repeat_ngram_size": 0}
        return GenerationConfig(
            max_new_tokens=request.max_tokens,
            do_sample=sampled,
            eos_token_id=[*self._ends, *request.stops] or None,
            pad_token_id=self._pad,
            **how,
        )

    def _ending(self, batch: Sequence[Request], longest: int) -> list[EndsAt]:
        if not any(request.stop_texts for request in batch):
            return []
        return [EndsAt(batch, longest, self._decoded)]

    def _decoded(self, ids: Sequence[int]) -> str:
        return str(self._words.decode(list(ids), skip_special_tokens=True))

    def _text(self, request: Request, row: list[int]) -> Generated:
        ends = {*self._ends, *request.stops}
        end = next((place for place, token in enumerate(row) if token in ends), None)
        kept = row if end is None else row[:end]
        text, stopped = before_stop(self._decoded(kept), request.stop_texts)
        ids = () if stopped else tuple(kept)  # they say more than the text does
        cut = end is None and not stopped
        return Generated(text, cut, len(kept), ids, tokens_computed=len(request.ids))


def _until(stopped: threading.Event) -> Callable[[torch.Tensor, object], torch.Tensor]:
    """What ends a whole batch early, where its reader is gone."""

    def stop(ids: torch.Tensor, _scores: object) -> torch.Tensor:
        return torch.full((ids.shape[0],), stopped.is_set(), dtype=torch.bool, device=ids.device)

    return stop


def _drawn(batch: Sequence[Request], longest: int, device: torch.device) -> list[Draws]:
    return [Draws(batch, longest, device)] if batch[0].together else []


def _weight(request: Request, _before: Request | None) -> int:
    return 1 if request.together else _ALONE


def _batches(window: Sequence[Request], most: int) -> Iterator[list[Request]]:
    """Requests that end alike, near in length of prompt; one that is sampled alone goes alone."""
    batch: list[Request] = []
    for request in sorted(window, key=lambda r: (_own_heat(r), *_ending(r), len(r.ids))):
        tokens = (len(request.ids) + request.max_tokens) * (len(batch) + 1)
        alike = batch and _ending(batch[0]) == _ending(request) and not _own_heat(request)
        if batch and (tokens > most or not alike):
            yield batch
            batch = []
        batch.append(request)
    if batch:
        yield batch


def _own_heat(request: Request) -> float:
    """The temperature of a request that is sampled alone."""
    return 0.0 if request.together else request.temperature


def _ending(request: Request) -> tuple[bool, int, tuple[int, ...]]:
    return request.together, request.max_tokens, request.stops


def _end_ids(model: Any, words: Tokenizer, special: dict[str, str]) -> tuple[int, ...]:
    """The tokens that end a text: those that the model names, and the tokenizer's own."""
    named = model.generation_config.eos_token_id
    ends = [] if named is None else [named] if isinstance(named, int) else list(named)
    own = words.token_to_id(special.get("eos_token", ""))
    return tuple(dict.fromkeys([*ends, *([] if own is None else [own])]))
