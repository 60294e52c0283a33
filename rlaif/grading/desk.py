"""The desk between many samples and one model: questions in, each answer back to whoever asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import count
from typing import Any, Generic, Protocol, Self, TypeVar

from rlaif.records.outcome import Failure


class Numbered(Protocol):
    """What is asked; its number, unlike any other at the same desk, ties the answer to it."""

    @property
    def number(self) -> int:
        """As `Desk.number` gave it."""


Q = TypeVar("Q", bound=Numbered)
A = TypeVar("A")


class _Batch(Generic[A]):
    """Questions that were asked together: all are answered, or none is."""

    __slots__ = ("answers", "done", "missing")

    def __init__(self, size: int) -> None:
        self.answers: list[Any] = [None] * size
        self.missing = size
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def take(self, place: int, answer: A | Failure) -> None:
        """Note one answer; the last one wakes whoever asked."""
        self.answers[place] = answer
        self.missing -= 1
        if not self.missing and not self.done.done():
            self.done.set_result(None)


Stream = Callable[[AsyncIterator[Q]], AsyncIterator[tuple[int, A | Failure]]]


class Desk(Generic[Q, A]):
    """Use as an async context: the model answers as long as it is open."""

    def __init__(self, answering: Stream[Q, A]) -> None:
        """`answering` is a backend's `decide` or `generate`; it is called on entering."""
        self._answering = answering
        self._asked: asyncio.Queue[Sequence[Q] | None] = asyncio.Queue()
        self._waiting: dict[int, tuple[_Batch[A], int]] = {}
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
        if not questions:
            return []
        batch: _Batch[A] = _Batch(len(questions))
        for place, question in enumerate(questions):
            self._waiting[question.number] = (batch, place)
        self._asked.put_nowait(questions)
        await batch.done
        return batch.answers

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
        waiting = self._waiting.pop(number, None)
        if waiting is None:
            raise RuntimeError(f"the judge answered question {number}, which nobody waits for")
        batch, place = waiting
        batch.take(place, answer)

    def _break(self, error: Exception) -> None:
        self.broken = error
        for batch, _ in self._waiting.values():
            if not batch.done.done():
                batch.done.set_exception(error)

    async def _stream(self) -> AsyncIterator[Q]:
        while (questions := await self._asked.get()) is not None:
            for question in questions:
                yield question
