"""An event loop in a thread of its own, for what outlives each of its callers."""

from __future__ import annotations

import asyncio
import atexit
import threading
import weakref
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")
_CLOSE_S = 30.0


class OwnLoop:
    """Use from any thread but its own."""

    def __init__(self) -> None:
        """Start the thread."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="rlaif-judge", daemon=True)
        self._thread.start()
        _OPEN.add(self)

    def begin(self, task: Coroutine[Any, Any, T]) -> Future[T]:
        """Run `task` there; cancelling the future cancels it."""
        return asyncio.run_coroutine_threadsafe(task, self._loop)

    def close(self) -> None:
        """Cancel what runs there, and wait for the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_CLOSE_S)
        _OPEN.discard(self)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            _cancel_all(self._loop)
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()


_OPEN: weakref.WeakSet[OwnLoop] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """Nothing runs on while the interpreter is taken down."""
    for loop in list(_OPEN):
        loop.close()


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    running = asyncio.all_tasks(loop)
    for task in running:
        task.cancel()
    if running:
        loop.run_until_complete(asyncio.wait(running))
