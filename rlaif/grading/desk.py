"""The desk between many samples and one judge: questions in, each answer back to whoever asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from itertools import count
from typing import Self

from rlaif.ports import Answer, Decision, JudgeBackend
from rlaif.records.outcome import Failure


class Desk:
    """Use as an async context: the judge answers as long as it is open."""

    def __init__(self, backend: JudgeBackend) -> None:
        """Nothing is asked before the context is entered."""
        self._backend = backend
        self._asked: asyncio.Queue[Decision | None] = asyncio.Queue()
        self._waiting: dict[int, asyncio.Future[Answer | Failure]] = {}
        self._numbers = count()
        self._clerk: asyncio.Task[None] | None = None
        self._broken: Exception | None = None

    async def __aenter__(self) -> Self:
        """Start carrying answers."""
        self._clerk = asyncio.create_task(self._carry())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Wait for the last answers, or drop them where something went wrong."""
        assert self._clerk is not None  # noqa: S101 - entered
        self._asked.put_nowait(None)
        if kind is not None:
            self._clerk.cancel()
        with suppress(asyncio.CancelledError):
            await self._clerk

    def number(self) -> int:
        """A number that no other question of this desk has."""
        return next(self._numbers)

    async def ask(self, decisions: Sequence[Decision]) -> list[Answer | Failure]:
        """Answers in the order asked; questions handed in together stay together.

        Raises: whatever broke the judge.
        """
        if self._broken:
            raise self._broken
        loop = asyncio.get_running_loop()
        futures = []
        for decision in decisions:
            future: asyncio.Future[Answer | Failure] = loop.create_future()
            self._waiting[decision.number] = future
            futures.append(future)
            self._asked.put_nowait(decision)
        return await asyncio.gather(*futures)

    async def _carry(self) -> None:
        try:
            async for number, answer in self._backend.decide(self._stream()):
                future = self._waiting.pop(number)
                if not future.done():
                    future.set_result(answer)
        except Exception as error:  # noqa: BLE001 - handed to every sample that waits, which raises it
            self._broken = error
        else:
            self._broken = RuntimeError("the judge ended before it had answered every question")
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(self._broken)

    async def _stream(self) -> AsyncIterator[Decision]:
        while (decision := await self._asked.get()) is not None:
            yield decision
