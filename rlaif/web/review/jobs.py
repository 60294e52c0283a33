"""What runs beside the pages: the labelled samples graded again, one criterion at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from rlaif.errors import InputError, RlaifError
from rlaif.records.review import Regraded


@dataclass(slots=True)
class Job:
    """One grading, under way or done."""

    criterion: str
    started: float
    result: Regraded | None = None
    trouble: str = ""

    @property
    def runs(self) -> bool:
        """Whether it is not done."""
        return self.result is None and not self.trouble

    @property
    def seconds(self) -> int:
        """Since it started."""
        return int(time.monotonic() - self.started)


@dataclass(slots=True)
class Jobs:
    """The last grading of each criterion; there is one judge, so one runs at a time."""

    by_criterion: dict[str, Job] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None

    def of(self, criterion: str) -> Job | None:
        """The last one of a criterion."""
        return self.by_criterion.get(criterion)

    def start(self, criterion: str, regrade: Callable[[str], Awaitable[Regraded]]) -> Job:
        """Begin one. Raises: InputError while another one runs."""
        for other in self.by_criterion.values():
            if other.runs:
                raise InputError(
                    f"'{other.criterion}' is being graded again: wait until it is done"
                )
        job = self.by_criterion[criterion] = Job(criterion, time.monotonic())
        self.task = asyncio.create_task(_run(job, regrade))
        return job

    async def end(self) -> None:
        """Let go of what is under way; the run's own verdicts are not touched by it."""
        if self.task is not None and not self.task.done():
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)


async def _run(job: Job, regrade: Callable[[str], Awaitable[Regraded]]) -> None:
    try:
        job.result = await regrade(job.criterion)
    except asyncio.CancelledError:
        job.trouble = "The server was stopped."
        raise
    except RlaifError as error:
        job.trouble = str(error)
    except Exception as error:  # noqa: BLE001 - it is told on the page, and the server goes on
        job.trouble = f"a fault of rlaif itself: {type(error).__name__}: {error}"
