"""The questions of a run that are open now, as files for a batch API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import aclosing
from dataclasses import dataclass, field

from rlaif.errors import InputError
from rlaif.grading.engine import finished_plans
from rlaif.grading.plan import Plan, Work
from rlaif.judging.openai_batch import WAITING, Collecting, batch_line, left_out
from rlaif.records.grade import Grade
from rlaif.records.outcome import Failure
from rlaif.runs.batch_judge import offline
from rlaif.runs.job import judge_to_keep, sigterm_interrupts
from rlaif.runs.judge import NO_JUDGE_NAMED, ready
from rlaif.runs.needs import Needs
from rlaif.runs.order import Order
from rlaif.runs.remembering import Remembering, remembering
from rlaif.runs.samples_in import fitting_rows
from rlaif.runs.sandbox import sandbox_ready
from rlaif.runs.worker import graded_under
from rlaif.storage.batch_files import RequestFiles
from rlaif.storage.batch_lines import BatchLines
from rlaif.storage.batch_waves import Waves
from rlaif.storage.held_lines import HeldLines
from rlaif.storage.manifest import Sandboxed
from rlaif.storage.place_names import told
from rlaif.storage.run_folder import Kept, RunFolder, make_run

_ONE = 1
"""Samples under way at once, so that what was asked last belongs to the plan that ends next."""


_CHANGED = (
    "the rubric, the judge or how it is asked differs from the run's: every sample is scored "
    "again, and only questions that changed are asked"
)


@dataclass(slots=True)
class Exported:
    """What became of the samples that are not graded yet."""

    files: list[str]
    requests: int = 0
    waiting: int = 0
    """Samples with a question that is open."""
    gates: int = 0
    """Those of them whose gates are asked first."""
    graded: int = 0
    """Samples that needed no question, and have their grade now."""
    notes: tuple[str, ...] = ()
    """What a person should know: of damaged parts, and of the sandbox."""


def export_batch(
    order: Order, out: str, without: Collection[str] = (), *, again: bool = False
) -> Exported:
    """Take the samples into the run `order.out`, and write the questions that are open to `out`.

    Every sample is planned as grading would: what a check, the prescreen, the run or the cache of
    verdicts settles is settled, and graded where nothing else is open. Where a gate is to be asked,
    only that is asked yet. Of samples that failed, only those that wait for an answer are asked
    again, unless `order.retry_failed`. What an earlier file asks that has no results yet is asked
    twice only if `again`.

    Raises: FileProblems for samples at fault; InputError for a judge that cannot be asked so, files
    that are there already, or questions that were written before; RunError, RunLocked,
    SandboxUnavailable, MissingExtra.
    """
    if order.judge is None:
        raise InputError(NO_JUDGE_NAMED)
    spec = offline(order.judge)
    rows = fitting_rows(order)
    RequestFiles(out)  # refuses a name that is taken, before anything is made
    run = make_run(order.out)
    with sigterm_interrupts(), run.lock() as damaged, remembering(order.cache, 0.0) as memory:
        run.take_in(rows, told(order.samples or str(order.out)))
        if not rows.needs.judge:
            raise InputError("nothing is asked of a judge here\n  hint: `rlaif grade` does it all")
        backend = Collecting(spec, left_out(spec, without))
        waves = Waves(run.path)
        with (
            RequestFiles(out, whole=waves.add) as files,
            BatchLines() as known,
            BatchLines() as before,
            HeldLines() as held,
        ):
            for name, keys in waves.open():
                for key in keys:
                    before.fresh(key, name)
            # what may be refused in the end is held back until then
            write = held.write if before.count() and not again else files.write
            twice = _Twice(before)
            job = _Export(run, order, rows.needs, memory, backend, write, known, twice)
            exported = asyncio.run(job.done())
            if twice.count and not again:
                hint = "import their results; --again writes them once more"
                raise InputError(f"{twice}\n  hint: {hint}")
            for key, line in held:
                files.write(key, line)
        exported.files, exported.requests = files.names, files.requests
        if twice.count:
            exported.notes = (str(twice), *exported.notes)
    exported.notes = (*damaged, *exported.notes)
    return exported


@dataclass(slots=True)
class _Twice:
    """The questions that earlier files ask, which have no results yet."""

    before: BatchLines
    count: int = 0
    names: dict[str, None] = field(default_factory=dict)

    def look(self, key: str) -> None:
        """Count the question if it is one of them."""
        if (name := self.before.place(key)) is not None:
            self.count += 1
            self.names[name] = None

    def __str__(self) -> str:
        names = ", ".join([*list(self.names)[:3], *(["..."] if len(self.names) > 3 else [])])
        return f"{self.count:,} of these were written before, to {names}, and are not answered yet"


@dataclass(frozen=True, slots=True)
class _Export:
    run: RunFolder
    order: Order
    needs: Needs
    memory: Remembering
    backend: Collecting
    write: Callable[[str, bytes], None]
    known: BatchLines
    """The keys that were written; samples of the same text ask the same."""
    twice: _Twice

    async def done(self) -> Exported:
        """Plan every sample that is not graded yet."""
        order = self.order
        assert order.judge is not None  # noqa: S101 - looked at before
        judge = order.judge.speaking(order.rubric.language)
        found = Exported([])
        async with (
            sandbox_ready(self.needs.code, unsafe=order.unsafe_no_sandbox) as sandbox,
            ready(judge, self.backend, rubric=order.rubric, memory=self.memory) as asker,
        ):
            changed = self._state(asker.served, sandbox.stated)
            works = _open_works(self.run, bool(order.retry_failed))
            plans = finished_plans(works, order.rubric, asker, sandbox=sandbox, in_flight=_ONE)
            async with aclosing(plans):
                with self.run.writer() as writer:
                    async for made in plans:
                        if self._asked(made, found):
                            continue
                        grade = made.grade(asker.name)
                        if grade.status == "ok" or made.work.attempt == 1:
                            writer.append(grade)
                            found.graded += 1
            found.notes = (*changed, *sandbox.notes, *asker.notes)
        return found

    def _asked(self, made: Plan, found: Exported) -> bool:
        """Write what is open of one sample; whether anything is."""
        asked = list(self.backend.taken())
        if not asked:
            return False
        gates = {c.id for c in made.criteria if c.gate is not False}
        first = [one for one in asked if one[1] in gates]
        for key, _, body in first or asked:
            if self.known.fresh(key):
                self.twice.look(key)
                self.write(key, batch_line(key, body))
        found.waiting += 1
        found.gates += bool(first)
        return True

    def _state(self, served: str, sandbox: Sandboxed | None) -> list[str]:
        """Say in the manifest what is asked of whom, so that answers find the same questions.

        What a person should know of what has changed by it.
        """
        order, before = self.order, self.run.manifest
        assert order.judge is not None  # noqa: S101 - looked at before
        judge, rubric = order.judge.speaking(order.rubric.language), order.rubric
        under = graded_under(rubric, judge, served, self.needs.checks)
        sandbox = sandbox.after(before.sandbox) if sandbox else before.sandbox
        if (before.under, before.sandbox) == (under, sandbox) and self.run.keeps_texts():
            return []
        text = order.rubric_text
        kept = Kept(rubric.rubric, rubric.version, rubric.content_hash, text, ".yaml")
        self.run.state(kept, judge_to_keep(judge, served), under, order.command, sandbox)
        return [_CHANGED] if before.under and before.under != under else []


async def _open_works(run: RunFolder, retry_failed: bool) -> AsyncIterator[Work]:
    """The samples without a grade, and those whose grade failed for want of an answer."""
    grades = run.graded_samples()
    for one in run.pending(retry_failed=True):
        grade = next(g for sample, g in grades if sample.sample_id == one.sample.sample_id)
        if grade is None or retry_failed or waits(grade):
            yield Work(one.sample, one.sample_hash, one.attempt, one.prior)


def waits(grade: Grade) -> bool:
    """Whether all that the grade lacks is an answer that is not here yet."""
    outcomes = [answered.outcome for answered in grade.outcomes]
    failures = [outcome for outcome in outcomes if isinstance(outcome, Failure)]
    return bool(failures) and all(failure.message == WAITING for failure in failures)
