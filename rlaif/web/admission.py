"""Who may come in: a bounded number of items and of bytes at once, and a word when to come again.

More than that would only wait in a queue that grows, until every caller's own patience is over.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rlaif.web.replies import Refused

_SHORTEST_S, _LONGEST_S = 1, 60
"""Of what a caller is told to wait."""
_MEMORY = 0.8
"""Share of the former pace in the new one."""


class Room:
    """The places of a server. Not shared between threads: the server has one."""

    def __init__(
        self, most_items: int, most_bytes: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Places for so many items, waiting or being graded, and for so many bytes of bodies."""
        self.most_items, self.most_bytes = most_items, most_bytes
        self.items = self.bytes = 0
        self._clock = clock
        self._pace = 0.0

    @contextmanager
    def taken(self, items: int) -> Iterator[None]:
        """Keep places for `items` until the block ends, however it ends.

        Raises: Refused (413) where they can never fit, (429) where they do not fit now.
        """
        self.must_fit(items)
        if self.items + items > self.most_items:
            raise self._full(f"{self.items:,} items are waiting already")
        self.items += items
        started = self._clock()
        try:
            yield
            self._note_pace(items, self._clock() - started)
        finally:
            self.items -= items

    def must_fit(self, items: int) -> None:
        """Raises: Refused (413) where so many never have a place at once. Of any thread."""
        if items > self.most_items:
            raise Refused(
                413,
                f"{items:,} items in one request; there is room for {self.most_items:,}",
                hint="send fewer at once, or start the server with a larger --max-waiting",
            )

    def hold(self, count: int) -> None:
        """Note bytes that were read. Raises: Refused (429) where there is no memory for them."""
        if self.bytes + count > self.most_bytes:
            raise self._full("too many large requests at once")
        self.bytes += count

    def let_go(self, count: int) -> None:
        """Note that so many bytes are held no more."""
        self.bytes -= count

    def wait_s(self) -> int:
        """Whole seconds until what waits now is probably done."""
        if not self._pace:
            return _SHORTEST_S
        return min(max(math.ceil(self.items / self._pace), _SHORTEST_S), _LONGEST_S)

    def _note_pace(self, items: int, seconds: float) -> None:
        """Items a second, of all who are here: they share the judge."""
        if not items:
            return
        now = max(items, self.items) / max(seconds, 1e-3)
        self._pace = _MEMORY * self._pace + (1 - _MEMORY) * now if self._pace else now

    def _full(self, why: str) -> Refused:
        wait = self.wait_s()
        return Refused(
            429,
            f"{why}; come again in about {wait} s",
            hint="fewer requests at once, or a larger --max-waiting",
            headers={"Retry-After": str(wait)},
        )
