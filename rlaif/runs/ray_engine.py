"""The engine of a cluster: actors of Ray grade, and put their own parts into the run.

The coordinator reads what is to be graded and hands it out in small batches; nothing but counts
comes back. Ray Data is not used: its actors end with one pass over the data, and there are two
(see `phases`); what is to be graded depends on what the judge's model turns out to be, which only
a started actor knows; and they cannot be told to write what they hold.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from rlaif import __version__
from rlaif.grading.plan import Work
from rlaif.grading.usage import Usage
from rlaif.records.judge import Judge
from rlaif.reporting.text import count_of
from rlaif.runs.job import seldom_collected, ticked
from rlaif.runs.ray_cluster import Size, actors, check_room, connected, gpus_there
from rlaif.runs.ray_keys import keys_for
from rlaif.runs.ray_messages import Batch, Found, Given, batch_of
from rlaif.runs.ray_pool import Pool
from rlaif.runs.ray_rescue import rescue
from rlaif.runs.replicas import NO_REPLICAS, Replicas, gpus_each
from rlaif.runs.sequence import phases, works_of
from rlaif.runs.usage import Spending
from rlaif.runs.watching import Step
from rlaif.runs.worker import Task
from rlaif.storage.manifest import Sandboxed
from rlaif.storage.run_folder import RunFolder
from rlaif.storage.whole_files import TEMPORARY, write_whole

BATCH = 128
"""Samples of one batch. Small, so that no replica is left with much when the others are done."""
BATCH_CHARACTERS = 2**21
"""Characters of text after which a batch is full."""


class RayCrew:
    """The replicas of one job. Made by `ray_crew`."""

    def __init__(
        self, task: Task, run: RunFolder, retry_failed: bool, pool: Pool, found: Found, note: str
    ) -> None:
        """Take a pool of which the first replica is ready."""
        self._task, self._run, self._retry, self._pool = task, run, retry_failed, pool
        self._found, self._note = found, note

    @property
    def served(self) -> str:
        """The judge's model as it was found; replicas that find another one end the job."""
        return self._found.served

    @property
    def stated(self) -> Sandboxed | None:
        """How the policy's code is shut in; None where none is run."""
        return self._found.stated

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of cluster, judge and sandbox."""
        return (self._note, *self._found.notes)

    @property
    def usage(self) -> Usage:
        """What all the judges cost so far; grows."""
        return self._pool.usage

    @property
    def asker(self) -> None:
        """The judge is in other processes."""
        return

    async def grade(self, spending: Spending) -> AsyncGenerator[Step, None]:
        """Grade what the run lacks, a step a batch that is on disk."""
        under = self._task.under(self.served)
        try:
            with seldom_collected():
                async with ticked(spending):
                    for phase in phases(self._run):
                        works = works_of(self._run, under, self._retry, phase)
                        async with aclosing(self._pool.graded(batches(works))) as steps:
                            async for step in steps:
                                yield step
        finally:
            await self._pool.flush()


def batches(works: Iterator[Work]) -> Iterator[Batch]:
    """The works in their order, so many at a time."""
    some: list[Work] = []
    characters = 0
    for work in works:
        some.append(work)
        characters += len(str(work.sample.prompt)) + len(str(work.sample.completion))
        if len(some) >= BATCH or characters >= BATCH_CHARACTERS:
            yield batch_of(some)
            some, characters = [], 0
    if some:
        yield batch_of(some)


@asynccontextmanager
async def ray_crew(
    task: Task, run: RunFolder, retry_failed: bool, replicas: Replicas = NO_REPLICAS
) -> AsyncIterator[RayCrew]:
    """Connect to the cluster, or begin one here, and start the replicas.

    Raises: InputError, RunError for a cluster that cannot be used, and as `at_work`.
    """
    address = replicas.resolved(os.environ)
    with connected(address), _token(run.path) as token:
        there = gpus_there()
        gpus = gpus_each(task.judge, task.asks, there)
        size = Size(1.0 if replicas.cpus is None else replicas.cpus, gpus)
        check_room(size)
        count = replicas.count or (max(int(there) // gpus, 1) if gpus else 1)
        given = _given(task, run, token)

        async def rescued(served: str, lost: list[Batch]) -> tuple[Step, list[Batch]]:
            return await asyncio.to_thread(rescue, run.path, task.under(served), lost)

        pool = Pool(actors(given, size), count, rescued)
        note = f"Ray: {count_of(count, 'replica')} with {size} each"
        try:
            found = await pool.first()
            yield RayCrew(task, run, retry_failed, pool, found, note)
        finally:
            await pool.stop()


def _given(task: Task, run: RunFolder, token: tuple[str, str]) -> Given:
    sent = replace(task, judge=_at_home(task.judge))
    return Given(
        version=__version__,
        run=run.path.resolve(),
        token=token,
        task=pickle.dumps(sent),
        environment=keys_for(task.judge, os.environ),
    )


def _at_home(judge: Judge) -> Judge:
    """The judge, its relative paths made such that they hold in any process."""
    members = tuple(map(_at_home, judge.members))
    folder = judge.folder.resolve() if judge.folder else Path.cwd()
    return replace(judge, folder=folder, members=members)


@contextmanager
def _token(run: Path) -> Iterator[tuple[str, str]]:
    """A file by which a replica knows the run folder: its name and what is in it."""
    name, content = f"{TEMPORARY}replicas-{secrets.token_hex(4)}", secrets.token_hex(16)
    write_whole(run / name, content.encode())
    try:
        yield name, content
    finally:
        with suppress(OSError):
            (run / name).unlink(missing_ok=True)
