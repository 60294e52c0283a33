"""Which servers are there: each address is a door, and a door that is shut is knocked at.

While a door is shut nothing is sent through it but one small request, again and again.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

from rlaif.errors import JudgeUnavailable
from rlaif.judging.http_address import Address
from rlaif.judging.http_pace import Clock

_LOG = logging.getLogger(__name__)

FIRST_KNOCK_S = 0.25
LONGEST_KNOCK_S = 15.0
TELL_EVERY_S = 60.0

Knock = Callable[[Address], Awaitable[str]]
"""Ask a server for a sign of life; why there is none, or nothing."""


@dataclass(eq=False, slots=True)
class Door:
    """One address, and whether anybody is there."""

    address: Address
    shut_since: float | None = None
    told: str = ""
    """Why it is shut."""
    model: str | None = None
    """What the server calls the model in its replies."""
    checked: asyncio.Future[bool] | None = None
    """Whether the first knock found nobody; not done while it is not known."""
    knocking: asyncio.Task[None] | None = field(default=None, repr=False)
    known: bool = False
    """Whether it was found that whoever is behind it can be asked."""
    barred: bool = False
    """Whether it was found that they never can."""


class Doors:
    """All addresses of a judge."""

    def __init__(self, addresses: Sequence[Address], knock: Knock, max_outage_s: float) -> None:
        """All are taken to be open at first."""
        self.all = [Door(address) for address in addresses]
        self._knock, self._max_outage_s = knock, max_outage_s
        self._moved = asyncio.Event()
        self._admit: Callable[[Door], Awaitable[str]] | None = None

    async def open(self, home: int, clock: Clock | None = None) -> Door:
        """An open door: the one at place `home`, or the next one that is open.

        Waits while all are shut; `clock` stands still meanwhile.

        Raises: JudgeUnavailable when that takes longer than the judge file allows.
        """
        while True:
            count = len(self.all)
            for place in range(home, home + count):
                door = self.all[place % count]
                if door.shut_since is None:
                    return door
            began = monotonic()
            await self._wait_for_one()
            if clock is not None:
                clock.extend(monotonic() - began)

    async def fell(self, door: Door, told: str) -> bool:
        """Shut `door`; whether nobody is there indeed. False where it answered a knock at once."""
        self._shut(door, told)
        assert door.checked is not None  # noqa: S101 - set with shut_since
        return await asyncio.shield(door.checked)

    def admit_by(self, admit: Callable[[Door], Awaitable[str]]) -> None:
        """From now on a door that is not `known` opens only when `admit` says nothing against it.

        `admit` raises JudgeUnavailable where it never can: the door then stays shut for good.
        """
        self._admit = admit
        for door in self.all:
            if not door.known:
                self._shut(door, "it was not tried")

    def _shut(self, door: Door, told: str) -> None:
        if door.shut_since is None:
            door.shut_since, door.told = monotonic(), told
            door.checked = asyncio.get_running_loop().create_future()
            door.knocking = asyncio.create_task(self._knock_until_open(door, door.checked))

    async def aclose(self) -> None:
        """Stop knocking."""
        tasks = [door.knocking for door in self.all if door.knocking]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _wait_for_one(self) -> None:
        """Until a door opens, or it is known of another that it is shut."""
        self._moved.clear()
        left = None
        if all(door.checked and door.checked.done() for door in self.all):
            since = max(door.shut_since or 0.0 for door in self.all)
            left = since + self._max_outage_s - monotonic()
            if left <= 0:
                raise self._gone()
        try:
            await asyncio.wait_for(self._moved.wait(), left)
        except TimeoutError:
            raise self._gone() from None

    def _gone(self) -> JudgeUnavailable:
        told = "; ".join(f"{door.address.base}: {door.told}" for door in self.all)
        return JudgeUnavailable(
            f"the judge's server was not reached for {self._max_outage_s:g} s ({told}); "
            "what was graded is kept; start the same command again"
        )

    async def _knock_until_open(self, door: Door, checked: asyncio.Future[bool]) -> None:
        try:
            await self._seek(door, checked)
        finally:
            # whatever happened here, nobody waits for ever
            if not checked.done():
                checked.set_result(True)
            self._moved.set()

    async def _seek(self, door: Door, checked: asyncio.Future[bool]) -> None:
        pause, told_at = FIRST_KNOCK_S, 0.0
        while told := await self._against(door):
            door.told = told
            if door.barred:
                _LOG.warning("%s is left out: %s", door.address.base, told)
                return
            if not checked.done():
                checked.set_result(True)
                self._moved.set()
            if not told_at or monotonic() - told_at >= TELL_EVERY_S:
                told_at = monotonic()
                _LOG.warning("%s is not reached, waiting for it: %s", door.address.base, told)
            await asyncio.sleep(pause * random.uniform(0.7, 1))  # noqa: S311 - no secret
            pause = min(pause * 2, LONGEST_KNOCK_S)
        if told_at:
            _LOG.warning("%s answers again", door.address.base)
        door.shut_since = None
        if not checked.done():
            checked.set_result(False)

    async def _against(self, door: Door) -> str:
        """Why a door cannot be opened now; nothing where it can."""
        told = await self._knock(door.address)
        if told or door.known or self._admit is None:
            return told
        try:
            told = await self._admit(door)
        except JudgeUnavailable as fault:
            door.barred = True
            return str(fault).partition("\n")[0]
        door.known = not told
        return told
