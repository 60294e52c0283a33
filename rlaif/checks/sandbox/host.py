"""One fork server seen from the trusted side: processes started, lines to and from each."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from rlaif.checks.sandbox.launch import Flavour, start
from rlaif.checks.sandbox.line import Line
from rlaif.checks.sandbox.patience import READY_S, SILENT_S
from rlaif.checks.sandbox.processes import family, tasks_of_user
from rlaif.errors import SandboxUnavailable
from rlaif.records.jobs import Limits

_SPARE = 64
"""Processes and threads more than asked for: others of the same user come and go."""


class HostLost(Exception):
    """The fork server is dead or silent, or starts no process: our fault, to be tried again."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process ended, as the kernel told the fork server."""

    status: int
    """As of `waitpid`."""
    cpu_s: float
    memory: int


@dataclass(slots=True, eq=False)
class Child:
    """One process in the sandbox, and the line to it."""

    number: int
    line: Line
    ended: asyncio.Future[Ending]
    killed: bool = False


class Host:
    """A fork server. Use within one event loop, whose thread must live as long as it."""

    def __init__(self, flavour: Flavour) -> None:
        """Nothing runs before `open`."""
        self.flavour = flavour
        self.lost = ""
        """Why it can be used no longer."""
        self.landlock = 0
        self.absent: tuple[str, ...] = ()
        """Packages that were asked for and cannot be imported."""
        self.base_memory = 0
        """Bytes of address space that a process has before it runs anything."""
        self.busy = 0
        """Processes that have not ended."""
        self._numbers = count()
        self._children: dict[int, Child] = {}

    async def open(self) -> None:
        """Start it, and wait until it is ready. Raises: SandboxUnavailable."""
        self._loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = ours
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the host
        try:
            self._process = start(self.flavour, theirs.fileno(), self._errors)
        except BaseException:
            ours.close()
            self._errors.close()
            raise
        finally:
            theirs.close()
        ours.setblocking(False)
        try:
            ready = await asyncio.wait_for(self._loop.sock_recv(ours, 1 << 16), READY_S)
            said = json.loads(ready)
        except (OSError, TimeoutError, ValueError) as error:
            why = self._last_words() or str(error) or "it is not ready in time"
            self._end_process()
            raise SandboxUnavailable(why) from None
        except BaseException:  # the job that wanted it was given up
            self._end_process()
            raise
        self.landlock = said["landlock"]
        self.absent = tuple(said["absent"])
        self._mark()
        self._loop.add_reader(ours, self._told)

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read(1 << 16).decode(errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else ""

    def _mark(self) -> None:
        """Know its size; and where the machine runs out of memory, it is to end before we do."""
        for pid in family(self._process.pid):
            with contextlib.suppress(OSError):
                Path(f"/proc/{pid}/oom_score_adj").write_text("900")
            with contextlib.suppress(OSError, ValueError):
                pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
                self.base_memory = max(self.base_memory, pages * os.sysconf("SC_PAGESIZE"))

    def spawn(
        self, role: str, limits: Limits, cpu_s: float, most: int, links: Sequence[int] = ()
    ) -> Child:
        """Start a process for one job. `most`: bytes that are read of it. Raises: HostLost."""
        if self.lost:
            raise HostLost(self.lost)
        ours, theirs = socket.socketpair()
        number = next(self._numbers)
        asked = {
            "spawn": number,
            "role": role,
            "limits": {
                "memory": limits.memory + (self.base_memory if role != "program" else 0),
                "cpu_s": int(cpu_s) + 2,
                "scratch": limits.scratch,
                "processes": self._processes(limits.processes),
                "threads": limits.processes,
            },
        }
        try:
            descriptors = [theirs.fileno(), *links]
            socket.send_fds(self._control, [json.dumps(asked).encode()], descriptors)
        except OSError as error:
            ours.close()
            self._lose(f"the fork server takes no job: {error}")
            raise HostLost(self.lost) from None
        finally:
            theirs.close()
        child = Child(number, Line(ours, most), self._loop.create_future())
        self._children[number] = child
        self.busy += 1
        return child

    def _processes(self, wanted: int) -> int:
        """Where no namespace counts them apart, the user's other processes count as well."""
        if self.flavour.tier == "namespaces":
            return wanted + _SPARE
        return tasks_of_user() + wanted + _SPARE

    def kill(self, child: Child) -> None:
        """End the process and all that it has started."""
        if not child.killed and not child.ended.done() and not self.lost:
            child.killed = True
            with contextlib.suppress(OSError):
                self._control.send(json.dumps({"kill": child.number}).encode())

    async def end(self, child: Child) -> Ending:
        """Kill the process where it still runs, and wait until nothing of it is left.

        Raises: HostLost.
        """
        child.line.close()
        self.kill(child)
        try:
            return await asyncio.wait_for(asyncio.shield(child.ended), SILENT_S)
        except TimeoutError:
            self._lose("the fork server does not answer")
            raise HostLost(self.lost) from None

    def release(self, child: Child) -> None:
        """The job is done: the process is to end by itself, and is killed where it does not."""
        child.line.close()
        child.ended.add_done_callback(_look_at)
        self._loop.call_later(0.2, self.kill, child)

    def _told(self) -> None:
        """Messages from the fork server."""
        while not self.lost:
            try:
                raw = self._control.recv(1 << 12)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                raw = b""
            if not raw:
                self._lose(self._last_words() or "the fork server ended")
                return
            said = json.loads(raw)
            child = self._children.pop(said.get("ended", said.get("failed")), None)
            if child is None:
                continue
            self.busy -= 1
            if child.ended.done():
                continue
            if "failed" in said:
                child.ended.set_exception(HostLost(f"no process can be started: {said['why']}"))
                child.line.close()
            else:
                ending = Ending(said["status"], said["cpu_s"], said["memory"])
                child.ended.set_result(ending)

    def _lose(self, why: str) -> None:
        """Nothing more can be had of it: every job of it is told so."""
        if self.lost:
            return
        self.lost = why
        self._loop.remove_reader(self._control)
        for child in self._children.values():
            if not child.ended.done():
                child.ended.set_exception(HostLost(why))
                child.ended.add_done_callback(_look_at)
            child.line.close()
            self.busy -= 1
        self._children.clear()
        self._end_process()

    def _end_process(self) -> None:
        self._control.close()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            self._process.kill()
        self._process.wait()
        self._errors.close()

    async def aclose(self) -> None:
        """End it with all that it runs."""
        if self.lost:
            return
        self.lost = "it was closed"
        self._loop.remove_reader(self._control)
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)  # a forked process may hold a copy open
        self._control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(self._process.wait, 5)
        for child in self._children.values():
            child.line.close()
            child.ended.cancel()
        self._end_process()


def _look_at(ended: asyncio.Future[Ending]) -> None:
    """So that no one complains of an error that nobody waits for."""
    if not ended.cancelled():
        ended.exception()
