"""The workbench: equal checks once, a bounded number at a time, nothing left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from rlaif.checks.run import check_key
from rlaif.grading.completion import prepare
from rlaif.grading.workbench import Workbench
from rlaif.records.checks import Check
from rlaif.records.criterion import Checked
from rlaif.records.outcome import Failure, Verdict
from rlaif.records.subject import Subject
from tests.grading.code import CODE, LOST, WRONG, Held, doubles, sandbox

Make = Callable[..., Any]
Given = Callable[..., tuple[Check, Subject, str]]


@pytest.fixture
def given(rubric: Make, sample: Make) -> Given:
    """`given(CODE, by=3)`: a check, the subject with that code, and the key of both."""

    def make(code: str = CODE, by: int = 1) -> tuple[Check, Subject, str]:
        (criterion,) = rubric(doubles(by=by)).items
        assert isinstance(criterion, Checked)
        subject = prepare(sample(completion=code), "strip")
        return criterion.check, subject, check_key(criterion.check, subject)

    return make


async def test_equal_checks_that_are_wanted_at_the_same_time_are_run_once(given: Given) -> None:
    used = sandbox(latency_s=0.01)
    async with Workbench(used) as bench:
        found = await asyncio.gather(*(bench.run(*given()) for _ in range(20)))
    assert len(used.jobs) == 1
    assert all(one is found[0] for one in found)


async def test_other_code_and_another_check_are_run_by_themselves(given: Given) -> None:
    used = sandbox(latency_s=0.01)
    wanted = [given(), given(WRONG), given(by=2), given(WRONG, by=2)]
    async with Workbench(used) as bench:
        found = await asyncio.gather(*(bench.run(*one) for one in wanted))
    assert len(used.jobs) == 4
    passed = [one.cases[0].passed for one in found if isinstance(one, Verdict)]
    assert passed == [True, False, True, False]


async def test_what_was_answered_is_not_remembered(given: Given) -> None:
    used = sandbox()
    async with Workbench(used) as bench:
        await bench.run(*given())
        await bench.run(*given())
    assert len(used.jobs) == 2


async def test_a_job_that_could_not_be_run_is_a_failure_for_all_who_share_it(given: Given) -> None:
    async with Workbench(sandbox(latency_s=0.01)) as bench:
        found = await asyncio.gather(*(bench.run(*given(LOST)) for _ in range(3)))
    assert found == [Failure("sandbox", "the fork server is lost")] * 3


async def test_no_more_than_so_many_run_at_once(given: Given) -> None:
    used = sandbox(latency_s=0.001)
    async with Workbench(used, at_once=3) as bench:
        await asyncio.gather(*(bench.run(*given(by=n)) for n in range(12)))
    assert (len(used.jobs), used.most_at_once) == (12, 3)


async def test_one_that_gives_up_leaves_the_answer_to_the_others(given: Given) -> None:
    used = Held()
    async with Workbench(used) as bench:
        one, other = (asyncio.create_task(bench.run(*given())) for _ in range(2))
        await used.come.wait()
        one.cancel()
        used.go.set()
        assert isinstance(await other, Verdict)
    assert one.cancelled()


async def test_leaving_stops_what_still_runs(given: Given) -> None:
    used = Held()
    async with Workbench(used) as bench:
        waiting = asyncio.create_task(bench.run(*given()))
        await used.come.wait()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_code_is_never_run_where_no_sandbox_was_started(given: Given) -> None:
    async with Workbench(None) as bench:
        with pytest.raises(RuntimeError, match="none was started"):
            await bench.run(*given())
