"""Checks that run code, on their way through the engine: when, how often, and whose fault."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import aclosing
from typing import Any

import pytest

from rlaif.checks.sandbox.scripted import ScriptedSandbox
from rlaif.grading.engine import finished_plans
from rlaif.grading.plan import Work
from rlaif.judging.scripted import ScriptedBackend
from rlaif.ports import Answer, Decision
from rlaif.records.backends import ScriptedJudge
from rlaif.records.grade import Grade
from rlaif.records.outcome import Failure, Skipped, Verdict
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample
from rlaif.runs.judge import ready
from tests.grading.code import CODE, LOST, WRONG, Held, doubles, sandbox

Make = Callable[..., Any]
SPEC = ScriptedJudge(judge="fake", version="1.0.0", backend="scripted")


class Counting(ScriptedBackend):
    """Says yes, and counts."""

    def __init__(self) -> None:
        super().__init__(SPEC, rule=self._answer)
        self.asked: list[str] = []

    def _answer(self, decision: Decision) -> Answer:
        self.asked.append(decision.criterion)
        return Answer((0.0, 1.0))


async def stream(given: Iterable[Sample | Work]) -> AsyncIterator[Work]:
    for one in given:
        yield one if isinstance(one, Work) else Work(one)


async def graded(
    given: Iterable[Sample | Work],
    rubric: Rubric,
    judge: Any,
    used: ScriptedSandbox,
    backend: ScriptedBackend | None = None,
    **options: Any,
) -> dict[str, Grade]:
    async def run() -> dict[str, Grade]:
        async with ready(judge, backend or Counting()) as asker:
            plans = finished_plans(stream(given), rubric, asker, sandbox=used, **options)
            return {made.work.sample.sample_id: made.grade("fake") async for made in plans}

    return await asyncio.wait_for(run(), 20)


def reasons(grade: Grade) -> dict[str, str]:
    told = {}
    for one in grade.outcomes:
        skipped = one.outcome.reason if isinstance(one.outcome, Skipped) else ""
        failed = one.outcome.stage if isinstance(one.outcome, Failure) else ""
        told[one.criterion] = skipped or failed or one.answer or ""
    return told


# When


async def test_the_judge_is_asked_while_code_runs(rubric: Make, sample: Make, judge: Make) -> None:
    used = Held()

    class Meeting(Counting):
        async def decide(self, asked: AsyncIterator[Decision]) -> AsyncIterator[Any]:
            async for decision in asked:
                await used.come.wait()
                used.go.set()
                yield decision.number, self._answer(decision)

    asked = rubric(doubles(), {"id": "a"})
    found = await graded([sample(completion=CODE)], asked, judge(), used, Meeting())
    assert reasons(found["s1"]) == {"doubles": "yes", "a": "yes"}


async def test_the_checks_of_one_sample_run_side_by_side(
    rubric: Make, sample: Make, judge: Make
) -> None:
    used = sandbox(latency_s=0.01)
    asked = rubric(*(doubles(f"d{n}", by=n) for n in range(5)))
    await graded([sample(completion=CODE)], asked, judge(), used)
    assert used.most_at_once == 5


async def test_an_unmet_gate_of_code_spares_the_judge_and_all_other_code(
    rubric: Make, sample: Make, judge: Make
) -> None:
    used, backend = sandbox(), Counting()
    asked = rubric({"id": "a"}, doubles("d", by=2), doubles("g", gate=True))
    found = await graded([sample(completion=WRONG)], asked, judge(), used, backend)
    assert reasons(found["s1"]) == {"a": "gate", "d": "gate", "g": "no"}
    assert (found["s1"].score, backend.asked, len(used.jobs)) == (0, [], 1)


async def test_a_gate_that_needs_no_code_comes_before_one_that_does(
    rubric: Make, sample: Make, judge: Make
) -> None:
    used = sandbox()
    plain = {"id": "p", "check": "contains", "text": "absent", "gate": True}
    asked = rubric(doubles("g", gate=True), plain)
    found = await graded([sample(completion=CODE)], asked, judge(), used)
    assert reasons(found["s1"]) == {"g": "gate", "p": "no"}
    assert used.jobs == []


async def test_gates_of_code_run_side_by_side_and_before_the_judge(
    rubric: Make, sample: Make, judge: Make
) -> None:
    used, order = sandbox(latency_s=0.01), []

    class Noting(Counting):
        def _answer(self, decision: Decision) -> Answer:
            order.append(len(used.jobs))
            return Answer((0.0, 1.0))

    asked = rubric({"id": "a"}, *(doubles(f"g{n}", by=n, gate=True) for n in range(3)))
    found = await graded([sample(completion=CODE)], asked, judge(), used, Noting())
    assert (found["s1"].score, order, used.most_at_once) == (1, [3], 3)


async def test_a_prescreened_completion_is_not_run(rubric: Make, sample: Make, judge: Make) -> None:
    used = sandbox()
    found = await graded([sample(completion=" ")], rubric(doubles()), judge(), used)
    assert (found["s1"].reason, used.jobs) == ("prescreen:empty", [])


# How often


async def test_the_same_completion_many_times_over_is_run_once(
    rubric: Make, sample: Make, judge: Make
) -> None:
    used = Held()

    def given() -> Iterator[Sample]:
        yield from (sample(f"s{n}", completion=CODE) for n in range(30))
        used.go.set()

    found = await graded(given(), rubric(doubles()), judge(), used)
    assert {grade.score for grade in found.values()} == {1}
    assert (len(found), len(used.jobs)) == (30, 1)


async def test_a_known_verdict_is_not_run_again(rubric: Make, sample: Make, judge: Make) -> None:
    asked, used = rubric(doubles()), sandbox()
    first = (await graded([sample(completion=CODE)], asked, judge(), used))["s1"].outcomes[0]
    assert isinstance(first.outcome, Verdict)
    again = Work(sample(completion=CODE), prior={first.key: first.outcome})
    found = await graded([again], asked, judge(), used)
    assert (found["s1"].outcomes[0], len(used.jobs)) == (first, 1)


# Whose fault


async def test_a_failed_sandbox_is_no_score_and_never_a_zero(
    rubric: Make, sample: Make, judge: Make
) -> None:
    given = [sample("lost", completion=LOST), sample("wrong", completion=WRONG)]
    found = await graded(given, rubric(doubles(), {"id": "a"}), judge(), sandbox())
    lost, wrong = found["lost"], found["wrong"]
    assert (lost.score, lost.status, lost.reason) == (None, "failed", "failed:doubles")
    assert lost.outcomes[0].outcome == Failure("sandbox", "the fork server is lost")
    assert (wrong.score, wrong.status) == (0.5, "ok")


async def test_a_gate_that_failed_in_the_sandbox_is_not_unmet(
    rubric: Make, sample: Make, judge: Make
) -> None:
    asked = rubric(doubles(gate=True), {"id": "a"})
    found = await graded([sample(completion=LOST)], asked, judge(), sandbox())
    assert reasons(found["s1"]) == {"doubles": "sandbox", "a": "yes"}
    assert found["s1"].score is None


async def test_a_fault_of_ours_names_the_sample(rubric: Make, sample: Make, judge: Make) -> None:
    used = ScriptedSandbox(calls={})
    with pytest.raises(KeyError) as raised:
        await graded([sample("the-sample", completion=CODE)], rubric(doubles()), judge(), used)
    assert raised.value.__notes__ == ["while grading the sample 'the-sample'"]


async def test_a_judge_that_breaks_while_code_runs_ends_at_once(
    rubric: Make, sample: Make, judge: Make
) -> None:
    used = Held()

    class Breaking(Counting):
        async def decide(self, asked: AsyncIterator[Decision]) -> AsyncIterator[Any]:
            async for _ in asked:
                await used.come.wait()
                raise OSError("out of memory")
            yield

    with pytest.raises(OSError, match="out of memory"):
        await graded(
            [sample(completion=CODE)], rubric(doubles(), {"id": "a"}), judge(), used, Breaking()
        )
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_closing_early_leaves_nothing_running(
    rubric: Make, sample: Make, judge: Make
) -> None:
    used = Held()
    given = [
        *(sample(f"s{n}", completion=CODE, metadata={"runs": True}) for n in range(9)),
        sample("quick", metadata={"runs": False}),
    ]
    async with asyncio.timeout(20), ready(judge(), Counting()) as asker:
        asked = rubric(doubles(when={"runs": True}))
        async with aclosing(finished_plans(stream(given), asked, asker, sandbox=used)) as plans:
            async for made in plans:
                assert made.work.sample.sample_id == "quick"
                break
    assert used.come.is_set()
    assert asyncio.all_tasks() == {asyncio.current_task()}
