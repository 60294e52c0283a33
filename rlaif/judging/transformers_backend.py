"""Judge by a causal language model in this process, run by transformers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from rlaif.errors import JudgeUnavailable
from rlaif.judging.packed import (
    Preamble,
    Row,
    batches_of,
    disagreement,
    forward_packed,
    forward_plain,
    full_attention,
    preamble_of,
    read_labels,
    rows_of,
)
from rlaif.judging.weights import find_weights, loading
from rlaif.ports import Answer, Decision, Prefix, TokenizerFiles
from rlaif.records.judge import TransformersJudge
from rlaif.records.outcome import Failure

_WINDOW = 8
"""Batches whose rows are sorted by length together."""
_BATCH_TOKENS = {True: 16_384, False: 4_096}
"""Tokens of one forward pass, on CUDA or not, where the judge file does not say."""
_PAUSE_S = 0.005
"""How long to wait for more questions before computing those that are there."""
_MOST_OFF = {torch.float32: 1e-3, torch.bfloat16: 0.1, torch.float16: 0.05}
"""Largest relative distance of packed from plain logits; a wrong mask or position is over 0.3."""

_ONE_CALL = "one call a criterion"

Answered = tuple[int, Answer | Failure]


class TransformersBackend:
    """All questions about a sample in one forward pass, several samples a batch."""

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
        self.notes: tuple[str, ...] = ()

    def tokenizer(self) -> TokenizerFiles:
        """The tokenizer's files, read without loading the model.

        Raises: JudgeUnavailable when they cannot be had.
        """
        if self._files is None:
            weights = find_weights(self._spec, self._folder)
            self._files = _tokenizer_files(
                _loaded(AutoTokenizer, weights.source, _options(weights), self._spec.model)
            )
        return self._files

    async def start(self) -> None:
        """Load the model, in a thread. Raises JudgeUnavailable with what to change."""
        self.tokenizer()
        await asyncio.to_thread(self._load)

    async def decide(self, asked: AsyncIterator[Decision]) -> AsyncIterator[Answered]:
        """Answers as each batch is done."""
        waiting: asyncio.Queue[Decision | None] = asyncio.Queue()

        async def read() -> None:
            try:
                async for decision in asked:
                    waiting.put_nowait(decision)
            finally:
                waiting.put_nowait(None)

        reader = asyncio.create_task(read())
        try:
            more = True
            while more:
                window, more = await self._window(waiting)
                rows = list(rows_of(window, self._batch_tokens))
                for batch in batches_of(rows, self._batch_tokens):
                    for answered in await asyncio.to_thread(self._answer, batch):
                        yield answered
            await reader
        finally:
            reader.cancel()
            await asyncio.wait([reader])
            if not reader.cancelled():
                reader.exception()  # raised above where anyone still listens

    async def aclose(self) -> None:
        """Let go of the model's memory."""
        self._model = None

    async def _window(self, waiting: asyncio.Queue[Decision | None]) -> tuple[list[Decision], bool]:
        """The questions to compute next, and whether more can come."""
        window: list[Decision] = []
        tokens = 0
        seen: Prefix | None = None
        while tokens < _WINDOW * self._batch_tokens:
            try:
                pause = _PAUSE_S if window else None
                decision = await asyncio.wait_for(waiting.get(), pause)
            except TimeoutError:
                break
            if decision is None:
                return window, False
            window.append(decision)
            tokens += len(decision.suffix_ids)
            if decision.prefix is not seen:
                seen = decision.prefix
                tokens += len(seen.ids)
        return window, True

    def _answer(self, batch: Sequence[Row]) -> list[Answered]:
        """Answers to a batch; where it breaks, to its halves, down to the question at fault."""
        try:
            return list(self._packed(batch) if self._packs else self._plain(batch))
        except Exception as error:  # noqa: BLE001 - a model's code raises anything; memory may end
            broken = str(error)[:300] or type(error).__name__
        if parts := _halves(batch):
            return [answered for part in parts for answered in self._answer(part)]
        failure = Failure("backend", f"the model broke: {broken}")
        return [(decision.number, failure) for decision in batch[0].decisions]

    def _packed(self, batch: Sequence[Row]) -> Iterator[Answered]:
        preamble = self._preamble_for(batch) if self._shares else None
        logits = forward_packed(self._model, batch, preamble)
        skipped = len(preamble.ids) if preamble else 0
        read = read_labels(logits, [row.decisions for row in batch])
        for row, of_row in zip(batch, read, strict=True):
            for place, (decision, found) in enumerate(zip(row.decisions, of_row, strict=True)):
                shared = len(row.prefix) - skipped if place == 0 else 0
                yield decision.number, _answer(found, shared + len(decision.suffix_ids))

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
        self._packs, self._shares, how = _check(loaded.model, loaded.model.dtype)
        place = f"{loaded.model.device} in {str(loaded.model.dtype)[6:]}"
        self.notes = (f"{self._spec.model} on {place}", how)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model ready to answer."""

    model: Any
    served: str
    """The weights and the number format: what determines its answers."""
    max_length: int | None
    """Longest prompt in tokens."""


def load_model(spec: TransformersJudge, folder: Path | None = None) -> Loaded:
    """Load the weights that `spec` names onto its device.

    Raises: JudgeUnavailable with what to change.
    """
    weights = find_weights(spec, folder)
    device = _device(spec.device)
    dtype = _dtype(spec.dtype, device)
    options = _options(weights) | {"dtype": dtype}
    model = _loaded(AutoModelForCausalLM, weights.source, options, spec.model)
    commit = getattr(model.config, "_commit_hash", None) or "unknown commit"
    served = f"{weights.served or f'{spec.model}@{commit}'} {dtype}"
    own = getattr(model.config.get_text_config(decoder=True), "max_position_embeddings", None)
    longest = min(filter(None, (spec.max_length, own)), default=None)
    return Loaded(_moved(model.eval(), device), served, longest)


def _check(model: Any, dtype: torch.dtype) -> tuple[bool, bool, str]:
    """Whether packing is right for this model, whether sharing the preamble is; and in words."""
    if not full_attention(model.config):
        return False, False, f"{_ONE_CALL}: the model has layers that are not full attention"
    rows = _probe(model.config.get_text_config(decoder=True).vocab_size)
    try:
        off = disagreement(model, rows)
    except Exception as error:  # noqa: BLE001 - whatever a model's code makes of a packed batch
        return False, False, f"{_ONE_CALL}: the packed forward fails ({str(error)[:120]})"
    if not off <= _MOST_OFF[dtype]:
        return False, False, f"{_ONE_CALL}: packed answers differ from plain ones by {off:.1e}"
    told = f"all criteria of a sample in one forward pass (self-check: {off:.1e} off)"
    try:
        shares = disagreement(model, rows, preamble_of(model, rows[0].head)) <= _MOST_OFF[dtype]
    except Exception:  # noqa: BLE001 - a cache of another kind; the preamble is then computed anew
        shares = False
    return True, shares, told


def _halves(batch: Sequence[Row]) -> list[list[Row]]:
    """The batch in two parts, by rows or else by questions; nothing for a single question."""
    if len(batch) > 1:
        half = len(batch) // 2
        return [list(batch[:half]), list(batch[half:])]
    asked = batch[0].decisions
    half = len(asked) // 2
    parts = (asked[:half], asked[half:]) if half else ()
    return [[Row(batch[0].prefix, part)] for part in parts]


def _probe(vocabulary: int) -> list[Row]:
    """Two rows of unlike prefixes with three unlike questions, of any tokens."""
    tokens = [(7919 * place + 104_729) % vocabulary for place in range(200)]
    rows = []
    for own in (tokens[:31], tokens[40:60]):
        head = Prefix((), tuple(tokens[110:119] + own), head=9)
        suffixes = (tokens[70:75], tokens[80:91], tokens[100:103])
        rows.append(Row(head.ids, tuple(_question(head, tuple(s)) for s in suffixes)))
    return rows


def _question(prefix: Prefix, ids: tuple[int, ...]) -> Decision:
    return Decision(
        number=0, prefix=prefix, question="", suffix_ids=ids, labels=(), label_ids=(), key="",
        criterion="", answers=(), best=0,
    )  # fmt: skip


def _answer(probabilities: tuple[float, ...], tokens: int) -> Answer | Failure:
    if not all(0 <= p <= 1.0001 for p in probabilities):
        return Failure("backend", "the model's probabilities are not numbers")
    return Answer(probabilities, tokens)


def _device(name: str) -> torch.device:
    try:
        if name != "auto":
            return torch.device(name)
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    except RuntimeError as error:
        raise JudgeUnavailable(f"device '{name}' cannot be used: {error}") from error


def _dtype(name: str, device: torch.device) -> torch.dtype:
    if name != "auto":
        dtype: torch.dtype = getattr(torch, name)
        return dtype
    if device.type == "cpu":
        computes: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
        good = any(computes.get(k) for k in ("amx_bf16", "avx512_bf16", "bf16"))
        return torch.bfloat16 if good else torch.float32
    if device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.float32
    return torch.bfloat16


def _options(weights: Any) -> dict[str, Any]:
    named = {"revision": weights.revision, "gguf_file": weights.gguf_file}
    return {key: value for key, value in named.items() if value}


def _loaded(kind: Any, source: str, options: dict[str, Any], model: str) -> Any:
    try:
        with loading():
            return kind.from_pretrained(source, trust_remote_code=False, **options)
    except Exception as error:  # files, hub, parsers, memory: each raises its own
        first = str(error).strip().partition("\n")[0][:300] or type(error).__name__
        raise JudgeUnavailable(
            f"the model '{model}' cannot be loaded: {first}\n"
            "  hint: a folder with the weights, or the id of a model on a hub that is reached"
        ) from error


def _moved(model: Any, device: torch.device) -> Any:
    try:
        return model.to(device)
    except (RuntimeError, AssertionError) as error:  # no such device, or not enough memory on it
        first = str(error).strip().partition("\n")[0][:300]
        raise JudgeUnavailable(
            f"the model does not go onto device '{device}': {first}\n"
            "  hint: choose another 'device' in the judge file, or a smaller model"
        ) from error


def _tokenizer_files(tokenizer: Any) -> TokenizerFiles:
    if not getattr(tokenizer, "is_fast", False):
        raise JudgeUnavailable("the model has no fast tokenizer, which prompts as ids need")
    template = tokenizer.chat_template
    if isinstance(template, dict):
        template = template.get("default")
    special = {k: v for k, v in tokenizer.special_tokens_map.items() if isinstance(v, str)}
    return TokenizerFiles(tokenizer.backend_tokenizer.to_str(), template, special)
