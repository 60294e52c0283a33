from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from rlaif.judging.scripted import Rule, ScriptedBackend
from rlaif.ports import Answer, Decision, Prefix
from rlaif.records.backends import ScriptedJudge
from rlaif.records.outcome import Failure


def backend(rule: Rule | None = None, **more: Any) -> ScriptedBackend:
    return ScriptedBackend(
        ScriptedJudge(judge="fake", version="1.0.0", backend="scripted", **more), rule=rule
    )


def question(number: int = 0, ask: str = "Is it so?", levels: int = 2, **more: Any) -> Decision:
    given: dict[str, Any] = {
        "prefix": Prefix((), hash="sample 1"),
        "criterion": "c",
        "answers": ("no", "yes") if levels == 2 else tuple(f"l{i}" for i in range(levels)),
        "best": levels - 1,
    }
    labels = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[:levels])
    given = {"labels": labels, "suffix_ids": (), "label_ids": (), "key": "k", **given, **more}
    return Decision(number=number, question=ask, **given)


async def said(judge: ScriptedBackend, asked: Sequence[Decision]) -> dict[int, Answer | Failure]:
    async def stream() -> AsyncIterator[Decision]:
        for decision in asked:
            yield decision

    return {number: answer async for number, answer in judge.decide(stream())}


async def test_best_answers_yes_and_the_best_level_with_certainty() -> None:
    na = question(2, levels=3, answers=("no", "yes", "na"), best=1)
    found = await said(backend(), [question(0), question(1, levels=4), na])
    assert found == {
        0: Answer((0.0, 1.0)),
        1: Answer((0.0, 0.0, 0.0, 1.0)),
        2: Answer((0.0, 1.0, 0.0)),
    }


async def test_hash_answers_alike_for_the_same_sample_and_question() -> None:
    first = await said(backend(answers="hash"), [question(0), question(1)])
    again = await said(backend(answers="hash"), [question(5, key="other", criterion="d")])
    assert first[0] == first[1] == again[5]


async def test_hash_answers_are_these_on_every_machine_and_in_every_version() -> None:
    (answer,) = (await said(backend(answers="hash"), [question()])).values()
    assert isinstance(answer, Answer)
    assert answer.probabilities == pytest.approx((0.28989139515455303, 0.7101086048454469))


async def test_hash_answers_differ_between_samples_and_between_questions() -> None:
    asked = [
        question(0),
        question(1, prefix=Prefix((), hash="sample 2")),
        question(2, ask="Is it otherwise?"),
    ]
    found = await said(backend(answers="hash"), asked)
    assert len({str(answer) for answer in found.values()}) == 3


async def test_hash_answers_are_a_distribution_and_reach_every_level() -> None:
    asked = [question(n, ask=f"Is it {n}?", levels=26) for n in range(400)]
    found = await said(backend(answers="hash"), asked)
    best = set()
    for answer in found.values():
        assert isinstance(answer, Answer)
        assert sum(answer.probabilities) == pytest.approx(1)
        best.add(max(range(26), key=answer.probabilities.__getitem__))
    assert best == set(range(26))


async def test_a_table_answers_by_criterion() -> None:
    table = {"c": "no", "l": "l1", "n": "na"}
    asked = [
        question(0),
        question(1, levels=3, criterion="l"),
        question(2, levels=3, criterion="n", answers=("no", "yes", "na")),
    ]
    assert await said(backend(answers=table), asked) == {
        0: Answer((1.0, 0.0)),
        1: Answer((0.0, 1.0, 0.0)),
        2: Answer((0.0, 0.0, 1.0)),
    }


@pytest.mark.parametrize("table", [{}, {"c": "perhaps"}, {"d": "yes"}])
async def test_a_table_without_the_answer_is_a_failure(table: dict[str, str]) -> None:
    (found,) = (await said(backend(answers=table), [question()])).values()
    assert isinstance(found, Failure)
    assert found.stage == "parse"
    assert "'c'" in found.message


async def test_the_stated_share_fails_and_always_the_same_questions() -> None:
    asked = [question(n, ask=f"Is it {n}?") for n in range(1000)]
    runs = [await said(backend(failure_share=0.2), asked) for _ in range(2)]
    failed = [{n for n, a in run.items() if isinstance(a, Failure)} for run in runs]
    assert failed[0] == failed[1]
    assert 150 < len(failed[0]) < 250


@pytest.mark.parametrize(("share", "failed"), [(0.0, 0), (1.0, 50)])
async def test_none_and_all_can_be_made_to_fail(share: float, failed: int) -> None:
    asked = [question(n, ask=f"Is it {n}?") for n in range(50)]
    found = await said(backend(failure_share=share), asked)
    assert sum(isinstance(answer, Failure) for answer in found.values()) == failed


async def test_latency_is_taken_by_all_questions_at_once() -> None:
    asked = [question(n) for n in range(200)]
    found = await asyncio.wait_for(said(backend(latency_s=0.05), asked), 5)  # 10 s one by one
    assert found == {n: Answer((0.0, 1.0)) for n in range(200)}


async def test_a_function_answers_in_place_of_the_file() -> None:
    judge = backend(rule=lambda decision: Answer((0.25, 0.75)), answers="hash")
    assert await said(judge, [question()]) == {0: Answer((0.25, 0.75))}
    assert judge.served != backend().served


@pytest.mark.parametrize("latency_s", [0.0, 0.001])
async def test_a_function_that_raises_ends_the_answers_with_its_error(latency_s: float) -> None:
    def rule(decision: Decision) -> Answer:
        raise OSError("broken on purpose")

    with pytest.raises(OSError, match="broken on purpose"):
        await asyncio.wait_for(said(backend(rule, latency_s=latency_s), [question()]), 5)


async def test_questions_that_break_off_end_the_answers_with_their_error() -> None:
    async def stream() -> AsyncIterator[Decision]:
        yield question()
        raise OSError("no more questions")

    async def read() -> None:
        async for _ in backend(latency_s=0.001).decide(stream()):
            pass

    with pytest.raises(ExceptionGroup):
        await asyncio.wait_for(read(), 5)


async def test_stopping_a_slow_judge_leaves_nothing_behind() -> None:
    job = asyncio.create_task(said(backend(latency_s=60), [question(n) for n in range(5)]))
    await asyncio.sleep(0.01)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert asyncio.all_tasks() == {asyncio.current_task()}
