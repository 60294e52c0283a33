"""The job's end of one engine's process: started, spoken with, ended with all that it started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from typing import IO

from rlaif.errors import JudgeUnavailable
from rlaif.judging.vllm_trouble import ended, hint_for, reason, telling_lines
from rlaif.judging.vllm_wire import Message, packed, received

COMMAND = (sys.executable, "-P", "-m", "rlaif.judging.vllm_worker")
"""Starts an engine's process; its socket's number follows. -P: nothing of the current folder."""
_LAST = 200_000
"""Bytes of the log's end that are looked at."""
_POLL_S = 0.02
_GRACE_S = 5.0
"""How long an engine may take to end in good order."""


class EngineProcess:
    """One engine; use `started`."""

    def __init__(self, child: subprocess.Popen[bytes], log: IO[bytes], wire: socket.socket) -> None:
        self._child, self._log, self._wire = child, log, wire
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter
        self.facts: Message = {}
        """What it said of its model."""

    @classmethod
    async def started(
        cls,
        start: Message,
        environment: Mapping[str, str],
        command: Sequence[str] = COMMAND,
    ) -> EngineProcess:
        """A process whose engine is ready. Raises: JudgeUnavailable, with what to change."""
        made = cls(*_spawned(command, environment))
        try:
            made._reader, made._writer = await asyncio.open_connection(sock=made._wire)
            made.send(start)
            said = await made.receive()
        except BaseException:
            await made.end()
            raise
        if said is None or said["kind"] == "failed":
            told = await made._no_start(said)
            await made.end()
            raise JudgeUnavailable(told)
        made.facts = said
        return made

    def send(self, message: Message) -> None:
        """Say something; where the engine is gone, nobody hears it."""
        self._writer.write(packed(message))

    async def receive(self) -> Message | None:
        """What the engine says next; None when it has ended."""
        return await received(self._reader)

    async def why(self) -> str:
        """How it ended, in one line."""
        status = await self._status(_GRACE_S)
        told = "hangs" if status is None else ended(status)
        return "; ".join([f"the engine {told}", *telling_lines(self._tail(), 1)])

    async def end(self) -> None:
        """End it and whatever it has started, in good order if it can within a few seconds."""
        if hasattr(self, "_writer"):
            with contextlib.suppress(Exception):
                self.send({"kind": "end"})
        else:
            self._wire.close()
        try:
            await self._status(_GRACE_S if self.facts else 0)
        finally:
            self._kill()

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)  # its own session: none but its own
        self._child.wait()
        if hasattr(self, "_writer"):
            self._writer.close()
        self._log.close()

    async def _status(self, within_s: float) -> int | None:
        """As Popen gives it; None where it still runs. It is not yet waited for."""
        for _ in range(int(within_s / _POLL_S) + 1):
            if (status := self._ended()) is not None:
                return status
            await asyncio.sleep(_POLL_S)
        return None

    def _ended(self) -> int | None:
        with contextlib.suppress(ChildProcessError):
            found = os.waitid(os.P_PID, self._child.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
            if found is not None:
                return found.si_status if found.si_code == os.CLD_EXITED else -found.si_status
        return None

    async def _no_start(self, said: Message | None) -> str:
        if said:
            told = reason(said["type"], said["text"])
            return f"vLLM cannot load the judge: {told}{_once(told, said['text'], self._tail())}"
        status = await self._status(_GRACE_S)
        how = f"vLLM {ended(status or 0)} while it loaded the judge"
        told = ": ".join(filter(None, [how, "; ".join(telling_lines(self._tail()))]))
        return told + hint_for(told)

    def _tail(self) -> str:
        size = os.fstat(self._log.fileno()).st_size
        read = os.pread(self._log.fileno(), _LAST, max(0, size - _LAST))
        return read.decode(errors="replace")


def _once(*told: str) -> str:
    """The first hint that any of these leads to."""
    return next(filter(None, map(hint_for, told)), "")


def _spawned(
    command: Sequence[str], environment: Mapping[str, str]
) -> tuple[subprocess.Popen[bytes], IO[bytes], socket.socket]:
    ours, theirs = socket.socketpair()
    log = tempfile.TemporaryFile(prefix="rlaif-vllm-")  # noqa: SIM115 - closed with the process
    try:
        child = subprocess.Popen(  # noqa: S603 - our own module
            [*command, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[theirs.fileno()],
            start_new_session=True,  # Ctrl-C is the job's
            env=dict(environment),
        )
    except BaseException:
        log.close()
        ours.close()
        raise
    finally:
        theirs.close()
    return child, log, ours
