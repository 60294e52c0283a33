"""The process of the tests and the process of the code that they test, as one."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from rlaif.checks.sandbox.calling import death
from rlaif.checks.sandbox.host import Child, Ending, Host, HostLost
from rlaif.checks.sandbox.hostile import read_line, text_of
from rlaif.checks.sandbox.inside.values import dumps
from rlaif.checks.sandbox.patience import START_S
from rlaif.records.jobs import TestsJob

_MOST_BYTES = 2**23
_MOST_OF_CODE = 2**20
"""Bytes that are read of the code's own line: more than fit in it before its first line is read."""

_ENDS_S = 0.5
"""How long after it has closed its line a process is waited for, to know how it ended."""


class Pair:
    """Two processes with a line between them. Leaving the context ends both."""

    def __init__(self, hosts: tuple[Host, Host], job: TestsJob, cpu_s: float) -> None:
        self._hosts, self._job, self._cpu_s = hosts, job, cpu_s
        self._loop = asyncio.get_running_loop()
        self.called = False
        """Whether the tests have used the code for anything."""
        self.why = ""

    def __enter__(self) -> Pair:
        mine, other = socket.socketpair()
        limits = self._job.limits
        with mine, other:
            self.checker = self._hosts[0].spawn(
                "checker", limits, self._cpu_s, _MOST_BYTES, [mine.fileno()]
            )
            try:
                self.candidate = self._hosts[1].spawn(
                    "candidate", limits, self._cpu_s, _MOST_OF_CODE, [other.fileno()]
                )
            except HostLost:
                _let_go(self._hosts[0], self.checker)
                raise
        return self

    def __exit__(self, *_: object) -> None:
        _let_go(self._hosts[0], self.checker)
        _let_go(self._hosts[1], self.candidate)

    def now(self) -> float:
        """The time of the loop."""
        return self._loop.time()

    async def begin(self, only: list[str]) -> None:
        """Hand over tests and code. Raises: HostLost where a process does not begin."""
        self.began = self.now()
        deadline = self.began + START_S
        # Code that is too large to be taken ends its process: what the tests find then is told.
        await self.candidate.line.send(dumps({"code": self._job.code}), deadline)
        tests = {"tests": self._job.tests, "only": only}
        await self.checker.line.send(dumps(tests), deadline)
        for child in (self.checker, self.candidate):
            said = read_line(await child.line.read(deadline))
            # The first line of a process is written before it reads anything of others.
            if said.get("up") is not True:
                raise HostLost(text_of(said.get("setup")) or "a process for tests does not begin")

    async def said(self, keys: tuple[str, ...], within: float) -> dict[str, Any] | None:
        """The next line of the tests' process with one of those keys; None where none comes."""
        deadline = self.now() + within
        while (line := await self.checker.line.read(deadline)) is not None:
            said = read_line(line)
            self.called = self.called or said.get("calling") is True
            if any(key in said for key in keys):
                return said
        return None

    async def record(self, name: str, within: float) -> dict[str, Any] | None:
        """The record of that test; one of another test is ignored."""
        deadline = self.now() + within
        while (said := await self.said(("did",), deadline - self.now())) is not None:
            if said["did"] == name:
                return said
        return None

    async def how_code_ended(self, broken: Any) -> str:
        """What became of the code's process, where its line was closed. Raises: HostLost."""
        if broken != "closed":
            return f"the code's process was ended: {str(broken)[:200]}"
        await asyncio.wait({self.candidate.ended}, timeout=_ENDS_S)
        if not self.candidate.ended.done():
            return "the code has closed its line to the tests"
        return f"{death(self.candidate.ended.result().status)} (the code's)"

    async def ended(self) -> tuple[Ending, Ending]:
        """End both, and wait until nothing is left of them. Raises: HostLost."""
        mine = await self._hosts[0].end(self.checker)
        return mine, await self._hosts[1].end(self.candidate)


def _let_go(host: Host, child: Child) -> None:
    """Nothing more is wanted of the process."""
    host.release(child)
    host.kill(child)
