"""Time: a question's deadline, how long to wait before asking again, how many requests a second.

stamina and aiolimiter are not used. What is asked again here is often not what was asked (a part of
a batch), the deadline stands still in an outage, and a server's Retry-After comes before any
backoff; stamina repeats one call. aiolimiter lets a whole second's requests go at once and as many
again in the next instant; the spacing here never has more than the limit in any second.
"""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic

from rlaif.judging.http_faults import TooLate

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0


class Clock:
    """The time that is left for one question, or for a batch of them."""

    __slots__ = ("_ends", "_seconds")

    def __init__(self, seconds: float) -> None:
        """Start running."""
        self._seconds, self._ends = seconds, monotonic() + seconds

    def left(self) -> float:
        """Seconds left. Raises: TooLate when there are none."""
        left = self._ends - monotonic()
        if left <= 0:
            raise self.over()
        return left

    def over(self) -> TooLate:
        """What to raise once no time is left."""
        return TooLate(f"no answer within {self._seconds:g} s")

    def extend(self, seconds: float) -> None:
        """Leave out a time in which nobody could have answered."""
        self._ends += seconds

    async def until(self, moment: float) -> None:
        """Sleep until `moment` (monotonic). Raises: TooLate at once where that is past the end."""
        if moment > self._ends:
            raise self.over()
        if (pause := moment - monotonic()) > 0:
            await asyncio.sleep(pause)


class Pace:
    """Spaces requests evenly, so that no second has more than `rate` of them."""

    def __init__(self, rate: float | None) -> None:
        """None: as many as there are."""
        self._gap = 1 / rate if rate else 0.0
        self._next = 0.0

    async def turn(self, clock: Clock) -> None:
        """Wait for one's turn, which the deadline leaves out."""
        if not self._gap:
            return
        now = monotonic()
        mine = max(now, self._next)
        self._next = mine + self._gap
        if mine > now:
            clock.extend(mine - now)
            await asyncio.sleep(mine - now)


def backoff(tries: int, wait_s: float | None = None) -> float:
    """Seconds to wait after so many tries, at random so that not all come back together.

    What the server asked for (`wait_s`) is waited in full.
    """
    pause = min(FIRST_PAUSE_S * 2.0**tries, LONGEST_PAUSE_S)
    drawn = pause * random.uniform(0.5, 1)  # noqa: S311 - no secret
    return drawn if wait_s is None else wait_s + drawn * 0.1


def retry_after(header: str | None) -> float | None:
    """Seconds that the header Retry-After asks for, given as a number or a date; None for none."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            moment = parsedate_to_datetime(header)
        except ValueError:
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (moment - datetime.now(UTC)).total_seconds()
    return max(seconds, 0.0) if seconds < 1e9 else None  # no number either: not a time
