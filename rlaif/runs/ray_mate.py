"""One replica as the coordinator sees it: an actor of Ray, or a fake."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Protocol

from rlaif.grading.usage import Usage
from rlaif.runs.ray_messages import Done, Found

OUTSTANDING = 12
"""Batches that one replica has. What is graded waits for its part to be full, and the replica must
have enough to do until then: with `BATCH` samples each, half as many again as a part has rows."""


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


@dataclass(eq=False, slots=True)
class Member:
    """A mate, and what it is doing."""

    mate: Mate
    found: Found | None = None
    batches: set[asyncio.Task[Any]] = field(default_factory=set)
    drained: bool = False
    suspect: bool = False
    """Whether it has a batch that two replicas died over; such a one is graded alone."""
    usage: Usage = field(default_factory=Usage)

    @property
    def room(self) -> bool:
        """Whether it can take another batch."""
        return self.found is not None and not self.suspect and len(self.batches) < OUTSTANDING
