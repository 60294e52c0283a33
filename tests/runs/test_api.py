from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from rlaif.errors import InputError
from rlaif.judging.scripted import ScriptedBackend
from rlaif.ports import Answer, Decision
from rlaif.records.backends import TransformersJudge
from rlaif.records.grade import Grade
from rlaif.records.sample import Sample, sample_digest
from rlaif.runs.api import grade, grade_sync

Make = Callable[..., Any]


async def graded(*args: Any, **more: Any) -> dict[str, Grade]:
    return {one.sample_id: one async for one in grade(*args, **more)}


async def within(awaited: Any) -> Any:
    return await asyncio.wait_for(awaited, 10)


@pytest.fixture
def broken(judge: Make) -> ScriptedBackend:
    """A judge whose answers raise."""

    def rule(decision: Decision) -> Answer:
        raise OSError("out of memory")

    return ScriptedBackend(judge().spec, rule=rule)


def test_both_twins_give_the_same_grades(rubric: Make, sample: Make, judge: Make) -> None:
    asked = rubric({"id": "a"}, {"id": "g", "gate": True}, {"id": "f", "weight": -1})
    given = [sample(f"s{i}") for i in range(30)]
    one = asyncio.run(graded(given, asked, judge("hash")))
    other = {g.sample_id: g for g in grade_sync(given, asked, judge("hash"))}
    assert one == other
    assert len({g.score for g in one.values()}) > 5


async def test_a_grade_says_whose_it_is(rubric: Make, sample: Make, judge: Make) -> None:
    (one,) = (await graded([sample()], rubric({"id": "a"}), judge())).values()
    assert (one.sample_id, one.rubric, one.judge) == ("s1", "r@1.0.0", "fake@1.0.0")
    assert one.sample_hash == sample_digest(sample())


async def test_samples_may_come_one_by_one(rubric: Make, sample: Make, judge: Make) -> None:
    async def given() -> AsyncIterator[Sample]:
        for i in range(5):
            await asyncio.sleep(0)
            yield sample(f"s{i}")

    assert len(await graded(given(), rubric({"id": "a"}), judge())) == 5


async def test_the_next_sample_may_wait_for_the_last_grade(
    rubric: Make, sample: Make, judge: Make
) -> None:
    seen: asyncio.Queue[Grade] = asyncio.Queue()

    async def given() -> AsyncIterator[Sample]:
        for i in range(5):
            yield sample(f"s{i}")
            await seen.get()

    async def run() -> int:
        count = 0
        async for one in grade(given(), rubric({"id": "a"}), judge()):
            seen.put_nowait(one)
            count += 1
        return count

    assert await within(run()) == 5


async def test_a_backend_given_answers_in_place_of_the_files(
    rubric: Make, sample: Make, judge: Make
) -> None:
    backend = ScriptedBackend(judge().spec, rule=lambda _: Answer((0.75, 0.25)))
    (one,) = (await graded([sample()], rubric({"id": "a"}), judge(), backend=backend)).values()
    assert one.score == 0.25


async def test_a_sample_that_does_not_fit_is_named(rubric: Make, sample: Make, judge: Make) -> None:
    own = [{"id": "a", "ask": "Is it its own?"}]
    given = [sample("good"), sample("bad", criteria=own)]
    with pytest.raises(InputError, match=r"sample 'bad': .*'a' has an id that is taken"):
        await within(graded(given, rubric({"id": "a"}), judge()))


def test_a_sample_that_does_not_fit_is_named_by_the_sync_twin_too(
    rubric: Make, sample: Make, judge: Make
) -> None:
    with pytest.raises(InputError, match=r"sample 'good': .* this one has none"):
        list(grade_sync([sample("good")], rubric(), judge()))


async def test_a_broken_judge_raises_at_the_caller(
    rubric: Make, sample: Make, judge: Make, broken: ScriptedBackend
) -> None:
    with pytest.raises(OSError, match="out of memory"):
        await within(graded([sample()], rubric({"id": "a"}), judge(), backend=broken))


def test_a_broken_judge_raises_at_the_caller_of_the_sync_twin(
    rubric: Make, sample: Make, judge: Make, broken: ScriptedBackend
) -> None:
    with pytest.raises(OSError, match="out of memory"):
        list(grade_sync([sample()], rubric({"id": "a"}), judge(), backend=broken))


async def test_closing_early_ends_at_once(rubric: Make, sample: Make, judge: Make) -> None:
    async def run() -> None:
        given = (sample(f"s{i}") for i in range(10_000))
        slow = judge(latency_s=0.001)
        async with aclosing(grade(given, rubric({"id": "a"}), slow)) as grades:
            async for _ in grades:
                break

    await within(run())
    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_closing_the_sync_twin_early_ends_at_once_and_pulls_no_more(
    rubric: Make, sample: Make, judge: Make
) -> None:
    pulled = 0

    def given() -> Iterator[Sample]:
        nonlocal pulled
        for i in range(100_000):
            pulled += 1
            yield sample(f"s{i}")

    grades = grade_sync(given(), rubric({"id": "a"}), judge(latency_s=0.001))
    assert isinstance(next(grades), Grade)
    grades.close()  # type: ignore[attr-defined]  # a generator
    assert pulled <= 1000


def test_the_sync_twin_gives_grades_as_they_are_asked_for(
    rubric: Make, sample: Make, judge: Make
) -> None:
    given = (sample(f"s{i}") for i in range(1000))
    grades = grade_sync(given, rubric({"id": "a"}), judge())
    next(grades)
    assert next(given).sample_id != "s999", "a sample is left that was not pulled"
    assert len(list(grades)) == 998


async def test_the_sync_twin_says_what_to_use_inside_an_event_loop(
    rubric: Make, sample: Make, judge: Make
) -> None:
    with pytest.raises(InputError, match=r"async for grade in rlaif\.grade"):
        list(grade_sync([sample()], rubric({"id": "a"}), judge()))


async def test_a_judge_with_a_model_is_asked_once_where_the_cache_is_used(
    rubric: Make, sample: Make, judge: Make
) -> None:
    given = judge()
    spec = TransformersJudge(judge="t", version="1.0.0", backend="transformers", model="m")
    asked = 0

    def rule(_: Decision) -> Answer:
        nonlocal asked
        asked += 1
        return Answer((0.25, 0.75))

    async def scores(**more: bool) -> list[float | None]:
        backend = ScriptedBackend(given.spec, rule=rule)
        with_model = replace(given, spec=spec)
        found = await within(
            graded([sample()], rubric({"id": "a"}), with_model, backend=backend, **more)
        )
        return [one.score for one in found.values()]

    assert await scores(cache=True) == await scores(cache=True) == [0.75]
    assert asked == 1
    assert await scores() == [0.75]
    assert asked == 2
