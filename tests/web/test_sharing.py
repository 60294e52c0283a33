"""With the real grading: callers share the judge, which is loaded before it is said to be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx

from rlaif.authoring.judge_file import load_judge
from rlaif.judging.scripted import ScriptedBackend
from rlaif.ports import Answer, Decision
from rlaif.records.backends import ScriptedJudge
from rlaif.records.outcome import Failure
from rlaif.records.rubric import Rubric
from rlaif.runs.rewarding import Rewarder
from rlaif.runs.serving import opened
from rlaif.web.reward_server import reward_server
from rlaif.web.served import Served

JUDGE = load_judge("scripted")


class Gathering(ScriptedBackend):
    """Answers nobody before every caller's question is there; counts its streams."""

    def __init__(self, callers: int) -> None:
        assert isinstance(JUDGE.spec, ScriptedJudge)
        super().__init__(JUDGE.spec)
        self.streams = self.starts = 0
        self.callers = callers

    async def start(self) -> None:
        self.starts += 1

    async def decide(
        self, asked: AsyncIterator[Decision]
    ) -> AsyncIterator[tuple[int, Answer | Failure]]:
        self.streams += 1
        together: list[Decision] = []
        async for one in asked:
            together.append(one)
            if len(together) == self.callers:
                for each in together:
                    yield each.number, Answer((0.25, 0.75))


async def test_requests_of_several_callers_meet_in_one_stream_of_the_judge(
    rubric_served: Rubric,
) -> None:
    backend = Gathering(3)
    rewarder = Rewarder(rubric_served, JUDGE, backend=backend, deadline_s=10)
    made = reward_server(rewarder, Served(rubric_served, JUDGE.name))
    try:
        await opened(rewarder, judged=True)
        made.standing.loaded.set()
        transport = httpx.ASGITransport(made.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:

            async def ask(number: int) -> Any:
                item = {"prompt": "Greet her.", "completion": f"Good morning, number {number}."}
                return (await client.post("/rewards", json={"items": [item]})).json()["rewards"]

            found = await asyncio.gather(*map(ask, range(3)))
    finally:
        await asyncio.to_thread(rewarder.close)
    assert found == [[0.75]] * 3
    assert backend.streams == 1


async def test_a_judge_of_criteria_that_come_with_the_samples_is_loaded_before_them() -> None:
    rubric = Rubric(rubric="own", version="1.0.0", title="Own", criteria="per-sample")
    backend = Gathering(1)
    rewarder = Rewarder(rubric, JUDGE, backend=backend, deadline_s=10)
    await opened(rewarder, judged=True)
    await asyncio.to_thread(rewarder.close)
    assert backend.starts == 1
