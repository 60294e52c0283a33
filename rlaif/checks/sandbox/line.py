"""The line to a hostile process: whole lines and bytes, bounded in size and in time."""

from __future__ import annotations

import asyncio
import socket

_PIECE = 1 << 18


class Line:
    """Whole lines from a hostile process, never more than `most` bytes of them."""

    def __init__(self, sock: socket.socket, most: int) -> None:
        """Take a connected socket; use within the loop that runs."""
        self._loop = asyncio.get_running_loop()
        self._socket = sock
        self._number = sock.fileno()
        self._left = most
        self._buffer = bytearray()
        self._searched = 0
        self._waiter: asyncio.Future[None] | None = None
        self._sending: asyncio.Future[None] | None = None
        self.closed = False
        self.flooded = False
        sock.setblocking(False)
        self._loop.add_reader(self._number, self._readable)

    def _readable(self) -> None:
        try:
            got = self._socket.recv(_PIECE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            got = b""
        self._left -= len(got)
        if not got or self._left < 0:
            self.flooded = bool(got)
            self.closed = True
            self._loop.remove_reader(self._number)
        else:
            self._buffer += got
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    async def read(self, deadline: float) -> bytes | None:
        """The next line; None when there is none until `deadline` (loop time), or no more."""
        while True:
            end = self._buffer.find(b"\n", self._searched)
            if end >= 0:
                line = bytes(self._buffer[:end])
                del self._buffer[: end + 1]
                self._searched = 0
                return line
            self._searched = len(self._buffer)
            if self.closed or not await self._more(deadline):
                return None

    async def exactly(self, size: int, deadline: float) -> bytes | None:
        """So many bytes; None when they do not come until `deadline`, or ever."""
        while len(self._buffer) < size:
            if self.closed or not await self._more(deadline):
                return None
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._searched = 0
        return data

    async def _more(self, deadline: float) -> bool:
        """Wait for more, or the end. False when the time is over."""
        self._waiter = self._loop.create_future()
        timer = self._loop.call_at(deadline, _wake, self._waiter)
        try:
            await self._waiter
        finally:
            timer.cancel()
            self._waiter = None
        return self._loop.time() < deadline

    async def send(self, raw: bytes, deadline: float) -> bool:
        """Send all of it; False where the process does not read it in time, or is gone."""
        try:
            sent = self._socket.send(raw)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            return False
        if sent == len(raw):
            return True
        rest = self._loop.sock_sendall(self._socket, memoryview(raw)[sent:])
        self._sending = asyncio.ensure_future(rest)
        done, _ = await asyncio.wait({self._sending}, timeout=deadline - self._loop.time())
        if not done:
            self._sending.cancel()
            await asyncio.wait({self._sending})
        return not self._sending.cancelled() and self._sending.exception() is None

    def close(self) -> None:
        """No more of it."""
        if not self.closed:
            self._loop.remove_reader(self._number)
            self.closed = True
            if self._waiter and not self._waiter.done():
                self._waiter.set_result(None)
        if self._sending and not self._sending.done():
            self._sending.cancel()
        self._socket.close()


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
