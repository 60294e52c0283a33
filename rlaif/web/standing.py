"""How a server stands: its judge is being loaded, is there, is gone; or it is about to stop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from rlaif.web.replies import Refused

_LATER = {"Retry-After": "5"}


@dataclass(slots=True)
class Standing:
    """One server's state. Lives in its event loop."""

    loaded: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the judge answers."""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when what is still under way is given up."""
    stopping: bool = False
    trouble: str = ""
    """Why the judge answers no more; empty while it does."""

    @property
    def ready(self) -> bool:
        """Whether a request would be graded now."""
        return self.loaded.is_set() and not self.trouble and not self.stopping

    def told(self) -> str:
        """In a word."""
        if self.stopping:
            return "stopping"
        if not self.loaded.is_set():
            return "loading"
        return "judge unavailable" if self.trouble else "ready"

    async def wait_until_ready(self, limit_s: float) -> None:
        """Return once the judge is loaded. Raises: Refused (503) where that takes too long."""
        try:
            await asyncio.wait_for(self.loaded.wait(), limit_s)
        except TimeoutError:
            raise Refused(503, "the judge is still being loaded", headers=_LATER) from None

    def lost(self, why: str) -> Refused:
        """Note that the judge is gone; the refusal to answer with."""
        self.trouble = why
        message, _, hint = why.partition("\n  hint: ")
        return Refused(503, message, hint=hint, headers=_LATER)

    def found(self) -> None:
        """Note that the judge answered."""
        self.trouble = ""

    def closed(self) -> Refused:
        """The refusal of a server that is about to stop."""
        return Refused(503, "the server is stopping", headers=_LATER)
