"""An event loop in a thread of its own, for what outlives each of its callers."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import weakref
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from rlaif.errors import JudgeUnavailable

T = TypeVar("T")
_CLOSE_S = 40.0
_ROUNDS = 10
"""So often what runs is cancelled at the end; what is cancelled may begin something else."""


class OwnLoop:
    """Use from any thread but its own."""

    def __init__(self) -> None:
        """Start the thread."""
        self._loop = asyncio.new_event_loop()
        self._lock = threading.Lock()
        self._closed = False
        self.process = os.getpid()
        self.lives_here: object = None
        """What lives in this loop: it stays until the thread has ended, as tasks alone do not."""
        self._thread = threading.Thread(target=self._run, name="rlaif-judge", daemon=True)
        self._thread.start()
        _OPEN.add(self)

    def begin(self, task: Coroutine[Any, Any, T]) -> Future[T]:
        """Run `task` there; cancelling the future cancels it. Raises: JudgeUnavailable if closed.

        What the end finds still running is told the same.
        """
        with self._lock:
            if self._closed:
                task.close()
                raise JudgeUnavailable(_WAS_CLOSED)
            return asyncio.run_coroutine_threadsafe(self._guarded(task), self._loop)

    def close(self, last: Coroutine[Any, Any, None] | None = None) -> None:
        """Run `last`, cancel what else runs there, and wait for the thread."""
        if (begun := self._ending(last)) is not None:
            with suppress(Exception):
                begun.result(timeout=_CLOSE_S)
        self.stop()
        if self.process == os.getpid() and self._thread is not threading.current_thread():
            self._thread.join(_CLOSE_S)
        _OPEN.discard(self)

    def stop(self) -> None:
        """As `close`, without waiting; harmless wherever and however often it is called."""
        with self._lock:
            self._closed = True
            if self.process == os.getpid():
                with suppress(RuntimeError):  # it is closed already
                    self._loop.call_soon_threadsafe(self._loop.stop)

    def _ending(self, last: Coroutine[Any, Any, None] | None) -> Future[None] | None:
        with self._lock:
            first, self._closed = not self._closed, True
            if last is None:
                return None
            if not first or self.process != os.getpid():
                last.close()
                return None
            return asyncio.run_coroutine_threadsafe(last, self._loop)

    async def _guarded(self, task: Coroutine[Any, Any, T]) -> T:
        try:
            return await task
        except asyncio.CancelledError:
            if self._closed:
                raise JudgeUnavailable(_WAS_CLOSED) from None
            raise

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            for _ in range(_ROUNDS):
                if not _cancelled(self._loop):
                    break
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()
            self.lives_here = None


_WAS_CLOSED = "the judge was closed"
_OPEN: weakref.WeakSet[OwnLoop] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """Nothing runs on while the interpreter is taken down."""
    for loop in list(_OPEN):
        loop.close()


def _cancelled(loop: asyncio.AbstractEventLoop) -> bool:
    """Cancel what runs, and let it end; whether there was anything."""
    running = asyncio.all_tasks(loop)
    for task in running:
        task.cancel()
    if running:
        loop.run_until_complete(asyncio.wait(running, timeout=_CLOSE_S))
    return bool(running)
