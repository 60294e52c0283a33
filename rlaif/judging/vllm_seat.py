"""One of several engines: what it is asked now, and what is asked again after it died."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from rlaif.errors import JudgeUnavailable
from rlaif.judging.vllm_jobs import Batch, Job
from rlaif.judging.vllm_process import EngineProcess
from rlaif.judging.vllm_wire import Message
from rlaif.records.outcome import Failure

Launch = Callable[[], Awaitable[EngineProcess]]

MOST_BARREN = 6
"""Deaths in a row, with nothing answered between them, after which the judge is given up."""
_LEAST_AHEAD = 64


@dataclass(slots=True)
class _Suspects:
    """What was under way when an engine died. It is asked alone, so that no other is blamed."""

    jobs: list[tuple[Batch, Job]]
    deaths: int

    def halves(self) -> Iterator[_Suspects]:
        """Both halves, each to be asked alone."""
        half = len(self.jobs) // 2
        yield _Suspects(self.jobs[:half], self.deaths)
        yield _Suspects(self.jobs[half:], self.deaths)


class Seat:
    """An engine's place: whenever its process dies, another takes it."""

    def __init__(self, launch: Launch, freed: Callable[[], None]) -> None:
        """`launch` starts a process; `freed` is called whenever something more may be asked."""
        self._launch, self._freed = launch, freed
        self._process: EngineProcess | None = None
        self._open: dict[int, tuple[Batch, Job]] = {}
        self._suspects: deque[_Suspects] = deque()
        self._alone: _Suspects | None = None
        self._barren = 0
        self.load = 0
        """Tokens still to be computed, about."""
        self.facts: Message = {}
        self.deaths = 0

    async def start(self) -> None:
        """Start the process. Raises: JudgeUnavailable."""
        self._process = await self._launch()
        self.facts = self._process.facts

    async def serve(self) -> None:
        """Hand on answers, for ever. Raises: JudgeUnavailable where engines die for good."""
        while True:
            process = self._running()
            while (message := await process.receive()) is not None:
                self._hand_on(message)
            self._process = None
            try:
                why = await process.why()
            finally:  # nobody else knows of it any more
                await process.end()
            self._mourn(why)
            self._freed()
            await self.start()
            self._next_suspects()
            self._freed()

    async def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process:
            await process.end()

    def takes(self, more: int = 0) -> bool:
        """Whether it can be asked now; with `more`, even that much beyond its measure."""
        ahead = max(_LEAST_AHEAD, 2 * int(self.facts.get("at_once", 0)))
        free = not self._alone and not self._suspects
        return self._process is not None and free and len(self._open) < ahead + more

    def ask(self, batch: Batch) -> None:
        """Ask all of a batch."""
        self._send([(batch, job) for job in batch.jobs])

    def drop(self, asker: object) -> None:
        """Nobody waits any more for what `asker` asked."""
        mine = [ticket for ticket, (batch, _) in self._open.items() if batch.asker is asker]
        for ticket in mine:
            self.load -= self._open.pop(ticket)[1].cost
        for group in self._suspects:
            group.jobs = [one for one in group.jobs if one[0].asker is not asker]
        if mine and self._process:
            self._process.send({"kind": "drop", "tickets": mine})
            self._go_on()

    def _running(self) -> EngineProcess:
        if self._process is None:
            raise RuntimeError("the engine was not started")
        return self._process

    def _send(self, asked: list[tuple[Batch, Job]]) -> None:
        grouped: dict[Batch, list[Job]] = {}
        for batch, job in asked:
            self._open[job.ticket] = (batch, job)
            self.load += job.cost
            grouped.setdefault(batch, []).append(job)
        for batch, jobs in grouped.items():
            self._running().send(batch.message(jobs))

    def _hand_on(self, message: Message) -> None:
        for ticket, *reply in (*message["answers"], *message["texts"]):
            if job := self._settled(ticket):
                job.done(job.read(reply))
        for ticket, stage, told in message["refused"]:
            if job := self._settled(ticket):
                job.done(Failure(stage, f"vLLM: {told}"))
        self._go_on()

    def _settled(self, ticket: int) -> Job | None:
        """The job of a reply; None where nobody waits for it any more."""
        _, job = self._open.pop(ticket, (None, None))
        if job:
            self._barren = 0
            self.load -= job.cost
        return job

    def _go_on(self) -> None:
        if self._alone and not self._open:
            self._alone = None
            self._next_suspects()
        self._freed()

    def _mourn(self, why: str) -> None:
        """See to what was under way when the process died."""
        self.deaths += 1
        self._barren += 1
        lost, self._open, self.load = list(self._open.values()), {}, 0
        before, self._alone = self._alone, None
        if self._barren > MOST_BARREN:
            raise JudgeUnavailable(
                f"vLLM died {self._barren} times and answered nothing in between: {why}\n"
                "  hint: start the same command again; what was graded is kept"
            )
        if not lost:
            return
        group = _Suspects(lost, before.deaths + 1 if before else 1)
        if group.deaths == 1:
            self._suspects.append(group)
        elif len(lost) == 1:
            told = f"the engine died of this question {group.deaths} times: {why}"
            lost[0][1].done(Failure("backend", told))
        else:
            # The other half comes next: if it is answered, the engine as such is well
            self._suspects.extend(group.halves())

    def _next_suspects(self) -> None:
        while self._suspects and not self._alone and not self._open:
            group = self._suspects.popleft()
            if group.jobs:
                self._alone = group
                self._send(group.jobs)


async def all_started(seats: list[Seat]) -> None:
    """Start every engine at once. Raises: what the first one that fails raises."""
    starting = [asyncio.create_task(seat.start()) for seat in seats]
    try:
        await asyncio.gather(*starting)
    finally:
        for task in starting:
            task.cancel()
        await asyncio.wait(starting)
