"""Judge by a causal language model that vLLM runs, in processes of its own.

This process imports neither torch nor vLLM. It writes prompts, and talks to one engine a GPU.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from functools import partial
from itertools import groupby
from pathlib import Path

from tokenizers import Tokenizer

from rlaif.errors import JudgeUnavailable
from rlaif.judging import vllm_jobs as jobs
from rlaif.judging.tokenizer_files import tokenizer_files
from rlaif.judging.vllm_adapter import Adapter, find_adapter
from rlaif.judging.vllm_layout import Layout, layout_of
from rlaif.judging.vllm_options import engine_options
from rlaif.judging.vllm_place import Place, place
from rlaif.judging.vllm_pool import Done, Pool
from rlaif.judging.vllm_process import COMMAND, EngineProcess
from rlaif.judging.weights import Weights, find_weights
from rlaif.ports import Answer, Decision, Generated, Request, TokenizerFiles
from rlaif.records.backends import VllmJudge
from rlaif.records.outcome import Failure


class VllmBackend:
    """Questions and requests to vLLM's engines; both at the same time if need be."""

    def __init__(
        self,
        spec: VllmJudge,
        folder: Path | None = None,
        *,
        command: Sequence[str] = COMMAND,
        here: Place | None = None,
    ) -> None:
        """Find nothing and start nothing yet; relative paths start at `folder`.

        `command` and `here` stand in for the engine's program and for this machine.
        """
        self._spec, self._folder = spec, folder
        self._command, self._here = command, here
        self._weights: Weights | None = None
        self._files: TokenizerFiles | None = None
        self._words: Tokenizer | None = None
        self._pool: Pool | None = None
        self._notes: tuple[str, ...] = ()
        self.served = ""
        self.max_length: int | None = spec.max_length

    @property
    def notes(self) -> tuple[str, ...]:
        """The model, where it runs and in what; and how often an engine had to be started anew."""
        deaths = self._pool.deaths if self._pool else 0
        return (*self._notes, *([f"engines that died and were replaced: {deaths}"] * bool(deaths)))

    def tokenizer(self) -> TokenizerFiles:
        """The tokenizer's files, read without loading the model.

        Raises: JudgeUnavailable when they cannot be had.
        """
        if self._files is None:
            weights = self._found()
            self._files = tokenizer_files(weights.source, weights.revision)
        return self._files

    async def start(self) -> None:
        """Start the engines, each with the model loaded.

        Raises: MissingExtra without vLLM, or JudgeUnavailable, each with what to change.
        """
        here = await asyncio.to_thread(place) if self._here is None else self._here
        weights = await asyncio.to_thread(self._found)
        files = await asyncio.to_thread(self.tokenizer)
        adapter = await asyncio.to_thread(self._adapter)
        layout = layout_of(self._spec, here, os.environ)
        options = engine_options(self._spec, weights, here, len(layout.engines), adapter)
        self._words = Tokenizer.from_str(files.tokenizer_json)
        self._pool = self._launched(layout, options, adapter)
        await self._pool.start()
        self._tell(weights, layout, adapter)

    async def decide(
        self, asked: AsyncIterator[Decision]
    ) -> AsyncIterator[tuple[int, Answer | Failure]]:
        """Answers as they come; a sample's questions go to one engine together."""
        async with aclosing(self._running().answers(asked, _by_sample)) as answers:
            async for number, answer in answers:
                if not isinstance(answer, Generated):
                    yield number, answer

    async def generate(
        self, asked: AsyncIterator[Request]
    ) -> AsyncIterator[tuple[int, Generated | Failure]]:
        """Texts as they come."""
        async with aclosing(self._running().answers(asked, self._requests)) as texts:
            async for number, text in texts:
                if not isinstance(text, Answer):
                    yield number, text

    async def aclose(self) -> None:
        """End every engine's process."""
        pool, self._pool = self._pool, None
        if pool:
            await pool.close()

    def _found(self) -> Weights:
        if self._weights is None:
            weights = find_weights(self._spec, self._folder)
            if weights.gguf_file:
                raise JudgeUnavailable(
                    f"vLLM does not read the GGUF file '{weights.gguf_file}'\n"
                    "  hint: name the model's own weights, or have llama.cpp serve the file "
                    "(backend: openai)"
                )
            self._weights = weights
        return self._weights

    def _adapter(self) -> Adapter | None:
        return find_adapter(self._spec.adapter, self._folder) if self._spec.adapter else None

    def _launched(
        self, layout: Layout, options: dict[str, object], adapter: Adapter | None
    ) -> Pool:
        start = {"options": options, "adapter": adapter.folder if adapter else None}
        return Pool(
            [
                partial(
                    EngineProcess.started,
                    {**start, "cores": one.cores},
                    one.environment,
                    self._command,
                )
                for one in layout.engines
            ]
        )

    def _running(self) -> Pool:
        if self._pool is None:
            raise RuntimeError("the judge was not started")
        return self._pool

    def _requests(self, window: Sequence[Request], done: Done) -> Iterable[jobs.Batch]:
        assert self._words is not None  # noqa: S101 - started
        decode = partial(self._words.decode, skip_special_tokens=True)
        return [jobs.text(request, decode, partial(done, request.number)) for request in window]

    def _tell(self, weights: Weights, layout: Layout, adapter: Adapter | None) -> None:
        """What answers are known by, and what a person should know."""
        facts = self._running().facts
        commit = facts["commit"] or "unknown commit"
        known = [weights.served or f"{self._spec.model}@{commit}", facts["dtype"]]
        known += [facts["quantization"]] if facts["quantization"] else []
        known += [f"adapter {adapter.checksum}"] if adapter else []
        self.served = " ".join(known)
        own: int = facts["max_length"]
        self.max_length = min(filter(None, (self._spec.max_length, own)))
        held = facts["quantization"] or facts["dtype"]
        where = f"{layout.told} in {held}, vLLM {facts['version']}"
        self._notes = (f"{self._spec.model} on {where}",)


def _by_sample(window: Sequence[Decision], done: Done) -> Iterable[jobs.Batch]:
    """Questions that follow one another about the same sample, as one batch."""
    for _, group in groupby(window, key=lambda decision: id(decision.prefix)):
        asked = list(group)
        yield jobs.questions(
            asked[0].prefix,
            [jobs.question(d, n == 0, partial(done, d.number)) for n, d in enumerate(asked)],
        )
