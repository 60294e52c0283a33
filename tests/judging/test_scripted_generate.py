"""The fake generator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from rlaif.judging.scripted_generate import ScriptedGenerator
from rlaif.ports import Generated, Request
from rlaif.records.backends import ScriptedJudge
from rlaif.records.outcome import Failure


def spec(**more: Any) -> ScriptedJudge:
    return ScriptedJudge(judge="fake", version="1.0.0", backend="scripted", **more)


async def written(generator: ScriptedGenerator, *keys: str) -> list[Generated | Failure]:
    async def asked() -> AsyncIterator[Request]:
        for number, key in enumerate(keys):
            yield Request(number, (), (), 10, key)

    return [text async for _, text in generator.generate(asked())]


async def test_the_same_request_has_the_same_list_and_another_has_another_order() -> None:
    first, again, other = await written(ScriptedGenerator(spec()), "a", "a", "c")
    assert first == again != other
    assert isinstance(first, Generated)
    assert isinstance(other, Generated)
    listed = [{line.split(". ", 1)[-1] for line in one.text.splitlines()} for one in (first, other)]
    assert listed[0] == listed[1]
    assert first.text.startswith("Here are the criteria:\n\n1. [")


async def test_a_function_can_stand_in() -> None:
    generator = ScriptedGenerator(spec(), rule=lambda request: f"for {request.key}")
    assert await written(generator, "a") == [Generated("for a")]
    assert generator.served == "scripted by a function"


async def test_a_share_of_the_requests_fails_where_the_judge_file_says_so() -> None:
    texts = await written(ScriptedGenerator(spec(failure_share=0.5)), *map(str, range(100)))
    assert 30 < sum(isinstance(text, Failure) for text in texts) < 70
