"""Steps that are taken side by side, and none of which outlives the others' fault."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


async def together(steps: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """Take all steps at once; what each gives, in their order.

    Raises: what the first that breaks raises, once all have ended.
    """
    if len(steps) < 2:
        return [await step for step in steps]
    tasks = [asyncio.create_task(step) for step in steps]
    try:
        return await asyncio.gather(*tasks)
    finally:
        await dropped(tasks)


async def dropped(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel the tasks, and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
