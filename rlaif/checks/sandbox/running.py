"""One command in the sandbox, seen from the trusted side: timed, watched, and cleared away."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rlaif.checks.sandbox import scratch, surroundings
from rlaif.checks.sandbox.host import Child, Host, HostLost
from rlaif.checks.sandbox.inside.values import Garbled, dumps, loads
from rlaif.checks.sandbox.launch import SCRATCH
from rlaif.checks.sandbox.patience import LITTLE, START_S
from rlaif.checks.sandbox.processes import tasks_of_user
from rlaif.checks.sandbox.watching import EVERY_S, Watch, sender
from rlaif.records.jobs import ProgramJob, Ran

_STOP_S = 10.0
"""A run that is stopped has so long to say what it did, before it is killed from outside."""

_HEADERS = 2**21
"""Bytes of what the supervisor says besides the outputs and files."""

_STOP = b"\n"


async def run_program(host: Host, job: ProgramJob) -> Ran:
    """Run it. Raises: HostLost; ValueError for a path that leads out of the scratch folder.

    One that ran out of time with little computed is run once more, with twice the time.
    """
    if told := surroundings.too_large(job):
        return Ran("killed", int(signal.SIGXFSZ), message=told)
    ran, cpu_s = await _Running(host, job).result(job.limits.time_s)
    if ran.how != "timeout" or cpu_s >= LITTLE * job.limits.time_s:
        return ran
    again, _ = await _Running(host, job).result(2 * job.limits.time_s)
    if again.how != "timeout":
        return again
    return replace(again, message=f"{ran.message}, nor, run once more, after twice as long")


class _Running:
    """One run on its way."""

    def __init__(self, host: Host, job: ProgramJob) -> None:
        self.host, self.job, self.limits = host, job, job.limits
        self.loop = asyncio.get_running_loop()
        self.apart = host.flavour.tier == "namespaces"
        self.excess = ""
        """Why the watch has ended it."""

    async def result(self, time_s: float) -> tuple[Ran, float]:
        """What became of it, and the seconds of processor time that it used."""
        folder = "" if self.apart else scratch.made()
        try:
            return await self._in_folder(folder, time_s)
        finally:
            if folder:
                await asyncio.to_thread(scratch.removed, folder)

    async def _in_folder(self, folder: str, time_s: float) -> tuple[Ran, float]:
        ours, theirs = socket.socketpair()
        with ours:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            cpu_s = time_s * len(os.sched_getaffinity(0)) + 1
            most = 3 * self.limits.scratch + _HEADERS
            with theirs:
                links = (theirs.fileno(),)
                child = self.host.spawn("program", self.limits, cpu_s, most, links)
            try:
                await self._begin(child, folder)
                watch = Watch(sender(ours), self.limits, folder, self.apart)
                return await self._watched(child, watch, time_s)
            finally:
                # Also where this was cancelled: the folder is removed after the last process.
                with contextlib.suppress(HostLost):
                    await self.host.end(child)

    async def _begin(self, child: Child, folder: str) -> None:
        """Hand over the job, and wait until it begins."""
        files = sorted(self.job.files.items())
        executable = set(self.job.executable)
        message = {
            "command": surroundings.command(self.job.command),
            "environment": surroundings.environment(self.host.flavour, folder or SCRATCH),
            "scratch": folder or SCRATCH,
            "processes": self.limits.processes,
            "others": 0 if self.apart else tasks_of_user(),
            "stdin": len(self.job.stdin),
            "files": [[path, len(data), path in executable] for path, data in files],
            "wanted": list(self.job.wanted),
        }
        raw = b"".join([dumps(message), self.job.stdin, *(data for _, data in files)])
        deadline = self.loop.time() + START_S
        await child.line.send(raw, deadline)
        await self._said(child, deadline, "started")

    async def _said(self, child: Child, deadline: float, key: str) -> dict[str, Any]:
        """The supervisor's next line, which has that key. Raises: HostLost."""
        line = await child.line.read(deadline)
        if line is None:
            raise HostLost("a program's supervisor says nothing")
        return _header(line, key)

    async def _watched(self, child: Child, watch: Watch, time_s: float) -> tuple[Ran, float]:
        """Wait for the end, or bring it about."""
        began = self.loop.time()
        looking = asyncio.create_task(self._look(child, watch))
        try:
            line = await child.line.read(began + time_s)
        finally:
            looking.cancel()
            await asyncio.wait([looking])
        if not looking.cancelled():
            looking.result()
        seconds = self.loop.time() - began
        late = line is None and not child.line.closed
        if late:
            await child.line.send(_STOP, self.loop.time() + 1)
            line = await child.line.read(self.loop.time() + _STOP_S)
        ran = Ran("timeout" if late else "killed", int(signal.SIGKILL), seconds=seconds)
        if late:
            ran = replace(ran, message=f"it had not ended after {time_s:g} s")
        if self.excess:
            ran = replace(ran, how="killed", message=self.excess)
        if line is None:
            ending = await self.host.end(child)
            message = ran.message or "it was ended from outside, perhaps for want of memory"
            return replace(ran, message=message, memory=ending.memory), ending.cpu_s
        ended = _header(line, "ended")
        ran = replace(ran, memory=max(ended["memory"], watch.memory))
        if not ran.message:
            ran = self._ended(ran, ended)
        return await self._left(child, ran), ended["cpu_s"]

    async def _look(self, child: Child, watch: Watch) -> None:
        """End it once it has passed its limits."""
        pause = EVERY_S
        while not self.excess:
            await asyncio.sleep(pause)
            began = self.loop.time()
            self.excess = await asyncio.to_thread(watch.look)
            # A look that takes long is not to take all of a processor.
            pause = EVERY_S if watch.over else max(EVERY_S, self.loop.time() - began)
        await child.line.send(_STOP, self.loop.time() + 1)

    def _ended(self, ran: Ran, ended: Mapping[str, Any]) -> Ran:
        """How the command ended by itself."""
        if ended["why"]:
            told = surroundings.absent(self.host.flavour, self.job.command[0], int(ended["why"]))
            return replace(ran, how="not_found", code=127, message=told)
        code = os.waitstatus_to_exitcode(ended["ended"])
        if code >= 0:
            return replace(ran, how="exited", code=code)
        told = surroundings.signal_told(-code, self.limits)
        return replace(ran, how="killed", code=-code, message=told)

    async def _left(self, child: Child, ran: Ran) -> Ran:
        """The same with what the command has left behind."""
        deadline = self.loop.time() + START_S
        left = await self._said(child, deadline, "outputs")
        stdout, stderr = [await self._bytes(child, size, deadline) for size in left["outputs"]]
        files = {path: await self._bytes(child, size, deadline) for path, size, _ in left["files"]}
        executable = tuple(path for path, _, may_run in left["files"] if may_run)
        told = ran.message
        if left["left_out"] and not told:
            told = f"{left['left_out']} of its files are too many or too large to be brought back"
        return replace(
            ran, stdout=stdout, stderr=stderr, files=files, executable=executable, message=told
        )

    async def _bytes(self, child: Child, size: int, deadline: float) -> bytes:
        found = await child.line.exactly(size, deadline)
        if found is None:
            raise HostLost("a program's supervisor says less than it should")
        return found


def _header(line: bytes, key: str) -> dict[str, Any]:
    """A line of the supervisor. Raises: HostLost where it could not do its work."""
    try:
        said = loads(line)
    except Garbled:
        said = None
    if not isinstance(said, dict) or key not in said:
        why = said.get("setup", "") if isinstance(said, dict) else ""
        raise HostLost(str(why) or "a program's supervisor says something else than it should")
    return said
