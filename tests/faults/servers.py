"""Whole jobs whose judge stands behind a server that can be told to behave badly."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from rlaif.authoring.judge_file import load_judge
from rlaif.records.judge import Judge
from rlaif.runs.grade import grade_run
from tests.faults.conftest import Heard, Job, MakeJob
from tests.judging.misbehaving import Act, Server, spec_for


@dataclass
class Served:
    """A job, and the server that its judge asks; the server runs in a thread of its own."""

    job: Job
    server: Server
    loop: asyncio.AbstractEventLoop
    folder: Path

    def away(self) -> None:
        """Stop the server."""
        self.do(self.server.stop())

    def back(self) -> None:
        """Start it again, at the same address."""
        self.do(self.server.start())

    def do(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self.loop).result(20)

    def asking(self, **more: Any) -> Job:
        """The job with other parameters of its judge."""
        spec = spec_for(self.server, self.folder, **more)
        judge = Judge(spec, load_judge("scripted").template)
        return replace(self.job, order=replace(self.job.order, judge=judge))

    def grade(self, act: Act, job: Job | None = None, **more: Any) -> Heard:
        """Grade while the server does `act`, from when the first question of a sample is asked."""
        return self.when_begun(lambda: setattr(self.server, "act", act), job, **more)

    def when_begun(self, do: Callable[[], None], job: Job | None = None, **more: Any) -> Heard:
        """Grade; something happens as soon as the judge is ready."""

        class Begins(Heard):
            def begin(self, samples: int, done: int) -> None:
                super().begin(samples, done)
                do()

        heard = Begins()
        used = job or self.job
        try:
            grade_run(replace(used.order, **more), heard)
        finally:
            self.server.act = None
        return heard


@contextmanager
def serving_a_job(make_job: MakeJob, folder: Path) -> Iterator[Served]:
    """The server, running, and a job that asks it by token ids."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = Server()
    server.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    served = Served(make_job(), server, loop, folder)
    served.back()
    served.job = served.asking()
    served.job = replace(served.job, order=replace(served.job.order, cache=False))
    try:
        yield served
    finally:
        served.away()
        served.do(_ended())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _ended() -> None:
    """What still hangs at a request is given up."""
    hanging = asyncio.all_tasks() - {asyncio.current_task()}
    for one in hanging:
        one.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)
