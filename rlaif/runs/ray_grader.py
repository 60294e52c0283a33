"""What one replica does: a stream of batches becomes parts on disk. Nothing here imports Ray."""

from __future__ import annotations

import asyncio
import math
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from rlaif.errors import RunError
from rlaif.grading.plan import Work
from rlaif.grading.usage import Usage
from rlaif.records.grade import Grade
from rlaif.runs.job import seldom_collected, ticked
from rlaif.runs.ray_messages import Done, Found, unpacked
from rlaif.runs.watching import step_of
from rlaif.runs.worker import Task, Worker, at_work
from rlaif.storage.grade_writer import ROWS, SECONDS, GradeWriter


@dataclass(slots=True)
class _Hand:
    """A batch in hand."""

    left: int
    done: asyncio.Future[Done]
    grades: list[Grade] = field(default_factory=list)


class Grader:
    """Grades batches as one stream, so that a new one fills the gaps that the last one leaves.

    A batch is done once its grades are on disk. They are put there `rows` at a time, or when the
    oldest is `seconds` old; while it is drained, as soon as nothing else is in hand.
    """

    def __init__(
        self,
        task: Task,
        run: Path,
        host: str,
        mine: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.monotonic,
        rows: int = ROWS,
        seconds: float = SECONDS,
    ) -> None:
        """Take what is to be known, and the run folder; `clock` gives seconds.

        Args: `mine` says whether the run is still this job's. A coordinator that was killed leaves
        replicas for a moment, and they must not write beside those of the next one.
        """
        self._task, self._run, self._host, self._mine = task, run, host, mine
        self._clock, self._rows, self._seconds = clock, rows, seconds
        self._works: asyncio.Queue[Work | None] = asyncio.Queue()
        self._hands: dict[str, _Hand] = {}
        self._graded: list[_Hand] = []
        self._waiting, self._oldest, self._drained = 0, 0.0, False
        self._worker: Worker | None = None
        self._writer: GradeWriter | None = None
        self._failed: BaseException | None = None
        self._life: asyncio.Task[None] | None = None

    async def start(self) -> Found:
        """Start judge and sandbox. Raises: as `at_work`."""
        ready: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
        self._life = asyncio.create_task(self._live(ready))
        return await ready

    async def grade(self, content: tuple[int, bytes]) -> Done:
        """Grade a packed batch; done once it is on disk.

        Raises: what broke the judge, or RunError where it cannot be written.
        """
        if self._failed:
            raise self._failed
        works = unpacked(content)
        self._drained = False
        hand = _Hand(len(works), asyncio.get_running_loop().create_future())
        for work in works:
            self._hands[work.sample.sample_id] = hand
            self._works.put_nowait(work)
        return await hand.done

    async def drain(self) -> None:
        """Nothing more comes for now: write as soon as all that came is graded."""
        self._drained = True
        if not self._hands:
            self._commit()

    async def flush(self) -> Usage:
        """Write what is graded, also of batches that are not done. What the judge has cost.

        Raises: RunError.
        """
        if self._mine():
            self._write()
        return self._worker.usage.copy() if self._worker else Usage()

    async def stop(self) -> None:
        """Write what is graded, and end judge and sandbox; what is under way is given up."""
        if self._life is not None:
            self._life.cancel()
            with suppress(asyncio.CancelledError):
                await self._life

    def tick(self) -> None:
        """Write if the oldest grade has waited long enough."""
        if self._waiting and self._clock() - self._oldest >= self._seconds:
            self._commit()

    async def _live(self, ready: asyncio.Future[Found]) -> None:
        """From the start of the judge to its end, in one task."""
        try:
            async with at_work(self._task) as worker:
                self._worker = worker
                ready.set_result(Found(worker.served, worker.stated, worker.notes, self._host))
                await self._grade_all(worker)
        except Exception as error:  # noqa: BLE001 - who waits for a batch is told
            self._fail(error)
            if not ready.done():
                ready.set_exception(error)

    async def _grade_all(self, worker: Worker) -> None:
        folder = self._run / "parts"
        writer = GradeWriter(folder, worker.under, rows=sys.maxsize, seconds=math.inf)
        self._writer = writer
        try:
            with seldom_collected():
                grades = worker.grades(self._each())
                async with ticked(self), aclosing(grades):
                    async for grade in grades:
                        self._take(writer, grade)
        finally:
            await self.flush()

    async def _each(self) -> AsyncIterator[Work]:
        while work := await self._works.get():
            yield work

    def _take(self, writer: GradeWriter, grade: Grade) -> None:
        if not self._waiting:
            self._oldest = self._clock()
        writer.append(grade)
        self._waiting += 1
        hand = self._hands.pop(grade.sample_id)
        hand.grades.append(grade)
        hand.left -= 1
        if not hand.left:
            self._graded.append(hand)
        if self._waiting >= self._rows or (self._drained and not self._hands):
            self._commit()

    def _commit(self) -> None:
        """Put everything on disk, and tell those whose batch is done."""
        if self._worker is None:
            return
        try:
            self._write()
        except Exception as error:  # noqa: BLE001 - who waits for a batch is told
            self._fail(error)
            return
        usage = self._worker.usage.copy()
        self._waiting = 0
        for hand in self._graded:
            hand.done.set_result(Done(step_of(hand.grades), usage))
        self._graded = []

    def _write(self) -> None:
        """Raises: RunError where it cannot be written, or the run is another job's by now."""
        if not self._mine():
            raise RunError(f"{self._run}: another job has taken over")
        if self._writer is not None:
            self._writer.flush()

    def _fail(self, error: BaseException) -> None:
        self._failed = error
        for hand in {id(h): h for h in (*self._hands.values(), *self._graded)}.values():
            if not hand.done.done():
                hand.done.set_exception(error)
        self._hands, self._graded = {}, []
