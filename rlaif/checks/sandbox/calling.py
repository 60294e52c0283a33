"""Calls of functions: inputs go in, data comes back, each call within its own time.

All calls go to the process at once. Results that arrive before one call's time has passed are each
surely within theirs. When that time is over, or something else goes wrong, the process is ended,
and what is left is asked of a fresh one, a call at a time, timed here: so no call borrows the time
of another, and what goes wrong is laid to the call that brought it about.
"""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

from rlaif.checks.sandbox.host import Child, Host, HostLost
from rlaif.checks.sandbox.hostile import read_line, text_of
from rlaif.checks.sandbox.inside.values import Garbled, decode, dumps, encode
from rlaif.checks.sandbox.patience import LITTLE, START_S
from rlaif.records.jobs import Called, CallsJob, Limits, Opaque

MOST_PROCESSES = 10
"""Fresh processes that one job gets after its code has run away or died."""

_MOST_BYTES = 2**26
"""Bytes that are read of one process."""

_LATER = Called("not_run", message="not run: a call before it did not come back")
_TOO_OFTEN = Called("not_run", message=f"not run: {MOST_PROCESSES} processes before it were lost")


async def call_all(host: Host, job: CallsJob) -> tuple[Called, ...]:
    """One result for each call. Raises: HostLost."""
    return await _Calling(host, job).results()


class _Calling:
    """One job on its way."""

    def __init__(self, host: Host, job: CallsJob) -> None:
        self.host, self.job = host, job
        self.found: list[Called | None] = [None] * len(job.calls)
        self.batch = True
        self.waited: set[int] = set()
        """Calls that ran out of time with little computed, and get a second chance."""
        self.loop = asyncio.get_running_loop()

    async def results(self) -> tuple[Called, ...]:
        for _ in range(MOST_PROCESSES):
            left = self._next_calls()
            if not left:
                break
            await self._one_process(left)
        rest = _LATER if self.job.stop else _TOO_OFTEN
        return tuple(one or rest for one in self.found)

    def _next_calls(self) -> list[int]:
        """What is still to be asked, as far as one process of the same limits can answer it."""
        if self.job.stop and any(c and c.how in ("timeout", "died", "garbled") for c in self.found):
            return []
        left = [i for i, one in enumerate(self.found) if one is None]
        return [i for i in left if self._limits(i).memory == self._limits(left[0]).memory]

    def _limits(self, number: int) -> Limits:
        return self.job.calls[number].limits

    async def _one_process(self, left: list[int]) -> None:
        limits = self._limits(left[0])
        longest = max(self._limits(i).time_s for i in left)
        cpu_s = longest * (2 if self.batch else len(left) + 2) + 1
        child = self.host.spawn("calls", limits, cpu_s, _MOST_BYTES)
        try:
            if self.batch:
                await self._at_once(child, left, longest)
            else:
                await self._one_by_one(child, left, longest)
        except BaseException:
            child.line.close()
            self.host.kill(child)
            raise

    async def _load(self, child: Child, calls: list[int], longest: float) -> Called | None:
        """Hand over the code and the first calls; None once the code is loaded."""
        message = {"code": self.job.code, "calls": [self._asked(i) for i in calls]}
        deadline = self.loop.time() + START_S
        sent = await child.line.send(dumps(message), deadline)
        first = read_line(await child.line.read(deadline))
        # This line is written before anything of others is run: without it, the fault is ours.
        if first.get("up") is not True:
            await self.host.end(child)
            raise HostLost(text_of(first.get("setup")) or "a process does not begin")
        if not sent:
            return await self._lost(child, deadline - START_S, START_S, "taking the code")
        began = self.loop.time()
        line = await child.line.read(began + longest)
        if line is None:
            return await self._lost(child, began, longest, "loading the code")
        said = read_line(line)
        if said.get("loaded") is True:
            return None
        await self.host.end(child)
        why = text_of(said.get("no_code")) or "it answers with no record"
        return Called("no_code", message=why)

    def _asked(self, number: int) -> list[Any]:
        call = self.job.calls[number]
        steps = [
            [
                s.name,
                [encode(a) for a in s.arguments],
                {k: encode(v) for k, v in s.keywords.items()},
            ]
            for s in call.steps
        ]
        return [number, steps, call.wants_arguments]

    async def _at_once(self, child: Child, left: list[int], longest: float) -> None:
        if (ended := await self._load(child, left, longest)) is not None:
            self.batch = False
            if ended.how == "no_code":
                self._all(left, ended)
            return
        before = self.loop.time()
        deadline = before + min(self._limits(i).time_s for i in left)
        for number in left:
            line = await child.line.read(deadline)
            result = line and _result(line, number, self.loop.time() - before, batch=True)
            if not result or result.how == "garbled":
                self.batch = False
                await self.host.end(child)
                return
            self.found[number] = result
        self.host.release(child)

    async def _one_by_one(self, child: Child, left: list[int], longest: float) -> None:
        if (ended := await self._load(child, [], 2 * longest)) is not None:
            self._all(left, ended)
            return
        for number in left:
            again = number in self.waited
            time_s = self._limits(number).time_s * (2 if again else 1)
            began = self.loop.time()
            await child.line.send(dumps({"calls": [self._asked(number)]}), began + time_s)
            line = await child.line.read(began + time_s)
            seconds = self.loop.time() - began
            if line is None:
                lost = await self._lost(child, began, time_s, "the call")
                if lost.how == "timeout" and not again and self._kept_waiting(lost, child):
                    self.waited.add(number)
                    return
                self.found[number] = lost
                return
            self.found[number] = result = _result(line, number, seconds)
            if result.how == "garbled":
                await self.host.end(child)
                return
        self.host.release(child)

    def _all(self, left: list[int], called: Called) -> None:
        for number in left:
            self.found[number] = called

    def _kept_waiting(self, lost: Called, child: Child) -> bool:
        ending = child.ended.result()
        return ending.cpu_s < LITTLE * (lost.seconds or 0)

    async def _lost(self, child: Child, began: float, time_s: float, doing: str) -> Called:
        """What to say of a process that gave no result. Raises: HostLost."""
        seconds = self.loop.time() - began
        flooded, closed = child.line.flooded, child.line.closed
        ending = await self.host.end(child)
        if flooded:
            told = f"it wrote more than {_MOST_BYTES >> 20} MB"
            return Called("garbled", message=told, seconds=seconds, memory=ending.memory)
        if not closed:
            told = f"no answer within {time_s:g} s ({doing})"
            return Called("timeout", message=told, seconds=seconds, memory=ending.memory)
        told = death(ending.status)
        return Called("died", message=f"{told} ({doing})", seconds=seconds, memory=ending.memory)


