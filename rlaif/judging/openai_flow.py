"""From a stream of questions to requests, and back to a stream of answers.

Questions that lie in the stream when a request can go share it, and those of whoever is about to
ask. No time is waited for more of them: while requests are under way they gather by themselves.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Hashable, Sequence
from typing import Any, Generic, TypeVar

from rlaif.records.outcome import Failure

Asked = TypeVar("Asked")
Said = TypeVar("Said")

_QUIET = 4
"""Turns of the event loop in which nobody asked anything: then nobody is about to."""
Give = Callable[[Asked, Said | Failure], None]
Ask = Callable[[Sequence[Asked], int, Give[Asked, Said]], Coroutine[Any, Any, None]]
"""Sees a batch to its end; the place of the server that it belongs to comes with it."""


class Flow(Generic[Asked, Said]):
    """One stream of questions. Use once, by `answers`."""

    def __init__(
        self,
        ask: Ask[Asked, Said],
        number: Callable[[Asked], int],
        about: Callable[[Asked], tuple[Hashable, int]],
        size: Callable[[Asked], int],
        *,
        slots: asyncio.Semaphore,
        most: int,
        most_size: int,
    ) -> None:
        """Nothing is read yet.

        `about`: what keeps neighbours together, and the place of the server that they belong to.
        A request has `most` questions of `most_size` together, or else all of one such group.
        """
        self._ask, self._number, self._about, self._size = ask, number, about, size
        self._slots, self._most, self._most_size = slots, most, most_size
        self._waiting: dict[int, deque[list[Asked]]] = {}
        self._last: tuple[Hashable, list[Asked]] | None = None
        self._done: deque[tuple[int, Said | Failure]] = deque()
        self._news, self._more = asyncio.Event(), asyncio.Event()
        self._fault: BaseException | None = None
        self._read_all = False
        self._taken = self._sent = 0
        self._crew: set[asyncio.Task[None]] = set()

    async def answers(
        self, asked: AsyncIterator[Asked]
    ) -> AsyncIterator[tuple[int, Said | Failure]]:
        """Answers as they come. Raises: what reading the stream or asking raised."""
        workers = [asyncio.create_task(self._read(asked)), asyncio.create_task(self._send())]
        try:
            while True:
                while self._done:
                    yield self._done.popleft()
                if self._fault is not None:
                    raise self._fault
                if self._read_all and not self._waiting and not self._crew:
                    return
                self._news.clear()
                await self._news.wait()
        finally:
            for task in (tasks := [*workers, *self._crew]):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, asked: AsyncIterator[Asked]) -> None:
        try:
            async for one in asked:
                self._take(one)
        except Exception as error:  # noqa: BLE001 - raised where the answers are read
            self._fault = error
        finally:
            self._read_all = True
            self._more.set()
            self._news.set()

    def _take(self, one: Asked) -> None:
        """Put it to its neighbours, or into a group of its own."""
        self._taken += 1
        group, home = self._about(one)
        if self._last is not None and self._last[0] == group and self._most > 1:
            self._last[1].append(one)
            return
        self._last = (group, [one])
        self._waiting.setdefault(home, deque()).append(self._last[1])
        self._more.set()

    async def _send(self) -> None:
        while True:
            while not self._waiting:
                if self._read_all:
                    return
                self._more.clear()
                await self._more.wait()
            await self._slots.acquire()
            try:
                await self._fill()
                batch, home = self._batch()
                task = asyncio.create_task(self._ask(batch, home, self._give))
            except BaseException:  # stopped meanwhile: nobody else would give the slot back
                self._slots.release()
                raise
            self._crew.add(task)
            task.add_done_callback(self._ended)

    async def _fill(self) -> None:
        """Let those who are about to ask do so, while questions still come; no time is waited."""
        seen, quiet = -1, 0
        while quiet < _QUIET and self._most > 1:
            await asyncio.sleep(0)
            now = self._taken
            quiet = quiet + 1 if now == seen else 0
            seen = now
            if now - self._sent >= self._most:
                return

    def _batch(self) -> tuple[list[Asked], int]:
        """The next groups of one server."""
        home = next(iter(self._waiting))
        groups = self._waiting.pop(home)
        batch: list[Asked] = []
        size = 0
        while groups:
            group = groups[0]
            weight = sum(map(self._size, group))
            if batch and (len(batch) + len(group) > self._most or size + weight > self._most_size):
                break
            batch += groups.popleft()
            size += weight
            if self._last is not None and self._last[1] is group:
                self._last = None
        if groups:
            self._waiting[home] = groups  # behind the other servers'
        self._sent += len(batch)
        return batch, home

    def _give(self, one: Asked, said: Said | Failure) -> None:
        self._done.append((self._number(one), said))
        self._news.set()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._slots.release()
        self._crew.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._fault = self._fault or error
        self._news.set()
