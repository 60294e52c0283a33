"""One replica as the coordinator sees it: an actor of Ray, or a fake."""

from __future__ import annotations

from typing import Protocol

from rlaif.grading.usage import Usage
from rlaif.runs.ray_messages import Done, Found


class Mate(Protocol):
    """One replica, seen from the coordinator. Every call may raise ReplicaDied."""

    async def start(self) -> Found:
        """Start judge and sandbox."""

    async def grade(self, content: tuple[int, bytes]) -> Done:
        """Grade a packed batch, and put it on disk."""

    async def drain(self) -> None:
        """Write as soon as nothing is in hand."""

    async def flush(self) -> Usage:
        """Write what is graded."""

    async def stop(self) -> None:
        """End judge and sandbox."""

    def kill(self) -> None:
        """End the process, at once."""
