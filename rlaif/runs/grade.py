"""The main job: samples, a rubric and a judge become a run folder of grades."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from rlaif.checks.run import check_versions
from rlaif.errors import InputError
from rlaif.grading.engine import Asker, finished_plans
from rlaif.grading.plan import Work
from rlaif.records.grade import Grade
from rlaif.records.identity import digest
from rlaif.records.judge import Judge, ask_fingerprint
from rlaif.records.rubric import Rubric
from rlaif.reporting.canaries import canary_lines
from rlaif.reporting.text import count_of
from rlaif.runs.canaries import NOTHING_ASKED, keep_canaries, try_canaries
from rlaif.runs.fitting import FittingRows as FittingRows
from rlaif.runs.forgeable import refuse_forgeable
from rlaif.runs.job import judge_to_keep, seldom_collected, sigterm_interrupts, ticked
from rlaif.runs.judge import NO_JUDGE_NAMED, language_note, no_judge, ready
from rlaif.runs.needs import Needs, check_names
from rlaif.runs.remembering import Remembering, remembering
from rlaif.runs.sandbox import sandbox_ready
from rlaif.runs.usage import counted
from rlaif.storage.intake import Intake
from rlaif.storage.manifest import Sandboxed
from rlaif.storage.run_folder import Counts, Kept, RunFolder, make_run
from rlaif.storage.samples import read_rows

SCORING = 2
"""Version of what turns samples and outcomes into scores besides checks and judge: the arithmetic,
the prescreen and its openers, the preparation of the text, the defaults of every field. Part of
what grades are graded under, so that no old score stands for a new one."""


class Watcher(Protocol):
    """Whoever wants to know how the job goes."""

    def note(self, text: str) -> None:
        """One line for a person."""

    def begin(self, samples: int, done: int) -> None:
        """Grading starts: how many samples there are, how many were graded before."""

    def graded(self, grade: Grade) -> None:
        """One more grade."""


@dataclass(frozen=True, slots=True)
class Order:
    """What to grade, by what, and where to."""

    rubric: Rubric
    rubric_text: str
    """The rubric as its author wrote it, to be kept with the run."""
    judge: Judge | None
    """None where nothing is asked of one."""
    samples: str
    out: Path
    mapping: Mapping[str, str] = field(default_factory=dict)
    limit: int | None = None
    retry_failed: bool = False
    command: Sequence[str] = ()
    unsafe_no_sandbox: bool = False
    """Run the policy's code as the user, where it can do harm."""
    accept_forgeable: Sequence[str] = ()
    """Ids of criteria that are used although a policy can forge their pass."""
    cache: bool = True
    """Use verdicts that earlier runs gave to exactly the same questions."""
    recheck: float | None = None
    """Share of those that are asked for again, in [0, 1]; None for the default."""
    canaries: int = 0
    """How many known attacks are put before the judge, apart from the grades."""


def grade_run(order: Order, watcher: Watcher) -> Counts:
    """Grade what is missing, and say how far the run is then.

    Raises: FileProblems for samples at fault, before anything is graded; InputError for a check
    that can be forged; RunError, RunLocked, JudgeUnavailable, SandboxUnavailable, MissingExtra;
    KeyboardInterrupt after a flush, on Ctrl-C and SIGTERM.
    """
    rows = fitting_rows(order)
    if rows.needs.judge and order.judge is None:
        raise InputError(NO_JUDGE_NAMED)
    if order.canaries and not rows.needs.judge:
        raise InputError(NOTHING_ASKED)
    run = make_run(order.out)
    with sigterm_interrupts(), run.lock() as damaged:
        for text in damaged:
            watcher.note(text)
        _tell_intake(run, run.take_in(rows, order.samples), watcher)
        if rows.needs.judge and order.judge is None:
            raise InputError(NO_JUDGE_NAMED)
        judge = order.judge or no_judge()
        if rows.needs.judge and (note := language_note(judge, order.rubric)):
            watcher.note(note)
        judge = judge.speaking(order.rubric.language)
        with remembering(order.cache, order.recheck) as memory:
            job = _Job(run, order, judge, rows.needs, watcher, memory)
            if job.finished() and not order.canaries:
                watcher.note("all of it was graded before: nothing is asked")
            else:
                asyncio.run(job.grade())
        return run.counts()


