"""What takes time to find out, is the same for everybody, and is found out once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from threading import Lock
from typing import Generic, TypeVar

from rlaif.errors import SandboxFailed
from rlaif.records.outcome import Failure

T = TypeVar("T")


class Remembered(Generic[T]):
    """The latest values by key. Whoever wants one that is being made waits for it.

    A failure is told to all who waited, and not remembered: it may pass. Can be shared by event
    loops in several threads, each of which then makes its own.
    """

    def __init__(self, most: int) -> None:
        """Keep `most` values, those asked for last."""
        self._most = most
        self._kept: dict[str, T] = {}
        self._lock = Lock()
        self._made: dict[tuple[int, str], asyncio.Future[T | Failure | None]] = {}

    async def get(self, key: str, make: Callable[[], Awaitable[T | Failure]]) -> T | Failure:
        """The value for `key`, made where it is not known. SandboxFailed becomes a Failure."""
        loop = asyncio.get_running_loop()
        mine = (id(loop), key)
        while True:
            kept = self._known(key)
            if kept is not None:
                return kept
            under_way = self._made.get(mine)
            if under_way is None:
                break
            told = await asyncio.shield(under_way)
            if told is not None:  # else whoever made it gave up
                return told
        self._made[mine] = future = loop.create_future()
        made: T | Failure | None = None
        try:
            made = await make()
        except SandboxFailed as error:
            made = Failure("sandbox", str(error))
        finally:
            del self._made[mine]
            future.set_result(made)
        if not isinstance(made, Failure):
            self._keep(key, made)
        return made

    def forget(self) -> None:
        """Start anew."""
        with self._lock:
            self._kept.clear()

    def _known(self, key: str) -> T | None:
        with self._lock:
            found = self._kept.pop(key, None)
            if found is not None:
                self._kept[key] = found
            return found

    def _keep(self, key: str, value: T) -> None:
        with self._lock:
            self._kept[key] = value
            while len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]
