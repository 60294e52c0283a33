"""The process of a replica: one grader in a thread of its own. Nothing here imports Ray."""

from __future__ import annotations

import asyncio
import os
import pickle
import socket
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from rlaif import __version__
from rlaif.errors import RunError
from rlaif.grading.usage import Usage
from rlaif.runs.ray_grader import Grader
from rlaif.runs.ray_messages import Broken, Done, Found, Given, broken
from rlaif.runs.worker import Task

_T = TypeVar("_T")
_LOOKS = 20
_LOOK_EVERY_S = 0.5


class Replica:
    """What Ray makes an actor of: its methods are called from afar and give errors as values.

    The grader has an event loop of its own: Ray's may be another implementation, and is busy with
    Ray's own calls.
    """

    def __init__(self) -> None:
        """Start nothing but the loop: an error here would be told in Ray's words."""
        self._host = socket.gethostname()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._grader: Grader | None = None

    async def start(self, given: Given) -> Found | Broken:
        """Take the task, look for the run, start judge and sandbox."""
        return await self._guarded(self._start(given))

    async def grade(self, content: tuple[int, bytes]) -> Done | Broken:
        """See `Grader.grade`."""
        return await self._guarded(self._started.grade(content))

    async def drain(self) -> Broken | None:
        """See `Grader.drain`."""
        return await self._guarded(self._started.drain())

    async def flush(self) -> Usage | Broken:
        """See `Grader.flush`."""
        return await self._guarded(self._started.flush())

    async def stop(self) -> Broken | None:
        """See `Grader.stop`; also for one that is still starting."""
        return await self._guarded(self._started.stop()) if self._grader else None

    @property
    def _started(self) -> Grader:
        if self._grader is None:
            raise RuntimeError("asked before it was started")
        return self._grader

    async def _guarded(self, step: Coroutine[Any, Any, _T]) -> _T | Broken:
        try:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(step, self._loop))
        except Exception as error:  # noqa: BLE001 - sent as a value
            return broken(error, self._host)

    async def _start(self, given: Given) -> Found:
        if given.version != __version__:
            raise RunError(
                f"{self._host} has rlaif {__version__}, and the job is of {given.version}\n"
                "  hint: install the same version on every node"
            )
        await _same_folder(given, self._host)
        os.environ.update(given.environment)
        task: Task = pickle.loads(given.task)  # noqa: S301 - the coordinator's own
        self._grader = Grader(task, given.run, self._host, lambda: _is_there(given))
        return await self._grader.start()


async def _same_folder(given: Given, host: str) -> None:
    """Raises: RunError unless the coordinator's file is there; a file server may take seconds."""
    for look in range(_LOOKS):
        if look:
            await asyncio.sleep(_LOOK_EVERY_S)
        if _is_there(given):
            return
    raise RunError(
        f"{given.run}: {host} does not see the same folder under this path\n"
        "  hint: put the run on a folder that all nodes share, such as NFS or Lustre"
    )


def _is_there(given: Given) -> bool:
    """Whether the file of this job lies in the run; the next job takes it away."""
    name, content = given.token
    try:
        return (given.run / name).read_text() == content
    except OSError:
        return False
