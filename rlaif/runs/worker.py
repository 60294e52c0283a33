"""Whoever grades: in this process, or in another one on another machine."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass

from rlaif.checks.run import check_versions
from rlaif.grading.engine import Asker, finished_plans
from rlaif.grading.plan import Work
from rlaif.grading.usage import Usage
from rlaif.ports import Sandbox
from rlaif.records.grade import Grade
from rlaif.records.identity import digest
from rlaif.records.judge import Judge, ask_fingerprint
from rlaif.records.rubric import Rubric
from rlaif.runs.judge import ready
from rlaif.runs.needs import check_names
from rlaif.runs.remembering import remembering
from rlaif.runs.sandbox import sandbox_ready
from rlaif.storage.manifest import Sandboxed

SCORING = 2
"""Version of what turns samples and outcomes into scores besides checks and judge: the arithmetic,
the prescreen and its openers, the preparation of the text, the defaults of every field. Part of
what grades are graded under, so that no old score stands for a new one."""


@dataclass(frozen=True, slots=True)
class Task:
    """All that whoever grades has to know besides the samples. Can be pickled."""

    rubric: Rubric
    judge: Judge
    """It speaks the rubric's language."""
    asks: bool
    """Whether anything is asked of the judge."""
    code: bool
    """Whether a check runs code."""
    checks: frozenset[str] = frozenset()
    """The names of the checks that samples bring, besides the rubric's own."""
    unsafe_no_sandbox: bool = False
    cache: bool = True
    """Use verdicts that earlier runs gave to exactly the same questions."""
    recheck: float | None = None
    """Share of those that are asked for again, in [0, 1]; None for the default."""

    def under(self, served: str) -> str:
        """Hash of all that its grades depend on besides the sample."""
        return graded_under(self.rubric, self.judge, served, self.checks)


@dataclass(frozen=True, slots=True)
class Worker:
    """One who grades: judge and sandbox are started. Made by `at_work`."""

    task: Task
    asker: Asker
    sandbox: Sandbox | None
    stated: Sandboxed | None
    """How the policy's code is shut in; None where none is run."""
    notes: tuple[str, ...]
    """What a person should know of judge and sandbox."""

    @property
    def served(self) -> str:
        """The judge's model as it was found."""
        return self.asker.served

    @property
    def under(self) -> str:
        """Hash of all that its grades depend on besides the sample."""
        return self.task.under(self.served)

    @property
    def usage(self) -> Usage:
        """What the judge cost so far; grows."""
        return self.asker.usage

    async def grades(self, works: AsyncIterator[Work]) -> AsyncGenerator[Grade, None]:
        """A grade for each of the works, in the order in which they are finished.

        Raises: whatever broke the judge, or a fault of ours with the sample's id in a note.
        """
        plans = finished_plans(works, self.task.rubric, self.asker, sandbox=self.sandbox)
        async with aclosing(plans):
            async for made in plans:
                yield made.grade(self.asker.name)


@asynccontextmanager
async def at_work(task: Task) -> AsyncIterator[Worker]:
    """Start judge and sandbox, as far as they are needed.

    Raises: JudgeUnavailable, SandboxUnavailable, MissingExtra, FileProblems.
    """
    async with AsyncExitStack() as stack:
        memory = stack.enter_context(remembering(task.cache, task.recheck))
        safe = not task.unsafe_no_sandbox
        sandbox = await stack.enter_async_context(sandbox_ready(task.code, unsafe=not safe))
        asker = await stack.enter_async_context(
            ready(task.judge, asks=task.asks, rubric=task.rubric, memory=memory)
        )
        notes = (*sandbox.notes, *asker.notes)
        yield Worker(task, asker, sandbox, sandbox.stated, notes)


def graded_under(
    rubric: Rubric, judge: Judge, served: str, checks: Collection[str] = frozenset()
) -> str:
    """Hash of all that a grade depends on besides the sample.

    Args: `checks`, the names of those that the samples bring, besides the rubric's own.
    """
    asked = ask_fingerprint(judge.spec, served)
    versions = check_versions({*check_names(rubric.items), *checks})
    return digest(rubric.content_hash, judge.content_hash, asked, versions, str(SCORING))
