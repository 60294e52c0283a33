"""What a replica does with batches, without Ray: a stream, parts on disk, errors as values."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rlaif import __version__
from rlaif.errors import FileProblems, JudgeUnavailable, Problem, RunError
from rlaif.grading.plan import Work
from rlaif.runs.ray_grader import Grader
from rlaif.runs.ray_messages import Broken, Given, batch_of, broken, error_of
from rlaif.runs.ray_replica import Replica
from rlaif.runs.ray_rescue import rescue
from rlaif.runs.worker import Task
from rlaif.storage.run_folder import RunFolder, make_run
from rlaif.storage.whole_files import parts
from tests.runs.clock import Clock

Make = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return make_run(tmp_path / "run")


@pytest.fixture
def task(rubric: Make, judge: Make) -> Task:
    return Task(rubric({"id": "kind"}), judge(answers="hash"), asks=True, code=False)


@asynccontextmanager
async def started(task: Task, run: RunFolder, **more: Any) -> AsyncIterator[Grader]:
    grader = Grader(task, run.path, "here", **more)
    await grader.start()
    try:
        yield grader
    finally:
        await grader.stop()


@pytest.fixture
def works(sample: Make) -> list[Work]:
    return [Work(sample(f"s{n}"), f"hash{n}") for n in range(10)]


async def test_a_batch_is_done_once_its_grades_are_on_disk(
    task: Task, run: RunFolder, works: list[Work]
) -> None:
    async with started(task, run, rows=10) as grader:
        done = await grader.grade(batch_of(works).content)
        assert done.step.grades == done.step.verdicts == done.usage.asked == 10
        step, rest = rescue(run.path, task.under("scripted"), [])
        assert (step.grades, rest) == (0, [])
        (part,) = parts(run.path / "parts")
    assert parts(run.path / "parts") == [part]


async def test_what_is_graded_waits_for_its_part_until_nothing_more_comes(
    task: Task, run: RunFolder, works: list[Work]
) -> None:
    async with started(task, run, clock=Clock()) as grader:
        steps = [
            asyncio.ensure_future(grader.grade(batch_of(works[n:][:5]).content)) for n in (0, 5)
        ]
        done, _ = await asyncio.wait(steps, timeout=0.2)
        assert not done
        assert not parts(run.path / "parts")
        await grader.drain()
        assert [(await step).step.grades for step in steps] == [5, 5]
        assert len(parts(run.path / "parts")) == 1


async def test_what_is_graded_waits_no_longer_than_so_many_seconds(
    task: Task, run: RunFolder, works: list[Work]
) -> None:
    clock = Clock()
    async with started(task, run, clock=clock) as grader:
        step = asyncio.ensure_future(grader.grade(batch_of(works).content))
        await asyncio.wait([step], timeout=0.2)
        grader.tick()
        assert not step.done()
        clock.now += 5.0
        grader.tick()
        assert (await step).step.grades == 10


async def test_a_flush_writes_also_of_batches_that_are_not_done(
    task: Task, run: RunFolder, works: list[Work], judge: Make
) -> None:
    slow = replace(task, judge=judge(answers="hash", latency_s=0.2))
    short = replace(works[0], sample=works[0].sample.model_copy(update={"completion": " "}))
    async with started(slow, run) as grader:
        step = asyncio.ensure_future(grader.grade(batch_of([short, *works[1:]]).content))
        await asyncio.wait([step], timeout=0.1)
        await grader.flush()
        assert not step.done()
        assert len(parts(run.path / "parts")) == 1
        step.cancel()


async def test_whoever_lost_the_run_to_another_job_writes_no_more(
    task: Task, run: RunFolder, works: list[Work]
) -> None:
    async with started(task, run, mine=lambda: False, rows=10) as grader:
        with pytest.raises(RunError, match="another job has taken over"):
            await grader.grade(batch_of(works).content)
    assert not parts(run.path / "parts")


async def test_what_a_dead_replica_wrote_is_found_and_the_rest_told(
    task: Task, run: RunFolder, works: list[Work]
) -> None:
    async with started(task, run, rows=6) as grader:
        await grader.grade(batch_of(works[:6]).content)
        under = task.under("scripted")
    lost = [batch_of(works[3:8], deaths=1), batch_of(works[:3]), batch_of(works[8:])]
    step, rest = rescue(run.path, under, lost)
    assert step.grades == step.verdicts == 6
    left = [[work.sample.sample_id for work in batch.works()] for batch in rest]
    assert left == [["s6", "s7"], ["s8", "s9"]]
    assert [batch.deaths for batch in rest] == [1, 0]
    assert rescue(run.path, "other", lost[:1])[0].grades == 0


def given(run: RunFolder, of: Task, **changes: Any) -> Given:
    (run.path / ".tmp-x").write_text("token")
    told = Given(__version__, run.path.resolve(), (".tmp-x", "token"), pickle.dumps(of))
    return replace(told, **changes)


async def test_a_replica_finds_what_the_judge_is(task: Task, run: RunFolder) -> None:
    replica = Replica()
    found = await replica.start(given(run, task))
    assert not isinstance(found, Broken)
    assert task.under(found.served)
    assert await replica.stop() is None


async def test_another_version_on_a_node_is_refused_before_the_task_is_read(
    task: Task, run: RunFolder
) -> None:
    came = await Replica().start(given(run, task, version="9.9.9", task=b"no pickle"))
    assert isinstance(came, Broken)
    assert f"has rlaif {__version__}, and the job is of 9.9.9" in came.text
    assert "install the same version on every node" in came.text


async def test_a_folder_that_is_not_shared_is_told(
    task: Task, run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rlaif.runs.ray_replica._LOOKS", 1)
    for token in ((".tmp-x", "of another job"), (".tmp-none", "token")):
        came = await Replica().start(given(run, task, token=token))
        assert isinstance(came, Broken)
        assert isinstance(error_of(came), RunError)
        assert "does not see the same folder under this path" in came.text


def test_errors_of_ours_cross_as_what_they_are() -> None:
    problem = Problem("r.yaml", 3, 1, "wrong", "mend it")
    sent = pickle.dumps(broken(FileProblems([problem]), "n1"))
    crossed = error_of(pickle.loads(sent))  # noqa: S301 - as Ray sends it
    assert isinstance(crossed, FileProblems)
    assert str(crossed) == "r.yaml:3:1: wrong\n  hint: mend it"
    assert isinstance(error_of(broken(JudgeUnavailable("no model"), "n1")), JudgeUnavailable)
    disk = error_of(broken(OSError(28, "No space left on device", "/x"), "n1"))
    assert isinstance(disk, RunError)
    assert str(disk) == "/x: No space left on device (on n1)"
    fault = error_of(broken(KeyError("x"), "n1"))
    assert type(fault) is RuntimeError
    assert "on n1:" in str(fault)
