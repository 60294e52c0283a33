"""One sandbox for many calls: event loops, threads, cancelling, other processes; and the page."""

from __future__ import annotations

import asyncio
import multiprocessing
import re
import threading
from collections.abc import Iterator
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

import pytest

import rlaif
from rlaif.checks.sandbox.launch import TIERS
from rlaif.checks.sandbox.scripted import ScriptedSandbox
from rlaif.errors import InputError, SandboxUnavailable
from rlaif.runs import sandbox as sandboxes
from rlaif.runs.sandbox import SharedSandbox, open_sandbox
from tests.checks.sandbox.conftest import machine_lacks
from tests.conftest import MakeJudge, MakeRubric, MakeSample
from tests.grading.code import CODE, WRONG, Held, doubles, sandbox

PAGE = Path(__file__).parents[2] / "docs" / "python.md"

real = pytest.mark.skipif(
    all(machine_lacks(tier) for tier in TIERS), reason=f"no sandbox: {machine_lacks(TIERS[0])}"
)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> ScriptedSandbox:
    """The scripted sandbox that is opened."""
    used = sandbox()
    monkeypatch.setattr(sandboxes, "load", lambda _: lambda unsafe: used)
    return used


@pytest.fixture
def graded(rubric: MakeRubric, judge: MakeJudge, sample: MakeSample) -> Any:
    """`graded(sandbox)`: the scores of a right and a wrong completion."""

    def run(used: SharedSandbox) -> list[float | None]:
        samples = [sample("s0", completion=CODE), sample("s1", completion=WRONG)]
        grades = rlaif.grade_sync(samples, rubric(doubles()), judge(), sandbox=used)
        return [grade.score for grade in sorted(grades, key=lambda grade: grade.sample_id)]

    return run


def test_it_is_started_once_for_many_calls_and_closed_once(
    made: ScriptedSandbox, graded: Any
) -> None:
    with open_sandbox() as shared:
        assert graded(shared) == [1, 0]
        assert graded(shared) == [1, 0]
        assert (made.started, made.closed) == (1, 0)
    assert (made.started, made.closed) == (1, 1)


def test_where_it_cannot_be_started_nothing_stays_open(
    made: ScriptedSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused() -> None:
        raise SandboxUnavailable("no tier")

    monkeypatch.setattr(made, "start", refused)
    with pytest.raises(SandboxUnavailable, match="no tier"), open_sandbox():
        pass
    assert made.closed == 1


def test_a_forked_process_is_told_to_open_its_own(made: ScriptedSandbox, graded: Any) -> None:
    with open_sandbox() as shared:
        shared._process -= 1
        with pytest.raises(InputError, match="open one in each process"):
            graded(shared)


async def test_a_call_that_is_left_early_leaves_the_sandbox_open(
    monkeypatch: pytest.MonkeyPatch, rubric: MakeRubric, judge: MakeJudge, sample: MakeSample
) -> None:
    held = Held()
    monkeypatch.setattr(sandboxes, "load", lambda _: lambda unsafe: held)
    given = [sample("s0", completion=CODE)]
    async with open_sandbox() as shared:

        async def grading() -> list[float | None]:
            async with aclosing(
                rlaif.grade(given, rubric(doubles()), judge(), sandbox=shared)
            ) as g:
                return [one.score async for one in g]

        task = asyncio.create_task(grading())
        await held.come.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()
        assert held.closed == 0
        held.go.set()
        assert await grading() == [1]


@pytest.fixture
def opened() -> Iterator[SharedSandbox]:
    with open_sandbox() as shared:
        yield shared


@real
def test_one_sandbox_serves_event_loops_and_threads(opened: SharedSandbox, graded: Any) -> None:
    found: list[list[float | None]] = [graded(opened)]
    threads = [threading.Thread(target=lambda: found.append(graded(opened))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[1, 0]] * 4


@real
@pytest.mark.slow
@pytest.mark.parametrize("how", ["fork", "spawn"])
def test_a_process_opens_its_own(how: str) -> None:
    context: Any = multiprocessing.get_context(how)
    with context.Pool(1) as others:
        assert others.apply_async(_in_a_process).get(timeout=60) == [1, 0]


def _in_a_process() -> list[float | None]:
    rows: Any = [doubles()]
    made = rlaif.Rubric(rubric="r", version="1.0.0", title="A rubric", criteria=rows)
    samples = [
        rlaif.Sample(sample_id=str(n), prompt="Double.", completion=text)
        for n, text in enumerate((CODE, WRONG))
    ]
    with open_sandbox() as shared:
        grades = rlaif.grade_sync(samples, made, rlaif.load_judge("scripted"), sandbox=shared)
        return [grade.score for grade in sorted(grades, key=lambda grade: grade.sample_id)]


@real
async def test_the_example_of_the_page_runs(tmp_path: Path) -> None:
    (block,) = re.findall(r"```python\n(import rlaif\n\nRUBRIC.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102 - our own page
    (tmp_path / "doubling.yaml").write_text(names["RUBRIC"])
    await names["train"](tmp_path / "doubling.yaml")
