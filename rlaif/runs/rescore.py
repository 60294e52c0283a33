"""A run under another rubric: what it knows is scored anew, and only what it lacks is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from rlaif.errors import InputError, RunError
from rlaif.grading.plan import Plan
from rlaif.records.judge import Judge
from rlaif.records.outcome import Failure
from rlaif.reporting.estimated import Estimate
from rlaif.reporting.rubric_differences import RubricDifference, rubric_difference
from rlaif.reporting.run_differences import RunDifference
from rlaif.runs.diff import TOP, run_difference
from rlaif.runs.engines import EngineOf
from rlaif.runs.estimate import estimate
from rlaif.runs.estimate_counting import UNASKED
from rlaif.runs.files import rubric_and_text
from rlaif.runs.judge import asks_judge, no_judge
from rlaif.runs.kept_order import forgeable_ids, kept_order
from rlaif.runs.local import LocalCrew
from rlaif.runs.order import Order
from rlaif.runs.remembering import remembering
from rlaif.runs.sandbox import sandbox_ready
from rlaif.runs.unstarted import unstarted_asker
from rlaif.runs.worker import Task, Worker, graded_under
from rlaif.storage.failures import Retry
from rlaif.storage.grade_writer import GradeWriter
from rlaif.storage.manifest import Manifest
from rlaif.storage.run_folder import RunFolder, open_run
from rlaif.storage.whole_files import parts


@dataclass(frozen=True, slots=True)
class Rescoring:
    """A run as it is, and what it is to become."""

    before: RunFolder
    order: Order
    rubric: RubricDifference

    def difference(self, after: RunFolder, top: int = TOP) -> RunDifference:
        """What became of the samples. Raises: RunError."""
        return run_difference(self.before, after, self.rubric, top=top)


def rescoring(folder: Path, rubric: str | None, judge: Judge | None = None) -> Rescoring:
    """The run at `folder` and the rubric of that file or name; None: the run's own.

    Args: `judge`, as of `kept_order`; its calibration may be another one.
    Raises: RunError; FileProblems, UnknownName for the rubric; InputError for a rubric that asks a
    judge where the run has none.
    """
    run = open_run(folder)
    kept = kept_order(run, judge, recalibrated=True)
    loaded, text = rubric_and_text(rubric) if rubric else (kept.rubric, kept.rubric_text)
    asked = kept.judge or no_judge()
    if asks_judge(loaded.items) and asked.content_hash == no_judge().content_hash:
        raise InputError(
            f"{folder}: graded without a judge, and {loaded.rubric} asks one\n"
            "  hint: `rlaif grade` with the rubric, the samples and --judge, into the same folder"
        )
    accepted = forgeable_ids(kept.rubric)
    order = replace(kept, rubric=loaded, rubric_text=text, accept_forgeable=accepted)
    return Rescoring(run, order, rubric_difference(kept.rubric, loaded))


@contextmanager
def tried(plan: Rescoring) -> Iterator[tuple[Estimate, RunFolder]]:
    """What would be asked, and the run as it would be as far as that can be told unasked.

    Nothing is written to the run: the grades lie in a temporary folder.
    """
    order, before = plan.order, plan.before
    with TemporaryDirectory(prefix="rlaif-") as folder:
        with GradeWriter(Path(folder), _under(plan)) as writer:
            found = estimate(order, each=_kept_in(writer, before))
        manifest = before.manifest.model_copy(update={"under": _under(plan)})
        yield found, _Tried(before.path, manifest, Path(folder))


def _kept_in(writer: GradeWriter, run: RunFolder) -> Callable[[Plan], None]:
    stated = run.manifest.judge
    judge = f"{stated.name}@{stated.version}" if stated else ""

    def keep(made: Plan) -> None:
        outcomes = (one.outcome for one in made.given.values())
        if not any(isinstance(o, Failure) and UNASKED in o.message for o in outcomes):
            writer.append(made.grade(judge))

    return keep


class _Tried(RunFolder):
    """A run whose grades lie elsewhere."""

    def __init__(self, path: Path, manifest: Manifest, grades: Path) -> None:
        super().__init__(path, manifest)
        self._grades = grades

    def files(self) -> tuple[list[Path], list[Path]]:
        """The samples of the run, and the grades from elsewhere."""
        return super().files()[0], parts(self._grades)


def _under(plan: Rescoring) -> str:
    """What the grades will be under, while judge and checks are those of the run."""
    order, manifest = plan.order, plan.before.manifest
    if manifest.judge is None or order.judge is None:
        raise RunError(f"{plan.before.path}: nothing was graded into it yet")
    judge = order.judge.speaking(order.rubric.language)
    checks = manifest.samples.needs.checks if manifest.samples else ()
    return graded_under(order.rubric, judge, manifest.judge.served, checks)


def unasked(served: str) -> EngineOf:
    """An engine for a job whose every answer is known: the judge, `served` so, is not started."""

    @asynccontextmanager
    async def crew(task: Task, run: RunFolder, retry: Retry) -> AsyncIterator[LocalCrew]:
        async with AsyncExitStack() as stack:
            memory = stack.enter_context(remembering(task.cache, task.recheck))
            safe = not task.unsafe_no_sandbox
            sandbox = await stack.enter_async_context(sandbox_ready(task.code, unsafe=not safe))
            asker = unstarted_asker(task.judge, task.rubric, served, memory)
            worker = Worker(task, asker, sandbox, sandbox.stated, tuple(sandbox.notes))
            yield LocalCrew(worker, run, retry)

    return crew
