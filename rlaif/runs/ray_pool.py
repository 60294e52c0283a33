"""Replicas that are given batches, and replaced where they die. Nothing here imports Ray."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import fields
from typing import Any

from rlaif.errors import JudgeUnavailable, RunError, SandboxUnavailable
from rlaif.grading.usage import Usage, total
from rlaif.reporting.text import count_of
from rlaif.runs.ray_mate import Mate, Member
from rlaif.runs.ray_messages import Batch, Done, Found, ReplicaDied, batch_of
from rlaif.runs.watching import Step

MOST_DEATHS = 4
"""Replicas that may die over one batch; and that may die one after the other as they start."""
END_S = 15.0
"""How long replicas have to write what they hold, and again to end."""


Rescued = Callable[[str, list[Batch]], Awaitable[tuple[Step, list[Batch]]]]
"""Of the served model, and batches whose replica died: what of them is on disk, and the rest."""


class Pool:
    """As many replicas as were ordered, as long as the `async with` block lasts."""

    def __init__(self, make: Callable[[], Mate], count: int, rescued: Rescued) -> None:
        """Start `count` replicas, each made by `make`."""
        self._make, self._rescued = make, rescued
        self.usage = Usage()
        """What all their judges cost; grows."""
        self._ended: asyncio.Queue[asyncio.Task[Any]] = asyncio.Queue()
        self._tasks: dict[asyncio.Task[Any], tuple[Member, Batch | None]] = {}
        self._members: list[Member] = []
        self._gone: list[Usage] = []
        self._redo: deque[Batch] = deque()
        self._suspects: deque[Batch] = deque()
        self._source: Iterator[Batch] | None = None
        self._found: Found | None = None
        self._dead_starts = 0
        for _ in range(count):
            self._recruit()

    async def first(self) -> Found:
        """What the first replica that is ready has found. Raises: what keeps one from starting."""
        while self._found is None:
            async for _ in self._settle(await self._ended.get()):
                pass
        return self._found

    async def graded(self, batches: Iterator[Batch]) -> AsyncGenerator[Step, None]:
        """Have all the batches graded; a step for each, once it is on disk.

        Raises: whatever broke a judge; RunError where replicas die again and again.
        """
        self._source = batches
        self._feed()
        while self._open():
            async for step in self._settle(await self._ended.get()):
                yield step
            self._feed()

    async def flush(self) -> None:
        """Have everything that is graded written, as far as that takes no longer than `END_S`."""
        alive = [member for member in self._members if member.found]
        asked = [asyncio.ensure_future(_asked(member.mate.flush())) for member in alive]
        if asked:
            await asyncio.wait(asked, timeout=END_S)
        for member, task in zip(alive, asked, strict=True):
            if task.done() and (usage := task.result()):
                member.usage = usage
        self._count()

    async def stop(self) -> None:
        """End all replicas, by force those that take longer than `END_S`."""
        for task in self._tasks:
            task.cancel()
        stops = [asyncio.ensure_future(_asked(m.mate.stop())) for m in self._members if m.found]
        if stops:
            await asyncio.wait(stops, timeout=END_S)
        for member in self._members:
            member.mate.kill()

    def _open(self) -> bool:
        """Whether anything is left to grade, or not yet on disk."""
        underway = any(batch for _, batch in self._tasks.values())
        return self._source is not None or bool(self._redo or self._suspects) or underway

    def _recruit(self) -> None:
        member = Member(self._make())
        self._members.append(member)
        self._run(member.mate.start(), member, None)

    def _run(
        self, step: Coroutine[Any, Any, Any], member: Member, batch: Batch | None
    ) -> asyncio.Task[Any]:
        task = asyncio.create_task(step)
        self._tasks[task] = member, batch
        task.add_done_callback(self._tell)
        return task

    def _tell(self, task: asyncio.Task[Any]) -> None:
        if not task.cancelled():
            task.exception()  # seen, also of those that nobody will wait for any more
        self._ended.put_nowait(task)

    def _feed(self) -> None:
        """Give out batches, the next one to who has the fewest."""
        while ready := [member for member in self._members if member.room]:
            member = min(ready, key=lambda one: len(one.batches))
            batch = self._next(alone=not member.batches)
            if batch is None:
                break
            member.drained, member.suspect = False, batch.deaths > 1
            member.batches.add(self._run(member.mate.grade(batch.content), member, batch))
        for member in self._members:
            if member.batches and not member.drained and (self._source is None or member.suspect):
                member.drained = True
                self._run(member.mate.drain(), member, None)

    def _next(self, alone: bool) -> Batch | None:
        if alone and self._suspects:
            return self._suspects.popleft()
        if self._redo:
            return self._redo.popleft()
        batch = None if self._source is None else next(self._source, None)
        if batch is None:
            self._source = None
        return batch

    async def _settle(self, task: asyncio.Task[Any]) -> AsyncGenerator[Step, None]:
        """See what became of one call. One of a replica that is no more is let go."""
        if task not in self._tasks:
            return
        member, batch = self._tasks.pop(task)
        member.batches.discard(task)
        try:
            came = task.result()
        except ReplicaDied as died:
            async for step in self._bury(member, batch, died):
                yield step
            return
        if isinstance(came, Found):
            self._welcome(member, came)
        elif isinstance(came, Done):
            member.suspect = False
            member.usage = came.usage
            self._count()
            yield came.step

    def _welcome(self, member: Member, found: Found) -> None:
        """Take one that is ready.

        Raises: JudgeUnavailable for another model, SandboxUnavailable for another sandbox.
        """
        member.found = found
        self._dead_starts = 0
        first = self._found = self._found or found
        if found.served != first.served:
            raise JudgeUnavailable(
                f"the replicas found different models: '{first.served}' on {first.host}, "
                f"'{found.served}' on {found.host}\n"
                "  hint: put the same weights on every node, or state a 'revision'"
            )
        tiers = [one.stated.tier if one.stated else "" for one in (first, found)]
        if tiers[0] != tiers[1]:
            raise SandboxUnavailable(
                f"code is shut in differently: '{tiers[0]}' on {first.host}, '{tiers[1]}' on "
                f"{found.host}\n  hint: `rlaif doctor` on each node says why"
            )

    async def _bury(
        self, member: Member, batch: Batch | None, died: ReplicaDied
    ) -> AsyncGenerator[Step, None]:
        """Put another in its place; what it had is given out again, but for what is on disk."""
        self._members.remove(member)
        member.mate.kill()
        self._gone.append(member.usage)
        if member.found is None:
            self._dead_starts += 1
            if self._dead_starts >= MOST_DEATHS:
                raise RunError(
                    f"{count_of(self._dead_starts, 'replica')} died one after the other while "
                    f"starting ({died})\n  hint: memory is the usual reason; `ray logs` shows "
                    "what each said last"
                )
        lost = [task for task, (whose, _) in self._tasks.items() if whose is member]
        batches = [batch, *(self._tasks.pop(task)[1] for task in lost)]
        self._recruit()
        if self._found and (had := [one for one in batches if one]):
            step, rest = await self._rescued(self._found.served, had)
            if step.grades:
                yield step
            for one in rest:
                self._again(one, died)

    def _again(self, batch: Batch, died: ReplicaDied) -> None:
        """Give out what is left of a batch; from the second death on in halves, each alone.

        Raises: RunError for one over which too many have died.
        """
        works = batch.works()
        deaths = batch.deaths + 1
        if deaths >= MOST_DEATHS:
            ids = [work.sample.sample_id for work in works]
            raise RunError(
                f"{deaths} replicas died over the same {count_of(len(ids), 'sample')}, "
                f"'{ids[0]}' to '{ids[-1]}' ({died})\n"
                "  hint: what was graded is kept, and the same command goes on; leave these "
                "samples out, or give a replica more memory"
            )
        if deaths == 1:
            self._redo.append(batch_of(works, deaths))
            return
        middle = (len(works) + 1) // 2
        halves = (works[:middle], works[middle:])
        self._suspects.extend(batch_of(half, deaths) for half in halves if half)

    def _count(self) -> None:
        """Bring `usage` up to date; it stays the same object."""
        now = total([*self._gone, *(member.usage for member in self._members)])
        for one in fields(Usage):
            setattr(self.usage, one.name, getattr(now, one.name))


async def _asked(step: Awaitable[Any]) -> Any:
    """What a replica answers at the end; nothing where it cannot."""
    with suppress(Exception):
        return await step
    return None
