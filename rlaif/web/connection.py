"""One connection: it is let go where no whole head of a request comes in time.

uvicorn waits without end for the first, and starts its wait anew with each byte of a later one, so
that few who send nothing, or a letter a minute, would hold all the connections there are.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

FIRST_S = 10.0
"""Seconds from the connection to the whole head of its first request."""
KEEP_ALIVE_S = 30
"""Seconds from an answer to the whole head of the next request."""


class Patient(H11Protocol):
    """uvicorn's connection, with an end to its patience."""

    first_s = FIRST_S
    _impatience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """The wait for the first request begins."""
        super().connection_made(transport)
        self._wait(self.first_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """There is nothing to wait for."""
        self._wait_no_more()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """The wait ends with a request."""
        before = self.cycle
        super().handle_events()
        if self.cycle is not before and not self.cycle.response_complete:
            self._wait_no_more()

    def on_response_complete(self) -> None:
        """The wait for the next request begins; it may have come already."""
        self._wait(KEEP_ALIVE_S)
        super().on_response_complete()

    def _wait(self, seconds: float) -> None:
        self._wait_no_more()
        self._impatience = self.loop.call_later(seconds, self._let_go)

    def _wait_no_more(self) -> None:
        if self._impatience is not None:
            self._impatience.cancel()
            self._impatience = None

    def _let_go(self) -> None:
        self.transport.close()
