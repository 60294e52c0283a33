"""Where the grading is done: in this process, or by actors of Ray on other machines."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Protocol

from rlaif.grading.seat import Asker
from rlaif.grading.usage import Usage
from rlaif.lazy import RAY_ENGINE, load
from rlaif.runs.local import local_crew
from rlaif.runs.order import Engine
from rlaif.runs.replicas import NO_REPLICAS, Replicas
from rlaif.runs.usage import Spending
from rlaif.runs.watching import Step
from rlaif.runs.worker import Task
from rlaif.storage.failures import Retry
from rlaif.storage.manifest import Sandboxed
from rlaif.storage.run_folder import RunFolder


class Crew(Protocol):
    """Those who grade one job: judge and sandbox are started."""

    @property
    def served(self) -> str:
        """The judge's model as it was found."""

    @property
    def stated(self) -> Sandboxed | None:
        """How the policy's code is shut in; None where none is run."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of judge and sandbox."""

    @property
    def usage(self) -> Usage:
        """What the judge cost so far; grows."""

    @property
    def asker(self) -> Asker | None:
        """The judge itself; None where it is not in this process."""

    def grade(self, spending: Spending) -> AsyncGenerator[Step, None]:
        """Grade what the run lacks under what it states, and put it on disk.

        However it is left, what was finished is on disk then. A step is told once its grades are
        kept or on their way to the disk.
        """


EngineOf = Callable[[Task, RunFolder, Retry], AbstractAsyncContextManager[Crew]]
"""From what is to be known, the run, and whether what failed is asked again."""


def engine_of(name: Engine, replicas: Replicas = NO_REPLICAS) -> EngineOf:
    """The engine of that name. Raises: MissingExtra where its package is absent."""
    if name == "local":
        return local_crew
    return partial(load(RAY_ENGINE), replicas=replicas)
