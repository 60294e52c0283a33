"""The fake that ships: answers and writes by rule, with no model, for tests and for trying out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Protocol, TypeVar

from rlaif.judging.scripted_rules import answer_of, text_of
from rlaif.ports import Answer, Decision, Generated, Request, TokenizerFiles
from rlaif.records.backends import ScriptedJudge
from rlaif.records.outcome import Failure

Rule = Callable[[Decision], Answer | Failure]
Write = Callable[[Request], str | Generated | Failure]


class ScriptedBackend:
    """Answers each question by the judge file's rule, or by functions given in Python."""

    max_length: int | None = None
    notes: tuple[str, ...] = ()

    def __init__(
        self,
        spec: ScriptedJudge,
        folder: Path | None = None,
        rule: Rule | None = None,
        write: Write | None = None,
    ) -> None:
        """Answer by `rule` and write by `write`, or as `spec` says; `folder` holds nothing for it.

        Each function stands in for its own half alone.
        """
        self._latency_s = spec.latency_s
        self._rule = rule or (lambda decision: answer_of(decision, spec))
        self._write = write or (lambda request: text_of(request, spec))
        by_function = rule is not None or write is not None
        self.served = "scripted by a function" if by_function else "scripted"

    def tokenizer(self) -> TokenizerFiles | None:
        """None: the fake takes text."""
        return None

    async def start(self) -> None:
        """Nothing to load."""

    async def decide(
        self, asked: AsyncIterator[Decision]
    ) -> AsyncIterator[tuple[int, Answer | Failure]]:
        """Answers in the order of the questions, each after the stated latency."""
        async with aclosing(_due(asked, self._latency_s)) as due:
            async for decision in due:
                yield decision.number, self._rule(decision)

    async def generate(
        self, asked: AsyncIterator[Request]
    ) -> AsyncIterator[tuple[int, Generated | Failure]]:
        """Texts in the order of the requests, each after the stated latency."""
        async with aclosing(_due(asked, self._latency_s)) as due:
            async for request in due:
                written = self._write(request)
                yield request.number, Generated(written) if isinstance(written, str) else written

    async def aclose(self) -> None:
        """Nothing to let go of."""


class _Numbered(Protocol):
    @property
    def number(self) -> int: ...


T = TypeVar("T", bound=_Numbered)


async def _due(asked: AsyncIterator[T], latency_s: float) -> AsyncGenerator[T, None]:
    """What is asked, when it is to be answered: each waits by itself, all at the same time."""
    if not latency_s:
        async for one in asked:
            yield one
        return
    due: asyncio.Queue[T | None] = asyncio.Queue()

    async def wait(one: T) -> None:
        await asyncio.sleep(latency_s)
        due.put_nowait(one)

    async def read() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                async for one in asked:
                    group.create_task(wait(one))
        finally:
            due.put_nowait(None)

    reader = asyncio.create_task(read())
    try:
        while (ready := await due.get()) is not None:
            yield ready
        await reader
    finally:
        reader.cancel()
        await asyncio.wait({reader})
