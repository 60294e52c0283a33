"""The fork servers of one sandbox: started when needed, replaced when lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from rlaif.checks.sandbox.host import Host, HostLost
from rlaif.checks.sandbox.interpreter import interpreter
from rlaif.checks.sandbox.launch import Flavour, Tier
from rlaif.errors import SandboxFailed, SandboxUnavailable

TRIES = 3
"""A job whose fork server is lost is run so many times in all."""

MOST_FLAVOURS = 4
"""Sets of packages that are kept loaded at once."""

_AHEAD = 1
"""Jobs under way beyond one a core: while one is started or compared, the others compute."""

_T = TypeVar("_T")


class Crew:
    """The fork servers: started when needed, replaced when lost."""

    def __init__(self, tier: Tier, width: int, first: Host) -> None:
        self._tier = tier
        self._width = width
        self._room = asyncio.Semaphore(width + _AHEAD)
        self._hosts: dict[tuple[str, ...], list[Host]] = {(): [first]}
        self._opening: dict[tuple[str, ...], asyncio.Lock] = {(): asyncio.Lock()}
        self._absent: dict[tuple[str, ...], str] = {}
        """Why no fork server can be had for a set of packages."""

    async def tried(self, packages: tuple[str, ...], work: Callable[[Host], Awaitable[_T]]) -> _T:
        """Do the work on a fork server with those packages, anew where one is lost.

        Raises: SandboxFailed.
        """

        async def once() -> _T:
            return await work(await self._host(packages))

        return await self._anew(once)

    async def tried_by_two(
        self,
        packages: tuple[tuple[str, ...], tuple[str, ...]],
        work: Callable[[Host, Host], Awaitable[_T]],
    ) -> _T:
        """Do the work on two fork servers, or twice the same one where the packages are the same.

        Both count as one job, so that none waits for its second while others do. Raises:
        SandboxFailed.
        """

        async def once() -> _T:
            first = await self._host(packages[0])
            if packages[0] == packages[1]:
                return await work(first, first)
            first.busy += 1  # so that it is not let go of while the other one is opened
            try:
                return await work(first, await self._host(packages[1]))
            finally:
                first.busy -= 1

        return await self._anew(once)

    async def _anew(self, once: Callable[[], Awaitable[_T]]) -> _T:
        """Do it, and again where a fork server is lost. Raises: SandboxFailed."""
        why = ""
        async with self._room:
            for _ in range(TRIES):
                try:
                    return await once()
                except HostLost as error:
                    why = str(error)
                except SandboxUnavailable as error:
                    why = str(error)
        raise SandboxFailed(f"the sandbox could not run it in {TRIES} tries: {why}")

    async def _host(self, packages: tuple[str, ...]) -> Host:
        """The least busy fork server with those packages."""
        async with self._opening.setdefault(packages, asyncio.Lock()):
            hosts = self._hosts[packages] = [h for h in self._hosts.pop(packages, ()) if not h.lost]
            idle = min(hosts, key=lambda host: host.busy, default=None)
            if idle is None or (idle.busy and len(hosts) < self._width):
                idle = await self._opened(packages)
                hosts.append(idle)
                await self._let_go(besides=packages)
            return idle

    async def _opened(self, packages: tuple[str, ...]) -> Host:
        if packages in self._absent:  # a fork server for each job that cannot be run costs hours
            raise SandboxFailed(self._absent[packages])
        host = Host(Flavour(self._tier, packages))
        await host.open()
        if host.absent:
            await host.aclose()
            absent, where = ", ".join(host.absent), " or ".join(interpreter().packages)
            self._absent[packages] = (
                f"{absent} cannot be imported in the sandbox ({interpreter().told}); "
                f"install it for that Python, in {where or 'a folder that all users can read'}"
            )
            raise SandboxFailed(self._absent[packages])
        return host

    async def _let_go(self, besides: tuple[str, ...]) -> None:
        """Of the flavours that nothing runs in, the one not used for longest."""
        if len(self._hosts) <= MOST_FLAVOURS:
            return
        for packages, hosts in list(self._hosts.items()):
            # One that is being opened is in somebody's hands already, and no process says so yet.
            in_hand = packages == besides or self._opening[packages].locked()
            if not in_hand and not any(host.busy for host in hosts):
                del self._hosts[packages]
                await asyncio.gather(*(host.aclose() for host in hosts))
                return

    async def aclose(self) -> None:
        """End all of them."""
        hosts = [host for some in self._hosts.values() for host in some]
        await asyncio.gather(*(host.aclose() for host in hosts))
