"""The engine of one machine: everything in this process, and vllm's workers one a GPU."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager

from rlaif.grading.plan import Work
from rlaif.grading.seat import Asker
from rlaif.grading.usage import Usage
from rlaif.runs.job import seldom_collected, ticked
from rlaif.runs.sequence import phases, works_of
from rlaif.runs.usage import Spending
from rlaif.runs.watching import Step, step_of
from rlaif.runs.worker import Task, Worker, at_work
from rlaif.storage.failures import Retry
from rlaif.storage.grade_writer import GradeWriter
from rlaif.storage.manifest import Sandboxed
from rlaif.storage.run_folder import RunFolder


class LocalCrew:
    """One worker, here. Made by `local_crew`."""

    def __init__(self, worker: Worker, run: RunFolder, retry_failed: Retry) -> None:
        """Take a worker that is started."""
        self._worker, self._run, self._retry = worker, run, retry_failed

    @property
    def served(self) -> str:
        """The judge's model as it was found."""
        return self._worker.served

    @property
    def stated(self) -> Sandboxed | None:
        """How the policy's code is shut in; None where none is run."""
        return self._worker.stated

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of judge and sandbox."""
        return self._worker.notes

    @property
    def usage(self) -> Usage:
        """What the judge cost so far; grows."""
        return self._worker.usage

    @property
    def asker(self) -> Asker:
        """The judge."""
        return self._worker.asker

    async def grade(self, spending: Spending) -> AsyncGenerator[Step, None]:
        """Grade what the run lacks, a step a grade."""
        under = self._worker.under
        with self._run.writer() as writer, seldom_collected():
            async with ticked(writer), ticked(spending):
                for phase in phases(self._run):
                    works = works_of(self._run, under, self._retry, phase)
                    async with aclosing(self._written(works, writer)) as steps:
                        async for step in steps:
                            yield step
                    writer.flush()

    async def _written(
        self, works: Iterator[Work], writer: GradeWriter
    ) -> AsyncGenerator[Step, None]:
        async with aclosing(self._worker.grades(_each(works))) as grades:
            async for grade in grades:
                writer.append(grade)
                yield step_of([grade])


async def _each(works: Iterator[Work]) -> AsyncIterator[Work]:
    for work in works:
        yield work


@asynccontextmanager
async def local_crew(task: Task, run: RunFolder, retry_failed: Retry) -> AsyncIterator[LocalCrew]:
    """Start judge and sandbox in this process, as far as they are needed."""
    async with at_work(task) as worker:
        yield LocalCrew(worker, run, retry_failed)
