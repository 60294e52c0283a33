"""Judge by a causal language model in this process, run by transformers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from rlaif.errors import JudgeUnavailable
from rlaif.judging.model_loading import load_model, load_tokenizer
from rlaif.judging.packed import (
    Preamble,
    Row,
    batches_of,
    forward_packed,
    forward_plain,
    preamble_of,
    read_labels,
    rows_of,
)
from rlaif.judging.self_check import self_check
from rlaif.judging.transformers_generate import Writing, Written
from rlaif.judging.windows import windows
from rlaif.ports import Answer, Decision, Request, TokenizerFiles
from rlaif.records.backends import TransformersJudge
from rlaif.records.outcome import Failure

_WINDOW = 8
"""Batches whose rows are sorted by length together."""
_BATCH_TOKENS = {True: 16_384, False: 4_096}
"""Tokens of one forward pass, on CUDA or not, where the judge file does not say."""

Answered = tuple[int, Answer | Failure]


class TransformersBackend:
    """All questions about a sample in one forward pass, several samples a batch; and free text.

    One model does both, one of them at a time.
    """

    def __init__(self, spec: TransformersJudge, folder: Path | None = None) -> None:
        """Find nothing and load nothing yet; relative paths start at `folder`."""
        self._spec, self._folder = spec, folder
        self._model: Any = None
        self._files: TokenizerFiles | None = None
        self._packs = True
        self._shares = True
        self._preamble: Preamble | None = None
        self._batch_tokens = spec.batch_tokens or _BATCH_TOKENS[False]
        self.served = ""
        self.max_length: int | None = spec.max_length
        self._notes: tuple[str, ...] = ()
        self._writing: Writing | None = None
        self._forwards = threading.Lock()

    @property
    def notes(self) -> tuple[str, ...]:
        """Where the model runs, how it is asked, and what it could not be held to."""
        return self._notes + (self._writing.notes if self._writing else ())

    def tokenizer(self) -> TokenizerFiles:
        """The tokenizer's files, read without loading the model.

        Raises: JudgeUnavailable when they cannot be had.
        """
        if self._files is None:
            self._files = load_tokenizer(self._spec, self._folder)
        return self._files

    async def start(self) -> None:
        """Load the model, in a thread. Raises JudgeUnavailable with what to change."""
        self.tokenizer()
        await asyncio.to_thread(self._load)

    async def decide(self, asked: AsyncIterator[Decision]) -> AsyncIterator[Answered]:
        """Answers as each batch is done."""
        async with aclosing(windows(asked, _WINDOW * self._batch_tokens, _cost)) as every:
            async for window in every:
                rows = list(rows_of(window, self._batch_tokens))
                for batch in batches_of(rows, self._batch_tokens):
                    for answered in await asyncio.to_thread(self._alone, batch):
                        yield answered

    async def generate(self, asked: AsyncIterator[Request]) -> AsyncIterator[Written]:
        """Texts as each batch is done; left early, the batch under way ends at its next token."""
        if self._writing is None:
            raise RuntimeError("the judge was not started")
        async with aclosing(self._writing.texts(asked)) as texts:
            async for written in texts:
                yield written

    async def aclose(self) -> None:
        """Let go of the model's memory."""
        if self._writing:
            self._writing.stop()
        self._model = self._writing = self._preamble = None

    def _alone(self, batch: Sequence[Row]) -> list[Answered]:
        """Answers to a batch, computed while nothing is written."""
        with self._forwards:
            return self._answer(batch)

    def _answer(self, batch: Sequence[Row]) -> list[Answered]:
        """Answers to a batch; where it breaks, to its halves, down to the question at fault."""
        try:
            return list(self._packed(batch) if self._packs else self._plain(batch))
        except Exception as error:  # noqa: BLE001 - a model's code raises anything; memory may end
            broken = str(error)[:300] or type(error).__name__
        if parts := _halves(batch):
            return [answered for part in parts for answered in self._answer(part)]
        if not self._lives():
            raise JudgeUnavailable(
                f"the model broke for good: {broken}\n"
                "  hint: start the same command again; what was graded is kept"
            )
        failure = Failure("backend", f"the model broke: {broken}")
        return [(decision.number, failure) for decision in batch[0].decisions]

    def _lives(self) -> bool:
        """Whether the model still answers at all: after some errors of a device nothing does."""
        try:
            forward_plain(self._model, (0, 1, 2))
        except Exception:  # noqa: BLE001 - that is the question
            return False
        return True

    def _packed(self, batch: Sequence[Row]) -> Iterator[Answered]:
        preamble = self._preamble_for(batch) if self._shares else None
        logits = forward_packed(self._model, batch, preamble)
        skipped = len(preamble.ids) if preamble else 0
        read = read_labels(logits, [row.decisions for row in batch])
        for row, of_row in zip(batch, read, strict=True):
            for place, (decision, found) in enumerate(zip(row.decisions, of_row, strict=True)):
                known = len(row.prefix) if place else skipped
                computed = len(row.prefix) - known + len(decision.suffix_ids)
                yield decision.number, _answer(found, computed, known)

    def _preamble_for(self, batch: Sequence[Row]) -> Preamble | None:
        """The preamble that all rows begin with, computed when it is first met."""
        head = batch[0].head
        if not head or any(row.head != head for row in batch):
            return None
        if self._preamble is None or self._preamble.ids != head:
            self._preamble = preamble_of(self._model, head)
        return self._preamble

    def _plain(self, batch: Sequence[Row]) -> Iterator[Answered]:
        for row in batch:
            for decision in row.decisions:
                ids = (*row.prefix, *decision.suffix_ids)
                logits = forward_plain(self._model, ids)
                ((found,),) = read_labels(logits[None, None], [[decision]])
                yield decision.number, _answer(found, len(ids))

    def _load(self) -> None:
        loaded = load_model(self._spec, self._folder)
        self._model, self.served, self.max_length = loaded.model, loaded.served, loaded.max_length
        on_cuda = loaded.model.device.type == "cuda"
        self._batch_tokens = self._spec.batch_tokens or _BATCH_TOKENS[on_cuda]
        self._preamble = None
        self._packs, self._shares, how = self_check(loaded.model, loaded.model.dtype)
        place = f"{loaded.model.device} in {str(loaded.model.dtype)[6:]}"
        self._notes = (f"{self._spec.model} on {place}", how)
        self._writing = Writing(loaded, self.tokenizer(), self._forwards, self._spec.batch_tokens)


def _halves(batch: Sequence[Row]) -> list[list[Row]]:
    """The batch in two parts, by rows or else by questions; nothing for a single question."""
    if len(batch) > 1:
        half = len(batch) // 2
        return [list(batch[:half]), list(batch[half:])]
    asked = batch[0].decisions
    half = len(asked) // 2
    parts = (asked[:half], asked[half:]) if half else ()
    return [[Row(batch[0].prefix, part)] for part in parts]


def _cost(decision: Decision, before: Decision | None) -> int:
    """Tokens that the question adds to those before it."""
    shares = before is not None and before.prefix is decision.prefix
    return len(decision.suffix_ids) + (0 if shares else len(decision.prefix.ids))


def _answer(probabilities: tuple[float, ...], computed: int, cached: int = 0) -> Answer | Failure:
    if not all(0 <= p <= 1.0001 for p in probabilities):
        return Failure("backend", "the model's probabilities are not numbers")
    return Answer(probabilities, computed, cached)
