"""Who holds the sandbox: started where a check needs it, at most once, and always closed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

from rlaif.errors import InputError, SandboxFailed
from rlaif.lazy import SANDBOX, load
from rlaif.ports import Sandbox
from rlaif.records.jobs import Called, CallsJob, ProgramJob, Ran, Tested, TestsJob
from rlaif.storage.manifest import Sandboxed

UNSAFE = (
    "warning: --unsafe-no-sandbox: the policy's code runs as you, and can read and delete whatever "
    "you can"
)


class OnDemand:
    """A sandbox that nothing is loaded or started for before `start` is called; once is enough."""

    def __init__(self, given: Sandbox | None = None, *, unsafe: bool = False) -> None:
        """Take what is to be used, if it is not the one that ships; it is left open at the end.

        Args: `unsafe`: run the code as the user, where it can do harm.
        """
        self._given, self._unsafe = given, unsafe
        self._held: Sandbox | None = None
        self._started = False
        self._process = os.getpid()

    @property
    def started(self) -> bool:
        """Whether it was needed so far."""
        return self._started

    @property
    def tier(self) -> str:
        """As the sandbox says; empty before it was needed."""
        return self._held.tier if self._held else ""

    @property
    def notes(self) -> tuple[str, ...]:
        """As the sandbox says, after the warning where there is none; empty before it was needed.

        The warning is told each time, whatever the notes say.
        """
        if self._held is None:
            return ()
        return (UNSAFE, *self._held.notes) if self._unsafe else tuple(self._held.notes)

    @property
    def stated(self) -> Sandboxed | None:
        """What a run keeps of it; None where it was not needed."""
        if self._held is None:
            return None
        return Sandboxed(tier=self._held.tier, notes=tuple(self._held.notes))

    async def start(self) -> None:
        """Start it, if nobody has.

        Raises: SandboxUnavailable with what to install; InputError in a process that was forked
        from the one that holds it, where nothing would ever answer.
        """
        if self._process != os.getpid():
            raise InputError(
                "this sandbox belongs to the process that this one was forked from\n"
                "  hint: open one in each process"
            )
        if self._started:
            return
        if self._held is None:
            made: Sandbox = self._given or load(SANDBOX)(unsafe=self._unsafe)
            self._held = made
        await self._held.start()
        self._started = True

    async def calls(self, job: CallsJob) -> tuple[Called, ...]:
        """As the sandbox does."""
        return await self._ready().calls(job)

    async def run(self, job: ProgramJob) -> Ran:
        """As the sandbox does."""
        return await self._ready().run(job)

    async def tests(self, job: TestsJob) -> tuple[Tested, ...]:
        """As the sandbox does."""
        return await self._ready().tests(job)

    async def aclose(self) -> None:
        """End every process, if there was any, of a sandbox that was made here."""
        held, self._held, self._started = self._held, None, False
        if held is not None and self._given is None:
            await held.aclose()

    async def __aenter__(self) -> Self:
        """Nothing is started yet."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        await self.aclose()

    def _ready(self) -> Sandbox:
        if self._held is None or not self._started:
            raise SandboxFailed("code was to be run before the sandbox was started")
        return self._held


@asynccontextmanager
async def sandbox_ready(
    needed: bool, given: Sandbox | None = None, *, unsafe: bool = False
) -> AsyncIterator[OnDemand]:
    """A sandbox, started where it is needed, and closed at the end.

    Raises: SandboxUnavailable with what to install.
    """
    async with OnDemand(given, unsafe=unsafe) as sandbox:
        if needed:
            await sandbox.start()
        yield sandbox


class SharedSandbox(OnDemand):
    """A sandbox for many calls of `rlaif.grade`, from any event loop or thread of its process.

    Use with `async with`, or with `with` where no event loop runs: it is started there, and every
    process of it has ended afterwards.
    """

    async def __aenter__(self) -> Self:
        """Start it. Raises: SandboxUnavailable with what to install."""
        try:
            await self.start()
        except BaseException:
            await self.aclose()
            raise
        return self

    def __enter__(self) -> Self:
        """Start it. Raises: SandboxUnavailable; RuntimeError where an event loop runs."""
        return asyncio.run(self.__aenter__())

    def __exit__(self, *_: object) -> None:
        """Close it."""
        asyncio.run(self.aclose())


def open_sandbox(*, unsafe_no_sandbox: bool = False) -> SharedSandbox:
    """A sandbox to be given to many calls, so that it is started once and not in each of them.

    Args: `unsafe_no_sandbox`: the policy's code runs as you, and can read and delete whatever you
    can.
    """
    return SharedSandbox(unsafe=unsafe_no_sandbox)
