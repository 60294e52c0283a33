"""The desk between many samples and one model: questions in, each answer back to whoever asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import count
from typing import Generic, Protocol, Self, TypeVar

from rlaif.records.outcome import Failure


class Numbered(Protocol):
    """What is asked; its number, unlike any other at the same desk, ties the answer to it."""

    @property
    def number(self) -> int:
        """As `Desk.number` gave it."""


Q = TypeVar("Q", bound=Numbered)
A = TypeVar("A")
Stream = Callable[[AsyncIterator[Q]], AsyncIterator[tuple[int, A | Failure]]]


class Desk(Generic[Q, A]):
    """Use as an async context: the model answers as long as it is open."""

    def __init__(self, answering: Stream[Q, A]) -> None:
        """`answering` is a backend's `decide` or `generate`; it is called on entering."""
        self._answering = answering
        self._asked: asyncio.Queue[Q | None] = asyncio.Queue()
        self._waiting: dict[int, asyncio.Future[A | Failure]] = {}
        self._numbers = count()
        self._clerk: asyncio.Task[None] | None = None
        self._closing = False
        self.broken: Exception | None = None
        """What the judge broke with; it answers nothing after that."""

    async def __aenter__(self) -> Self:
        """Start carrying answers."""
        self._clerk = asyncio.create_task(self._carry())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Wait for the judge to end, or stop it where something went wrong.

        Raises: whatever broke the judge after its last answer.
        """
        assert self._clerk is not None  # noqa: S101 - entered
        self._closing = True
        self._asked.put_nowait(None)
        if kind is not None:
            self._clerk.cancel()
        try:
            await asyncio.wait({self._clerk})
        finally:
            self._clerk.cancel()
        if kind is None and self.broken:
            raise self.broken

    def number(self) -> int:
        """A number that no other question of this desk has."""
        return next(self._numbers)

    async def ask(self, questions: Sequence[Q]) -> list[A | Failure]:
        """Answers in the order asked; questions handed in together stay together.

        Raises: whatever broke the judge.
        """
        if self.broken:
            raise self.broken
        loop = asyncio.get_running_loop()
        futures = []
        for question in questions:
            future: asyncio.Future[A | Failure] = loop.create_future()
            self._waiting[question.number] = future
            futures.append(future)
            self._asked.put_nowait(question)
        return await asyncio.gather(*futures)

    async def _carry(self) -> None:
        try:
            async for number, answer in self._answering(self._stream()):
                self._hand(number, answer)
        except asyncio.CancelledError:
            self._break(RuntimeError("the judge was stopped before it had answered every question"))
            raise
        except Exception as error:  # noqa: BLE001 - handed to every sample that waits, which raises it
            self._break(error)
        else:
            if self._waiting or not self._closing:
                message = "the judge ended before it had answered every question"
                self._break(RuntimeError(message))

    def _hand(self, number: int, answer: A | Failure) -> None:
        future = self._waiting.pop(number, None)
        if future is None:
            raise RuntimeError(f"the judge answered question {number}, which nobody waits for")
        if not future.done():
            future.set_result(answer)

    def _break(self, error: Exception) -> None:
        self.broken = error
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(error)

    async def _stream(self) -> AsyncIterator[Q]:
        while (question := await self._asked.get()) is not None:
            yield question
