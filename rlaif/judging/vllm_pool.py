"""Several engines as one: samples shared out by load, all that is asked about one to one engine."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TypeVar

from rlaif.judging.vllm_jobs import Batch, Result
from rlaif.judging.vllm_seat import Launch, Seat, all_started
from rlaif.judging.vllm_wire import Message
from rlaif.judging.windows import windows

_REMEMBERED = 4096
"""Samples of which is known which engine has their prefix."""
_WINDOW = 512
"""Questions or requests that are read ahead of the engines."""

T = TypeVar("T")
Done = Callable[[int, Result], None]
Batches = Callable[[Sequence[T], Done], Iterable[Batch]]
"""What was asked as batches; `done` takes a number and its result."""


@dataclass(slots=True, eq=False)
class _Stream:
    """What one `decide` or `generate` waits for."""

    out: asyncio.Queue[tuple[int, Result] | None] = field(default_factory=asyncio.Queue)
    """Results; None says to look whether it is over."""
    open: int = 0


class Pool:
    """Engines, each in a process of its own."""

    def __init__(self, launches: Sequence[Launch]) -> None:
        """Start nothing yet; each of `launches` starts one engine's process."""
        self._room = asyncio.Event()
        self._seats = [Seat(launch, self._room.set) for launch in launches]
        self._serving: list[asyncio.Task[None]] = []
        self._homes: OrderedDict[object, Seat] = OrderedDict()
        self._streams: set[_Stream] = set()
        self._broken: BaseException | None = None

    @property
    def facts(self) -> Message:
        """What the first engine says of the model."""
        return self._seats[0].facts

    @property
    def deaths(self) -> int:
        """How many processes died."""
        return sum(seat.deaths for seat in self._seats)

    async def start(self) -> None:
        """Start every engine. Raises: JudgeUnavailable with what to change."""
        await all_started(self._seats)
        self._serving = [asyncio.create_task(self._serve(seat)) for seat in self._seats]

    async def close(self) -> None:
        """End every process."""
        for task in self._serving:
            task.cancel()
        if self._serving:
            await asyncio.wait(self._serving)
        await asyncio.gather(*(seat.close() for seat in self._seats))

    async def answers(
        self, asked: AsyncIterator[T], batches: Batches[T]
    ) -> AsyncGenerator[tuple[int, Result], None]:
        """Results in any order, by number. Left early (close it), nothing of it is computed on.

        Raises: JudgeUnavailable where engines die for good; what `asked` raises.
        """
        stream = _Stream()
        self._streams.add(stream)
        reading = asyncio.create_task(self._read(asked, batches, stream))
        reading.add_done_callback(lambda _: stream.out.put_nowait(None))
        try:
            while not self._broken and (not reading.done() or stream.open):
                if (result := await stream.out.get()) is not None:
                    stream.open -= 1
                    yield result
            if self._broken:
                raise self._broken
            await reading
        finally:
            self._streams.discard(stream)
            await _ended(reading)
            self._drop(stream)

    async def _read(self, asked: AsyncIterator[T], batches: Batches[T], stream: _Stream) -> None:
        async with aclosing(windows(asked, _WINDOW, lambda *_: 1)) as every:
            async for window in every:
                for batch in batches(window, lambda *result: stream.out.put_nowait(result)):
                    batch.asker = stream
                    stream.open += len(batch.jobs)
                    await self._place(batch)

    def _drop(self, stream: _Stream) -> None:
        """Nobody waits for what of it is not answered."""
        if stream.open:
            for seat in self._seats:
                seat.drop(stream)

    async def _serve(self, seat: Seat) -> None:
        try:
            await seat.serve()
        except Exception as error:  # noqa: BLE001 - raised wherever anyone waits for an answer
            self._broken = error
            self._room.set()
            for stream in self._streams:
                stream.out.put_nowait(None)

    async def _place(self, batch: Batch) -> None:
        """Ask a batch of an engine, as soon as one takes it."""
        while not self._broken:
            if seat := self._choice(batch):
                self._remember(batch.about, seat)
                seat.ask(batch)
                return
            self._room.clear()
            await self._room.wait()

    def _choice(self, batch: Batch) -> Seat | None:
        """The engine that knows the sample, though it be busier; else the one with least to do."""
        home = self._homes.get(batch.about)
        if home and home.takes(more=_WINDOW):
            return home
        free = [seat for seat in self._seats if seat.takes()]
        return min(free, key=lambda seat: seat.load, default=None)

    def _remember(self, about: object, seat: Seat) -> None:
        if about is None or len(self._seats) == 1:
            return
        self._homes[about] = seat
        self._homes.move_to_end(about)
        while len(self._homes) > _REMEMBERED:
            self._homes.popitem(last=False)


async def _ended(reading: asyncio.Task[None]) -> None:
    """Stop it; what it raised has been raised where anyone still listens."""
    reading.cancel()
    await asyncio.wait([reading])
    if not reading.cancelled():
        reading.exception()
