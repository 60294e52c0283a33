"""The answers of a batch API, into the run that asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from rlaif.errors import InputError, RunError
from rlaif.grading.engine import finished_plans
from rlaif.grading.plan import Plan, Work
from rlaif.judging.openai_batch import Replaying, said_by
from rlaif.ports import VerdictCache
from rlaif.records.criterion import Judged
from rlaif.records.judge import Judge
from rlaif.records.outcome import Failure, Skipped, Verdict
from rlaif.records.rubric import Rubric
from rlaif.runs.batch_export import waits
from rlaif.runs.batch_judge import judge_of_run, model_to_believe, offline
from rlaif.runs.job import seldom_collected, sigterm_interrupts
from rlaif.runs.judge import ready
from rlaif.runs.kept import kept_rubric
from rlaif.runs.needs import Needs
from rlaif.runs.remembering import Remembering, remembering
from rlaif.runs.sandbox import sandbox_ready
from rlaif.runs.worker import graded_under
from rlaif.storage.batch_lines import BatchLines, read_results
from rlaif.storage.batch_waves import Waves
from rlaif.storage.run_folder import Counts, RunFolder, open_run
from rlaif.storage.sample_table import read_kept


@dataclass(slots=True)
class Imported:
    """What the answers made."""

    counts: Counts
    """Of the whole run."""
    results: int = 0
    waiting: int = 0
    """Samples with a question that has no answer yet."""
    unused: int = 0
    """Results that no open question of the run is about."""
    where: tuple[str, ...] = ()
    """Where the first of those stand."""
    model: str = ""
    """The one whose answers are believed; empty where there is none, or they name none."""
    notes: tuple[str, ...] = ()


def import_batch(
    path: Path,
    sources: Sequence[str],
    *,
    unsafe_no_sandbox: bool = False,
    cache: bool = True,
    accept_model: str | None = None,
) -> Imported:
    """Grade the samples of the run at `path` by the answers in `sources`.

    All of it is read before anything is graded. An answer counts only for the question whose key it
    bears, which is a hash of the judge and of every word that it was shown, and only if the judge's
    model gave it, or `accept_model`. Files can be edited: the cache of verdicts is read, and
    nothing of them is put there for other runs to believe.

    Raises: FileProblems for lines that are no results, and ids with two answers; InputError where
    another model answers, or no result is about an open question; RunError, RunLocked,
    SandboxUnavailable.
    """
    run = open_run(path)
    with sigterm_interrupts(), run.lock() as damaged, BatchLines() as lines:
        read_results(sources, lines, said_by)
        rubric, judge = kept_rubric(run), judge_of_run(run)
        spec, waves = offline(judge), Waves(run.path)
        before = waves.model(judge.content_hash)
        model = model_to_believe(spec, lines.models(), before, accept_model)
        needs = _needs(run, rubric)
        served = _served(run, rubric, judge, needs)
        backend = Replaying(spec, served, lines.take, model or "")
        job = _Import(run, rubric, judge, needs, backend)
        imported = asyncio.run(job.done(cache, unsafe_no_sandbox))
        imported.results = lines.count()
        imported.unused, where = lines.unused()
        imported.where = tuple(where)
        imported.model = model or ""
        if imported.unused < imported.results:
            if model is not None:
                waves.believe(judge.content_hash, model)
            waves.answered(lambda key: lines.place(key) is not None)
        imported.notes = (*damaged, *imported.notes)
    if imported.results and imported.unused == imported.results:
        raise InputError(
            f"none of the {imported.results:,} results is about an open question of {path}\n"
            "  hint: they were taken in before, or are of another run, judge or rubric, or of "
            "samples that have changed since"
        )
    return imported


@dataclass(frozen=True, slots=True)
class _Read:
    """The cache of verdicts, which nothing is put into."""

    cache: VerdictCache

    def get(self, keys: Iterable[str]) -> dict[str, Verdict]:
        """Those of `keys` that a live judge gave."""
        return self.cache.get(keys)

    def put(self, key: str, verdict: Verdict, judge: str) -> None:
        """Nothing."""


def _needs(run: RunFolder, rubric: Rubric) -> Needs:
    needs = Needs(rubric.items)
    for _, _, sample in read_kept(run.files()[0]):
        needs.add(sample.criteria)
    return needs


def _served(run: RunFolder, rubric: Rubric, judge: Judge, needs: Needs) -> str:
    """The judge's model as the run states it. Raises: RunError where it was asked otherwise."""
    stated = run.manifest.judge
    served = stated.served if stated else ""
    if graded_under(rubric, judge, served, needs.checks) != run.manifest.under:
        raise RunError(
            f"{run.path}: this version of rlaif scores otherwise than the one that asked\n"
            "  hint: `rlaif batch export` again; answers that are here stay valid where the "
            "question is the same"
        )
    return served


@dataclass(frozen=True, slots=True)
class _Import:
    run: RunFolder
    rubric: Rubric
    judge: Judge
    needs: Needs
    backend: Replaying

    async def done(self, cache: bool, unsafe: bool) -> Imported:
        """Grade what has an answer; what has none stays as it is."""
        waiting = 0
        with remembering(cache, 0.0) as known:
            memory = Remembering(_Read(known.cache), 0.0) if known.cache else known
            async with (
                sandbox_ready(self.needs.code, unsafe=unsafe) as sandbox,
                ready(self.judge, self.backend, rubric=self.rubric, memory=memory) as asker,
            ):
                works = _works(self.run)
                plans = finished_plans(works, self.rubric, asker, sandbox=sandbox)
                with seldom_collected(), self.run.writer() as writer:
                    async with aclosing(plans):
                        async for made in plans:
                            grade = made.grade(asker.name)
                            waiting += waits(grade)
                            if not waits(grade) or _has_news(made):
                                writer.append(grade)
                notes = tuple(sandbox.notes)
        return Imported(self.run.counts(), waiting=waiting, notes=notes)


def _has_news(made: Plan) -> bool:
    """Whether a judge's verdict is in it that the run does not have yet."""
    for criterion in made.criteria:
        given = made.given[criterion.id]
        if not isinstance(criterion, Judged) or given.key in made.work.prior:
            continue
        outcome = given.outcome.verdict if isinstance(given.outcome, Skipped) else given.outcome
        if outcome is not None and not isinstance(outcome, Failure):
            return True
    return False


async def _works(run: RunFolder) -> AsyncIterator[Work]:
    for one in run.pending(retry_failed=True):
        yield Work(one.sample, one.sample_hash, one.attempt, one.prior)
