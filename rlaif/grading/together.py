"""Steps that are taken side by side, and none of which outlives the others' fault."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any


async def together(steps: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Take all steps at once. Raises: what the first that breaks raises, once all have ended."""
    if len(steps) < 2:
        for step in steps:
            await step
        return
    tasks = [asyncio.create_task(step) for step in steps]
    try:
        await asyncio.gather(*tasks)
    finally:
        await dropped(tasks)


async def dropped(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel the tasks, and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