def death(status: int) -> str:
    """How a process ended, for a person."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        name = signal.Signals(number).name if number in set(signal.Signals) else str(number)
        return f"the process was ended by {name}"
    return f"the process ended itself with status {os.waitstatus_to_exitcode(status)}"


def _result(line: bytes, number: int, seconds: float, *, batch: bool = False) -> Called:
    """The result in one record; a record of anything but this call is garbled.

    `seconds` is the time seen from here; of a batch, which comes back together, the most that any
    one can have taken: there the process is believed within that.
    """
    said = read_line(line)
    memory = said.get("m")
    memory = memory if type(memory) is int and 0 <= memory < 2**50 else None
    if batch and type(own := said.get("s")) is float and own >= 0:
        seconds = min(own, seconds)
    if said.get("i") != number or type(said.get("i")) is not int:
        return Called("garbled", message="what came back is no result", seconds=seconds)
    if "absent" in said:
        told = f"the code defines no {text_of(said['absent'], 80)}"
        return Called("no_code", message=told, seconds=seconds, memory=memory)
    if said.get("large") is True:
        return Called("garbled", message="the result is too large", seconds=seconds, memory=memory)
    try:
        arguments = tuple(map(_plain, _listed(said["args"]))) if "args" in said else None
        if "raised" in said:
            names = tuple(text_of(one, 80) for one in _listed(said["raised"])[:8])
            told = text_of(said.get("told"))
            return Called("raised", None, arguments, names, told, seconds, memory)
        return Called("returned", _plain(said["ok"]), arguments, (), "", seconds, memory)
    except (Garbled, KeyError):
        told = "what came back is no plain data"
        return Called("garbled", message=told, seconds=seconds, memory=memory)


def _listed(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Garbled("no list")
    return value


def _plain(data: Any) -> Any:
    return decode(data, _opaque)


def _opaque(tag: str, told: str) -> Opaque:
    return Opaque(told)