def fitting_rows(order: Order) -> FittingRows:
    """The rows of an order. Raises: InputError for a rubric with a check that can be forged."""
    refuse_forgeable(order.rubric.items, order.accept_forgeable)
    rows = read_rows(order.samples, order.mapping, order.limit)
    return FittingRows(rows, order.rubric, order.accept_forgeable)


def graded_under(
    rubric: Rubric, judge: Judge, served: str, checks: Collection[str] = frozenset()
) -> str:
    """Hash of all that a grade depends on besides the sample.

    Args: `checks`, the names of those that the samples bring, besides the rubric's own.
    """
    asked = ask_fingerprint(judge.spec, served)
    versions = check_versions({*check_names(rubric.items), *checks})
    return digest(rubric.content_hash, judge.content_hash, asked, versions, str(SCORING))


def _tell_intake(run: RunFolder, taken: Intake, watcher: Watcher) -> None:
    if taken.samples.duplicates:
        repeats = count_of(taken.samples.duplicates, "row")
        watcher.note(f"{repeats} with the id and the content of another: graded once")
    if taken.new and run.manifest.rubric:
        watcher.note(
            f"the samples differ from the run's: {taken.added} added, {taken.changed} changed, "
            f"{taken.removed} removed; only what is new or changed is graded"
        )


@dataclass(frozen=True, slots=True)
class _Job:
    """One order on its way: the run it goes into, and the judge that answers."""

    run: RunFolder
    order: Order
    judge: Judge
    needs: Needs
    watcher: Watcher
    memory: Remembering

    def finished(self) -> bool:
        """Whether all is graded under this rubric and this judge, as far as can be told unasked."""
        known = self.run.manifest.judge
        if known is None or known.hash != self.judge.content_hash:
            return False
        if self._under(known.served) != self.run.manifest.under:
            return False
        self.state(known.served, self.run.manifest.sandbox)
        counts = self.run.counts()
        return not counts.missing and not (self.order.retry_failed and counts.failed)

    async def grade(self) -> None:
        """Start sandbox and judge, as far as they are needed, and grade what is missing."""
        order, asks = self.order, self.needs.judge
        async with (
            sandbox_ready(self.needs.code, unsafe=order.unsafe_no_sandbox) as sandbox,
            ready(self.judge, asks=asks, rubric=order.rubric, memory=self.memory) as asker,
        ):
            for text in (*sandbox.notes, *asker.notes):
                self.watcher.note(text)
            self.state(asker.served, sandbox.stated)
            counts = self.run.counts()
            done = counts.ok + (0 if order.retry_failed else counts.failed)
            self.watcher.begin(counts.samples, done)
            works = _works(self.run, order.retry_failed)
            plans = finished_plans(works, order.rubric, asker, sandbox=sandbox)
            with counted(self.run, asker.usage, self.watcher.note), seldom_collected():
                async with aclosing(plans):
                    with self.run.writer() as writer:
                        async with ticked(writer):
                            async for made in plans:
                                grade = made.grade(asker.name)
                                writer.append(grade)
                                self.watcher.graded(grade)
            if order.canaries:
                await self._try_canaries(asker)

    async def _try_canaries(self, asker: Asker) -> None:
        """Put known attacks before the judge, beside the run's grades."""
        attacks = count_of(self.order.canaries, "known attack")
        self.watcher.note(f"putting {attacks} before the judge")
        samples = (sample for sample, _ in self.run.graded_samples())
        report = await try_canaries(samples, self.order.rubric, asker, self.order.canaries)
        keep_canaries(self.run.path, report)
        for line in canary_lines(report):
            self.watcher.note(line)

    def _under(self, served: str) -> str:
        return graded_under(self.order.rubric, self.judge, served, self.needs.checks)

    def state(self, served: str, sandbox: Sandboxed | None) -> None:
        """Put into the manifest what is graded under what, and say what has changed.

        A kept rubric or judge that was lost is written again.
        """
        rubric, judge = self.order.rubric, self.judge
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
        under = self._under(served)
        known = (before.under, before.sandbox) == (under, sandbox)
        if not known or not self.run.keeps_texts():
            text = self.order.rubric_text
            kept = Kept(rubric.rubric, rubric.version, rubric.content_hash, text, ".yaml")
            judged = judge_to_keep(judge, served)
            self.run.state(kept, judged, under, self.order.command, sandbox)


async def _works(run: RunFolder, retry_failed: bool) -> AsyncIterator[Work]:
    for one in run.pending(retry_failed=retry_failed):
        yield Work(one.sample, one.sample_hash, one.attempt, one.prior)
