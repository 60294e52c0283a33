"""A judge that has gone is asked for again, whether or not anybody wants a reward meanwhile.

Who balances between servers sends nothing to one that is not ready: without this it stays so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from rlaif.web.standing import Standing

Opening = Callable[[], Awaitable[None]]
"""Loads the judge. Raises: whatever keeps it from being had."""
_FIRST_S, _LAST_S = 1.0, 30.0
"""Pauses before it is asked for: twice as long each time."""


class Reopening:
    """Asks until the judge answers. Lives in the server's event loop."""

    def __init__(
        self,
        standing: Standing,
        opening: Opening | None,
        note: Callable[[str], None],
        first_s: float = _FIRST_S,
    ) -> None:
        """Args: `opening` of None: nothing is asked; `first_s`, the first pause in seconds."""
        self._standing, self._opening, self._note = standing, opening, note
        self.first_s = first_s
        self._task: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is being asked for."""
        return self._task is None or self._task.done()

    def begin(self) -> None:
        """Ask from now on, unless that is being done."""
        if self._opening is not None and self.idle:
            self._task = asyncio.create_task(self._until_back(self._opening))

    def end(self) -> None:
        """Ask no more."""
        if self._task is not None:
            self._task.cancel()

    async def _until_back(self, opening: Opening) -> None:
        pause = self.first_s
        while True:
            await asyncio.sleep(pause)
            if not self._standing.trouble or self._standing.stopping:
                return  # a request was graded, or nobody can ask any more
            if await _opens(opening):
                self._standing.found()
                self._note("the judge is back")
                return
            pause = min(2 * pause, _LAST_S)


async def _opens(opening: Opening) -> bool:
    """Whether the judge is there. Why it is not was told when it was lost."""
    try:
        await opening()
    except Exception:  # noqa: BLE001 - whatever a library breaks with, the next time may do
        return False
    return True
