"""The pairwise job: pairs, a rubric and a judge become a run folder of preferences."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from rlaif.checks.run import check_versions
from rlaif.errors import InputError
from rlaif.grading.pair_asking import Comparer
from rlaif.grading.pair_calibrating import pair_calibration_note, pair_map_of, rule_of
from rlaif.grading.pair_engine import finished_pairs
from rlaif.grading.pair_plan import PairWork
from rlaif.records.identity import digest
from rlaif.records.judge import Judge, ask_fingerprint
from rlaif.records.pair_calibration import PairMap
from rlaif.records.preference import Preference
from rlaif.records.rubric import Rubric
from rlaif.reporting.text import count_of
from rlaif.runs.comparer import ready_to_compare
from rlaif.runs.fitting import FittingPairs
from rlaif.runs.forgeable import refuse_forgeable
from rlaif.runs.job import judge_to_keep, seldom_collected, sigterm_interrupts, ticked
from rlaif.runs.judge import (
    NO_JUDGE_NAMED,
    language_note,
    no_judge,
)
from rlaif.runs.needs import Needs, check_names
from rlaif.runs.remembering import Remembering, remembering
from rlaif.runs.sandbox import sandbox_ready
from rlaif.runs.usage import counted
from rlaif.runs.worker import SCORING
from rlaif.storage.manifest import Sandboxed
from rlaif.storage.pair_folder import PairFolder, make_pairs
from rlaif.storage.pair_intake import PairIntake
from rlaif.storage.pair_rows import read_pairs
from rlaif.storage.run_folder import Counts, Kept

PAIRING = 1
"""Version of what turns a pair and its outcomes into a preference besides what also grades: how two
orders are read, the arithmetic, the margin of a tie. Part of what pairs are compared under."""


class PairWatcher(Protocol):
    """Whoever wants to know how the job goes."""

    def note(self, text: str) -> None:
        """One line for a person."""

    def begin(self, pairs: int, done: int) -> None:
        """Comparing starts: how many pairs there are, how many were compared before."""

    def compared(self, preference: Preference) -> None:
        """One more preference."""


@dataclass(frozen=True, slots=True)
class PairOrder:
    """What to compare, by what, and where to."""

    rubric: Rubric
    rubric_text: str
    """The rubric as its author wrote it, to be kept with the run."""
    judge: Judge | None
    """None where nothing is asked of one."""
    pairs: str
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


def compare_run(order: PairOrder, watcher: PairWatcher) -> Counts:
    """Compare what is missing, and say how far the run is then.

    Raises: FileProblems for pairs at fault, before anything is compared; InputError for a check
    that can be forged; RunError, RunLocked, JudgeUnavailable, SandboxUnavailable, MissingExtra;
    KeyboardInterrupt after a flush, on Ctrl-C and SIGTERM.
    """
    rows = fitting_pairs(order)
    if rows.needs.judge and order.judge is None:
        raise InputError(NO_JUDGE_NAMED)
    run = make_pairs(order.out)
    with sigterm_interrupts(), run.lock() as damaged:
        for text in damaged:
            watcher.note(text)
        _tell_intake(run, run.take_in(rows, order.pairs), watcher)
        if rows.needs.judge and order.judge is None:
            raise InputError(NO_JUDGE_NAMED)
        judge = order.judge or no_judge()
        if rows.needs.judge and (note := language_note(judge, order.rubric)):
            watcher.note(note)
        if rows.needs.judge and order.rubric.taught:
            watcher.note("examples with 'teach: true' are of single completions: not shown here")
        judge = judge.speaking(order.rubric.language)
        if rows.needs.judge and (note := pair_calibration_note(judge, order.rubric)):
            watcher.note(note)
        with remembering(order.cache, order.recheck) as memory:
            job = _Job(run, order, judge, rows.needs, watcher, memory)
            if job.finished():
                watcher.note("all of it was compared before: nothing is asked")
            else:
                asyncio.run(job.compare())
        return run.counts()


def fitting_pairs(order: PairOrder) -> FittingPairs:
    """The rows of an order. Raises: InputError for a rubric with a check that can be forged."""
    refuse_forgeable(order.rubric.items, order.accept_forgeable)
    rows = read_pairs(order.pairs, order.mapping, order.limit)
    return FittingPairs(rows, order.rubric, order.accept_forgeable)


def compared_under(
    rubric: Rubric, judge: Judge, served: str, checks: Collection[str] = frozenset()
) -> str:
    """Hash of all that a preference depends on besides the pair.

    Args: `checks`, the names of those that the pairs bring, besides the rubric's own.
    """
    asked = ask_fingerprint(judge.spec, served)
    versions = check_versions({*check_names(rubric.items), *checks})
    hashes = rubric.content_hash, judge.content_hash, asked, versions
    return digest("pairs", *hashes, str(SCORING), str(PAIRING))


def _tell_intake(run: PairFolder, taken: PairIntake, watcher: PairWatcher) -> None:
    if taken.pairs.duplicates:
        repeats = count_of(taken.pairs.duplicates, "row")
        watcher.note(f"{repeats} with the id and the content of another: compared once")
    if taken.new and run.manifest.rubric:
        watcher.note(
            f"the pairs differ from the run's: {taken.added} added, {taken.changed} changed, "
            f"{taken.removed} removed; only what is new or changed is compared"
        )


@dataclass(frozen=True, slots=True)
class _Job:
    """One order on its way: the run it goes into, and the judge that answers."""

    run: PairFolder
    order: PairOrder
    judge: Judge
    needs: Needs
    watcher: PairWatcher
    memory: Remembering

    @property
    def reads(self) -> PairMap | None:
        """The map by which the judge's preferences are read."""
        return pair_map_of(self.judge, self.order.rubric) if self.needs.judge else None

    def finished(self) -> bool:
        """Whether all is compared under this rubric and this judge, as far as is known unasked."""
        known = self.run.manifest.judge
        if known is None or known.hash != self.judge.content_hash:
            return False
        if self.run.manifest.under != self._under(known.served):
            return False
        self.state(known.served, self.run.manifest.sandbox)
        counts = self.run.counts()
        return not counts.missing and not (self.order.retry_failed and counts.failed)

    async def compare(self) -> None:
        """Start sandbox and judge, as far as they are needed, and compare what is missing."""
        order, reads = self.order, self.reads
        async with (
            sandbox_ready(self.needs.code, unsafe=order.unsafe_no_sandbox) as sandbox,
            self._ready() as comparer,
        ):
            asker = comparer.asker
            for text in (*sandbox.notes, *asker.notes):
                self.watcher.note(text)
            self.state(asker.served, sandbox.stated)
            counts = self.run.counts()
            done = counts.ok + (0 if order.retry_failed else counts.failed)
            self.watcher.begin(counts.samples, done)
            works = _works(self.run, order.retry_failed)
            plans = finished_pairs(works, order.rubric, comparer, sandbox=sandbox)
            counting = counted(self.run, asker.usage, self.watcher.note)
            with counting as spending, seldom_collected():
                async with aclosing(plans):
                    with self.run.writer() as writer:
                        async with ticked(writer), ticked(spending):
                            async for made in plans:
                                preference = made.preference(self.judge.name, reads)
                                writer.append(preference)
                                self.watcher.compared(preference)

    def _ready(self) -> AbstractAsyncContextManager[Comparer]:
        return ready_to_compare(
            self.judge,
            asks=self.needs.judge,
            memory=self.memory,
            rule=rule_of(self.judge, self.reads),
        )

    def _under(self, served: str) -> str:
        return compared_under(self.order.rubric, self.judge, served, self.needs.checks)

    def state(self, served: str, sandbox: Sandboxed | None) -> None:
        """Put into the manifest what is compared under what, and say what has changed."""
        rubric, judge, before = self.order.rubric, self.judge, self.run.manifest
        if before.rubric and before.rubric.hash != rubric.content_hash:
            self.watcher.note(
                f"the rubric differs from the run's ({before.rubric.name} {before.rubric.version} "
                f"-> {rubric.rubric} {rubric.version}): every pair is decided again, and only "
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


def _works(run: PairFolder, retry_failed: bool) -> Iterator[PairWork]:
    for one in run.pending(retry_failed=retry_failed):
        yield PairWork(one.pair, one.pair_hash, one.attempt, one.prior)
