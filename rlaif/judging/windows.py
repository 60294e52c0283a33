"""What is asked of a model in this process, read ahead and handed over in portions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import TypeVar

_PAUSE_S = 0.005
"""How long to wait for more before computing what is there."""

T = TypeVar("T")


async def windows(
    asked: AsyncIterator[T], most: int, cost: Callable[[T, T | None], int]
) -> AsyncGenerator[list[T], None]:
    """Portions of what comes within a pause, each until its costs reach `most`.

    Args: `cost` of one, and of the one before it in the portion.
    Raises: what `asked` raises, after what came before it. Left early (close it), it asks no more.
    """
    waiting: asyncio.Queue[T | None] = asyncio.Queue()

    async def read() -> None:
        try:
            async for one in asked:
                waiting.put_nowait(one)
        finally:
            waiting.put_nowait(None)

    reader = asyncio.create_task(read())
    try:
        more = True
        while more:
            window, more = await _window(waiting, most, cost)
            yield window
        await reader
    finally:
        reader.cancel()
        await asyncio.wait([reader])
        if not reader.cancelled():
            reader.exception()  # raised above where anyone still listens


async def _window(
    waiting: asyncio.Queue[T | None], most: int, cost: Callable[[T, T | None], int]
) -> tuple[list[T], bool]:
    """The next portion, and whether more can come."""
    window: list[T] = []
    spent = 0
    while spent < most:
        try:
            one = await _next(waiting, _PAUSE_S if window else None)
        except TimeoutError:
            break
        if one is None:
            return window, False
        spent += cost(one, window[-1] if window else None)
        window.append(one)
    return window, True


async def _next(waiting: asyncio.Queue[T | None], pause_s: float | None) -> T | None:
    if not waiting.empty():
        return waiting.get_nowait()
    return await asyncio.wait_for(waiting.get(), pause_s)
