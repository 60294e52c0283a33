from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from rlaif.grading.engine import finished_plans
from rlaif.grading.plan import Plan, Work
from rlaif.judging.scripted import ScriptedBackend
from rlaif.ports import Answer, Decision
from rlaif.records.judge import Judge
from rlaif.records.rubric import Rubric
from rlaif.runs.judge import ready

Make = Callable[..., Any]
CHECK = {"id": "short", "check": "length", "max": 1000, "unit": "characters"}


class Scoring(ScriptedBackend):
    """Gives the overall question one number from 1 to 10, and yes to all others."""

    def __init__(self, judge: Judge, number: int) -> None:
        super().__init__(judge.spec, rule=self._answer)  # type: ignore[arg-type]  # a scripted one
        self._number = number
        self.asked: list[Decision] = []

    def _answer(self, decision: Decision) -> Answer:
        self.asked.append(decision)
        many = len(decision.labels)
        place = self._number - 1 if many == 10 else decision.best
        return Answer(tuple(float(i == place) for i in range(many)))


async def planned(rubric: Rubric, work: Work, judge: Judge, number: int) -> tuple[Plan, Scoring]:
    async def works() -> AsyncIterator[Work]:
        yield work

    backend = Scoring(judge, number)
    async with asyncio.timeout(20), ready(judge, backend, rubric=rubric) as asker:
        (made,) = [one async for one in finished_plans(works(), rubric, asker)]
    return made, backend


@pytest.mark.parametrize(("number", "score"), [(1, 0.0), (10, 1.0), (4, 1 / 3)])
async def test_the_score_is_the_overall_number(
    number: int, score: float, rubric: Make, sample: Make, judge: Make
) -> None:
    made, backend = await planned(
        rubric({"id": "c"}, {"id": "d", "weight": 3}, {"id": "e", "weight": -1}),
        Work(sample()),
        judge(verdict="holistic"),
        number,
    )
    grade = made.grade("fake")
    assert grade.score == pytest.approx(score)
    assert [one.criterion for one in grade.outcomes] == ["overall"]
    (asked,) = backend.asked
    for name in ("c", "d", "e"):
        assert f"Is {name} so?" in asked.question


async def test_checks_and_gates_stay_what_they_are(rubric: Make, sample: Make, judge: Make) -> None:
    made, backend = await planned(
        rubric({"id": "g", "gate": True}, {"id": "c", "weight": 2}, CHECK),
        Work(sample()),
        judge(verdict="holistic"),
        1,
    )
    grade = made.grade("fake")
    assert [one.criterion for one in grade.outcomes] == ["g", "short", "overall"]
    assert grade.score == pytest.approx(2 / 4)
    assert [decision.criterion for decision in backend.asked] == ["g", "overall"]


async def test_what_does_not_apply_is_not_listed(rubric: Make, sample: Make, judge: Make) -> None:
    _, backend = await planned(
        rubric({"id": "c"}, {"id": "d", "when": {"kind": "code"}}),
        Work(sample()),
        judge(verdict="holistic"),
        5,
    )
    assert "Is d so?" not in backend.asked[0].question


async def test_a_reference_that_is_missing_is_still_a_failure(
    rubric: Make, sample: Make, judge: Make
) -> None:
    made, _ = await planned(
        rubric({"id": "c"}, {"id": "d", "needs": ["reference"]}),
        Work(sample()),
        judge(verdict="holistic"),
        5,
    )
    assert made.grade("fake").reason == "failed:d"


async def test_a_criterion_that_is_named_overall_keeps_its_name(
    rubric: Make, sample: Make, judge: Make
) -> None:
    made, _ = await planned(
        rubric({"id": "overall", "gate": True}, {"id": "c"}),
        Work(sample()),
        judge(verdict="holistic"),
        10,
    )
    assert [one.criterion for one in made.grade("fake").outcomes] == ["overall", "overall-"]
