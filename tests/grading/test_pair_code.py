"""Checks that run code on both sides of a pair."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from rlaif.authoring.judge_file import load_judge
from rlaif.checks.sandbox.scripted import ScriptedSandbox
from rlaif.grading.pair_asking import Comparer
from rlaif.grading.pair_engine import finished_pairs
from rlaif.grading.pair_plan import PairWork
from rlaif.judging.scripted import ScriptedBackend
from rlaif.ports import Answer, Decision
from rlaif.prompting.pair_prompt import PairPrompter
from rlaif.prompting.template import JudgeTemplate
from rlaif.records.backends import ScriptedJudge
from rlaif.records.judge import Judge
from rlaif.records.judge_base import Labels
from rlaif.records.outcome import Failure, Verdict
from rlaif.records.pair import Pair
from rlaif.records.preference import Preference
from rlaif.records.rubric import Rubric
from rlaif.runs.judge import asker_of
from tests.grading.code import CODE, LOST, WRONG, Held, doubles, sandbox

Make = Callable[..., Any]
SPEC = ScriptedJudge(judge="fake", version="1.0.0", backend="scripted")
TEMPLATE = load_judge("scripted").template
PROMPTER = PairPrompter(JudgeTemplate(TEMPLATE), Labels(), None)


class Counting(ScriptedBackend):
    """Says that neither is better, and counts."""

    def __init__(self) -> None:
        super().__init__(SPEC, rule=self._answer)
        self.asked = 0

    def _answer(self, decision: Decision) -> Answer:
        self.asked += 1
        return Answer((0.0, 1.0, 0.0))


async def compared(
    a: str,
    b: str,
    rubric: Rubric,
    used: ScriptedSandbox,
    backend: ScriptedBackend | None = None,
    **more: Any,
) -> Preference:
    pair = Pair(pair_id="p", prompt="Double it.", completion_a=a, completion_b=b)
    asker = asker_of(Judge(SPEC, TEMPLATE), [backend or Counting()], [PROMPTER])
    comparer = Comparer(asker, (PROMPTER,), "both")
    async with asyncio.timeout(20):
        plans = finished_pairs([PairWork(pair, **more)], rubric, comparer, sandbox=used)
        (found,) = [made.preference("fake") async for made in plans]
    return found


async def test_the_side_whose_code_passes_is_preferred(rubric: Make) -> None:
    used = sandbox(latency_s=0.01)
    found = await compared(WRONG, CODE, rubric(doubles()), used)
    assert (found.answer, found.margin, used.most_at_once) == ("b", -1, 2)


async def test_two_sides_with_the_same_code_tie_and_are_run_once(rubric: Make) -> None:
    used = sandbox(latency_s=0.01)
    found = await compared(CODE, CODE, rubric(doubles()), used)
    assert (found.answer, len(used.jobs)) == ("tie", 1)


async def test_a_gate_of_code_that_one_side_misses_spares_the_judge(rubric: Make) -> None:
    used, backend = sandbox(), Counting()
    asked = rubric({"id": "a"}, doubles("d", by=2), doubles("g", gate=True))
    found = await compared(CODE, WRONG, asked, used, backend)
    assert (found.answer, found.reason, backend.asked, len(used.jobs)) == ("a", "gate:g", 0, 2)
    assert [one.skipped for one in found.criteria] == ["gate", "gate", ""]


async def test_a_gate_that_neither_passes_without_code_spares_the_sandbox(rubric: Make) -> None:
    used = sandbox()
    plain = {"id": "p", "check": "contains", "text": "absent", "gate": True}
    found = await compared(CODE, WRONG, rubric(doubles("g", gate=True), plain), used)
    assert (found.answer, found.reason, used.jobs) == ("tie", "gate:p", [])


async def test_the_judge_is_asked_while_code_runs(rubric: Make) -> None:
    used = Held()

    class Meeting(Counting):
        async def decide(self, asked: AsyncIterator[Decision]) -> AsyncIterator[Any]:
            async for decision in asked:
                await used.come.wait()
                used.go.set()
                yield decision.number, self._answer(decision)

    found = await compared(CODE, WRONG, rubric(doubles(), {"id": "a"}), used, Meeting())
    assert [one.answer for one in found.criteria] == ["a", "tie"]


async def test_a_failed_sandbox_is_no_preference_and_never_a_tie(rubric: Make) -> None:
    found = await compared(CODE, LOST, rubric(doubles()), sandbox())
    assert (found.answer, found.status, found.reason) == (None, "failed", "failed:doubles")
    assert found.criteria[0].failure == Failure("sandbox", "the fork server is lost")


async def test_known_verdicts_are_not_run_again(rubric: Make) -> None:
    used = sandbox()
    first = await compared(CODE, WRONG, rubric(doubles()), used)
    keys, outcomes = first.criteria[0].keys, first.criteria[0].outcomes
    prior = {k: o for k, o in zip(keys, outcomes, strict=True) if isinstance(o, Verdict)}
    again = await compared(CODE, WRONG, rubric(doubles()), used, prior=prior)
    assert (again.criteria, len(used.jobs)) == (first.criteria, 2)
