"""The main job: samples, a rubric and a judge become a run folder of grades."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass

from rlaif.errors import InputError
from rlaif.grading.seat import Asker
from rlaif.reporting.canaries import canary_lines
from rlaif.reporting.text import count_of
from rlaif.runs.canaries import NOTHING_ASKED, keep_canaries, try_canaries
from rlaif.runs.engines import EngineOf, engine_of
from rlaif.runs.job import judge_to_keep, sigterm_interrupts
from rlaif.runs.judge import NO_JUDGE_NAMED, asks_judge, judge_notes, no_judge
from rlaif.runs.kept_order import refuse_another
from rlaif.runs.order import Order
from rlaif.runs.samples_in import check_source, samples_in
from rlaif.runs.usage import counted
from rlaif.runs.watching import Watcher
from rlaif.runs.worker import Task
from rlaif.storage.failures import Failed
from rlaif.storage.manifest import Needed, Sandboxed, Spent
from rlaif.storage.pending import how_many_pending
from rlaif.storage.run_folder import Counts, Kept, RunFolder, make_run


def grade_run(order: Order, watcher: Watcher, engine: EngineOf | None = None) -> Counts:
    """Grade what is missing, and say how far the run is then.

    Args: `engine`, in place of the one that the order names.
    Raises: FileProblems for samples at fault, before anything is graded; InputError for a check
    that can be forged, or a budget without a price; Stopped at a limit, RunError, RunLocked,
    JudgeUnavailable, SandboxUnavailable, MissingExtra; KeyboardInterrupt after a flush, on Ctrl-C
    and SIGTERM.
    """
    if order.canaries and order.engine != "local":
        raise InputError("--canaries: the judge is tried on this machine: --engine local")
    asks = asks_judge(order.rubric.items)
    if asks and order.judge is None:
        raise InputError(NO_JUDGE_NAMED)
    order.limits.guard(order.judge if asks else None, Spent())
    check_source(order)
    run = make_run(order.out)
    with sigterm_interrupts(), run.lock() as damaged:
        for text in damaged:
            watcher.note(text)
        needs = samples_in(run, order, watcher.note)
        made = engine or engine_of(order.engine, order.replicas)
        job = _Job(run, order, _task(order, needs, watcher), watcher, made)
        if job.finished() and not order.canaries:
            watcher.note("all of it was graded before: nothing is asked")
        else:
            asyncio.run(job.grade())
        return run.counts()


def _task(order: Order, needs: Needed, watcher: Watcher) -> Task:
    """What those who grade have to know. Raises: InputError where a judge is missing."""
    if needs.judge and order.judge is None:
        raise InputError(NO_JUDGE_NAMED)
    if order.canaries and not needs.judge:
        raise InputError(NOTHING_ASKED)
    judge = order.judge or no_judge()
    if needs.judge:
        for note in judge_notes(judge, order.rubric):
            watcher.note(note)
    return Task(
        rubric=order.rubric,
        judge=judge.speaking(order.rubric.language),
        asks=needs.judge,
        code=needs.code,
        checks=frozenset(needs.checks),
        unsafe_no_sandbox=order.unsafe_no_sandbox,
        cache=order.cache,
        recheck=order.recheck,
    )


@dataclass(frozen=True, slots=True)
class _Job:
    """One order on its way: the run it goes into, and how it is graded."""

    run: RunFolder
    order: Order
    task: Task
    watcher: Watcher
    engine: EngineOf

    def finished(self) -> bool:
        """Whether all is graded under this rubric and this judge, as far as can be told unasked."""
        known = self.run.manifest.judge
        if known is None or known.hash != self.task.judge.content_hash:
            return False
        if self.task.under(known.served) != self.run.manifest.under:
            return False
        self.state(known.served, self.run.manifest.sandbox)
        counts = self.run.counts()
        return not counts.missing and not (self.order.retry_failed and counts.failed)

    async def grade(self) -> None:
        """Start sandbox and judge, as far as they are needed, and grade what is missing."""
        judge = self.task.judge if self.task.asks else None
        guard = self.order.limits.guard(judge, self.run.manifest.spent)
        async with self.engine(self.task, self.run, self.order.retry_failed) as crew:
            for text in crew.notes:
                self.watcher.note(text)
            if self.order.as_kept:
                refuse_another(self.run, crew.served)
            self.state(crew.served, crew.stated)
            self._begin()
            with counted(self.run, crew.usage, self.watcher.note) as spending:
                async with aclosing(crew.grade(spending)) as steps:
                    async for step in steps:
                        self.watcher.graded(step, crew.usage)
                        guard.check(step, crew.usage)
            if self.order.canaries and crew.asker is not None:
                await self._try_canaries(crew.asker)

    def _begin(self) -> None:
        """Tell the watcher how much there is to do."""
        counts, retry = self.run.counts(), self.order.retry_failed
        done = counts.ok + (0 if retry else counts.failed)
        if isinstance(retry, Failed):
            under = self.run.manifest.under
            done = counts.samples - how_many_pending(*self.run.files(), under, retry)
        self.watcher.begin(counts.samples, done)

    async def _try_canaries(self, asker: Asker) -> None:
        """Put known attacks before the judge, beside the run's grades."""
        attacks = count_of(self.order.canaries, "known attack")
        self.watcher.note(f"putting {attacks} before the judge")
        samples = (sample for sample, _ in self.run.graded_samples())
        report = await try_canaries(samples, self.order.rubric, asker, self.order.canaries)
        keep_canaries(self.run.path, report)
        for line in canary_lines(report):
            self.watcher.note(line)

    def state(self, served: str, sandbox: Sandboxed | None) -> None:
        """Put into the manifest what is graded under what, and say what has changed.

        A kept rubric or judge that was lost is written again.
        """
        rubric, judge = self.order.rubric, self.task.judge
        before = self.run.manifest
        if before.rubric and before.rubric.hash != rubric.content_hash:
            self.watcher.note(
                f"the rubric differs from the run's ({before.rubric.name} {before.rubric.version} "
                f"-> {rubric.rubric} {rubric.version}): every sample is scored again, and only "
                "questions that changed are asked"
            )
        if before.judge and (before.judge.hash, before.judge.served) != (
            judge.content_hash,
            served,
        ):
            self.watcher.note(
                f"the judge differs from the run's ({before.judge.name}@{before.judge.version} -> "
                f"{judge.name}): what it would answer otherwise is asked"
            )
        sandbox = sandbox.after(before.sandbox) if sandbox else before.sandbox
        under = self.task.under(served)
        known = (before.under, before.sandbox) == (under, sandbox)
        if not known or not self.run.keeps_texts():
            text = self.order.rubric_text
            kept = Kept(rubric.rubric, rubric.version, rubric.content_hash, text, ".yaml")
            judged = judge_to_keep(judge, served)
            self.run.state(kept, judged, under, self.order.command, sandbox)
