from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import pytest

from rlaif.grading.desk import Desk
from rlaif.judging.scripted import ScriptedBackend
from rlaif.ports import Answer, Decision, Prefix
from rlaif.records.backends import ScriptedJudge
from rlaif.records.outcome import Failure

Said = AsyncIterator[tuple[int, Answer | Failure]]
T = TypeVar("T")
YES = Answer((0.0, 1.0))
PREFIX = Prefix((), hash="p")


class Answering(ScriptedBackend):
    """Answers as the given generator does."""

    def __init__(self, decide: Callable[[AsyncIterator[Decision]], Said]) -> None:
        super().__init__(ScriptedJudge(judge="fake", version="1", backend="scripted"))
        self._decide = decide

    async def decide(self, asked: AsyncIterator[Decision]) -> Said:
        async for answered in self._decide(asked):
            yield answered


def question(number: int) -> Decision:
    return Decision(number, PREFIX, "?", (), ("No", "Yes"), (), f"k{number}", "c", ("no", "yes"), 1)


async def quickly(awaited: Awaitable[T]) -> T:
    return await asyncio.wait_for(awaited, 5)


async def test_answers_come_back_in_the_order_asked() -> None:
    async def backwards(asked: AsyncIterator[Decision]) -> Said:
        held = [await anext(asked) for _ in range(3)]
        for decision in reversed(held):
            yield decision.number, Answer((float(decision.number), 1.0))
        async for _ in asked:
            pass

    async with Desk(Answering(backwards).decide) as desk:
        found = await quickly(desk.ask([question(desk.number()) for _ in range(3)]))
    assert found == [Answer((0.0, 1.0)), Answer((1.0, 1.0)), Answer((2.0, 1.0))]


async def test_no_two_questions_have_one_number() -> None:
    desk = Desk(
        ScriptedBackend(ScriptedJudge(judge="fake", version="1", backend="scripted")).decide
    )
    assert len({desk.number() for _ in range(100)}) == 100


async def test_nothing_asked_is_nothing_answered() -> None:
    async def silent(asked: AsyncIterator[Decision]) -> Said:
        async for decision in asked:
            yield decision.number, YES

    async with Desk(Answering(silent).decide) as desk:
        assert await quickly(desk.ask([])) == []


async def test_a_judge_that_breaks_raises_at_everyone_who_waits_and_whoever_comes_after() -> None:
    async def broken(asked: AsyncIterator[Decision]) -> Said:
        yield (await anext(asked)).number, YES
        await anext(asked)
        raise OSError("the cable is out")

    async def opened() -> None:
        async with Desk(Answering(broken).decide) as desk:
            assert await desk.ask([question(0)]) == [YES]
            waiting = asyncio.gather(
                desk.ask([question(1)]), desk.ask([question(2)]), return_exceptions=True
            )
            errors = await quickly(waiting)
            assert [str(error) for error in errors] == ["the cable is out"] * 2
            await desk.ask([question(3)])

    with pytest.raises(OSError, match="the cable is out"):
        await quickly(opened())


async def test_a_judge_that_ends_early_is_an_error() -> None:
    async def short(asked: AsyncIterator[Decision]) -> Said:
        yield (await anext(asked)).number, YES

    async def opened() -> None:
        async with Desk(Answering(short).decide) as desk:
            assert await desk.ask([question(0)]) == [YES]
            await desk.ask([question(1)])

    with pytest.raises(RuntimeError, match="ended before it had answered"):
        await quickly(opened())


@pytest.mark.parametrize("wrong", [0, 77])
async def test_an_answer_that_nobody_waits_for_is_an_error(wrong: int) -> None:
    async def muddled(asked: AsyncIterator[Decision]) -> Said:
        yield (await anext(asked)).number, YES
        await anext(asked)
        yield wrong, YES
        async for _ in asked:
            pass

    async def opened() -> None:
        async with Desk(Answering(muddled).decide) as desk:
            assert await desk.ask([question(0)]) == [YES]
            await desk.ask([question(1)])

    with pytest.raises(RuntimeError, match=f"question {wrong}, which nobody waits for"):
        await quickly(opened())


async def test_an_answer_given_twice_is_an_error_even_where_it_is_the_last() -> None:
    async def twice(asked: AsyncIterator[Decision]) -> Said:
        async for decision in asked:
            yield decision.number, YES
            yield decision.number, YES

    async def opened() -> None:
        async with Desk(Answering(twice).decide) as desk:
            assert await desk.ask([question(0)]) == [YES]

    with pytest.raises(RuntimeError, match="nobody waits for"):
        await quickly(opened())


async def test_a_judge_stopped_from_within_raises_instead_of_hanging() -> None:
    async def stopped(asked: AsyncIterator[Decision]) -> Said:
        yield (await anext(asked)).number, YES
        raise asyncio.CancelledError

    async def opened() -> None:
        async with Desk(Answering(stopped).decide) as desk:
            await desk.ask([question(0), question(1)])

    with pytest.raises(RuntimeError, match="was stopped"):
        await quickly(opened())


async def test_an_error_within_drops_a_judge_that_hangs() -> None:
    async def hanging(asked: AsyncIterator[Decision]) -> Said:
        await asyncio.Event().wait()
        yield 0, YES

    async def opened() -> None:
        async with Desk(Answering(hanging).decide):
            await asyncio.sleep(0)
            raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        await quickly(opened())


async def test_being_stopped_while_the_judge_takes_its_leave_is_not_swallowed() -> None:
    leaving = asyncio.Event()

    async def slow_to_go(asked: AsyncIterator[Decision]) -> Said:
        async for decision in asked:
            yield decision.number, YES
        leaving.set()
        await asyncio.Event().wait()

    async def opened() -> None:
        async with Desk(Answering(slow_to_go).decide) as desk:
            await desk.ask([question(0)])

    job = asyncio.create_task(opened())
    await quickly(leaving.wait())
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await quickly(job)
