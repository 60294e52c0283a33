from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from rlaif.grading.engine import finished_plans
from rlaif.grading.plan import Work
from rlaif.judging.scripted import ScriptedBackend
from rlaif.ports import Answer, Decision
from rlaif.records.grade import Grade
from rlaif.records.judge import Judge
from rlaif.records.outcome import Failure, Verdict
from rlaif.runs.judge import ready

Make = Callable[..., Any]


class Shelf(dict[str, Verdict]):
    """A verdict cache in memory."""

    judges: set[str]

    def get(self, keys: Iterable[str]) -> dict[str, Verdict]:  # type: ignore[override]  # the port's
        return {key: self[key] for key in keys if key in self}

    def put(self, key: str, verdict: Verdict, judge: str) -> None:
        self[key] = verdict
        self.judges = {judge}


class Saying(ScriptedBackend):
    """Says yes with one probability, and counts."""

    def __init__(self, judge: Judge, yes: float | Failure) -> None:
        super().__init__(judge.spec, rule=self._answer)  # type: ignore[arg-type]  # a scripted one
        self._yes = yes
        self.asked = 0

    def _answer(self, _: Decision) -> Answer | Failure:
        self.asked += 1
        return self._yes if isinstance(self._yes, Failure) else Answer((1 - self._yes, self._yes))


class Session:
    """Grades one sample with a judge that says `yes`, and a cache."""

    def __init__(self, judge: Judge, shelf: Shelf) -> None:
        self._judge, self._shelf = judge, shelf

    async def grade(self, rubric: Any, work: Work, yes: float | Failure, **more: Any) -> Grade:
        async def works() -> Any:
            yield work

        backend = Saying(self._judge, yes)
        async with asyncio.timeout(20), ready(self._judge, backend) as plain:
            asker = replace(plain, cache=self._shelf, **more)
            (made,) = [one async for one in finished_plans(works(), rubric, asker)]
            self.usage, self.asked = asker.usage, backend.asked
        grade: Grade = made.grade("fake")
        return grade


async def test_what_was_answered_in_another_run_is_not_asked(
    rubric: Make, sample: Make, judge: Make
) -> None:
    session, given = Session(judge(), Shelf()), rubric({"id": "c"}, {"id": "d"})
    first = await session.grade(given, Work(sample()), 0.75)
    assert (session.asked, session.usage.recalled) == (2, 0)
    assert await session.grade(given, Work(sample()), 0.25) == first
    assert (session.asked, session.usage.recalled) == (0, 2)


async def test_the_cache_holds_whose_verdict_it_is(rubric: Make, sample: Make, judge: Make) -> None:
    shelf = Shelf()
    await Session(judge(), shelf).grade(rubric({"id": "c"}), Work(sample()), 0.75)
    assert shelf.judges == {"fake@1.0.0"}


async def test_a_failure_is_never_remembered(rubric: Make, sample: Make, judge: Make) -> None:
    session = Session(judge(), Shelf())
    await session.grade(rubric({"id": "c"}), Work(sample()), Failure("backend", "down"))
    found = await session.grade(rubric({"id": "c"}), Work(sample()), 1.0)
    assert (found.score, session.asked) == (1.0, 1)


async def test_a_label_mass_that_is_too_low_now_is_a_failure_though_it_is_remembered(
    rubric: Make, sample: Make, judge: Make
) -> None:
    shelf = Shelf()
    await Session(judge(), shelf).grade(rubric({"id": "c"}), Work(sample()), 1.0)
    low = Shelf({key: replace(verdict, label_mass=0.01) for key, verdict in shelf.items()})
    session = Session(judge(), low)
    found = await session.grade(rubric({"id": "c"}), Work(sample()), 1.0)
    assert (found.reason, session.asked) == ("failed:c", 0)


async def test_a_share_is_asked_again_and_what_changed_is_counted(
    rubric: Make, sample: Make, judge: Make
) -> None:
    session, given = Session(judge(), Shelf()), rubric({"id": "c"}, {"id": "d"})
    await session.grade(given, Work(sample()), 0.9)
    again = await session.grade(given, Work(sample()), 0.9, recheck=1.0)
    assert (session.usage.again, session.usage.changed, session.usage.recalled) == (2, 0, 0)
    found = await session.grade(given, Work(sample()), 0.2, recheck=1.0)
    assert (session.usage.again, session.usage.changed) == (2, 2)
    assert again.score != found.score


async def test_a_verdict_that_cannot_be_asked_again_stays_what_it_was(
    rubric: Make, sample: Make, judge: Make
) -> None:
    session = Session(judge(), Shelf())
    first = await session.grade(rubric({"id": "c"}), Work(sample()), 0.75)
    down = Failure("backend", "down")
    found = await session.grade(rubric({"id": "c"}), Work(sample()), down, recheck=1.0)
    assert found == first
    assert (session.asked, session.usage.again) == (1, 0)


async def test_which_ones_are_asked_again_follows_the_day(
    rubric: Make, sample: Make, judge: Make
) -> None:
    session = Session(judge(), Shelf())
    given = rubric(*({"id": f"c{i}"} for i in range(40)))
    await session.grade(given, Work(sample()), 0.9)
    counts = []
    for day in ("2026-01-01", "2026-01-01", "2026-01-02"):
        await session.grade(given, Work(sample()), 0.9, recheck=0.5, day=day)
        counts.append(session.usage.again)
    assert counts[0] == counts[1]
    assert 0 < counts[0] < 40


async def test_a_verdict_of_the_same_run_comes_before_the_cache(
    rubric: Make, sample: Make, judge: Make
) -> None:
    shelf = Shelf()
    session = Session(judge(), shelf)
    first = await session.grade(rubric({"id": "c"}), Work(sample()), 1.0)
    prior = {first.outcomes[0].key: Verdict((0.7, 0.3), 1.0)}
    found = await session.grade(rubric({"id": "c"}), Work(sample(), prior=prior), 1.0, recheck=1.0)
    assert (found.score, session.asked) == (0.3, 0)
