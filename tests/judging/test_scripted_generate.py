"""What the fake writes: forms filled in, thoughts, lists."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import orjson
import pytest

from rlaif.judging.scripted import ScriptedBackend, Write
from rlaif.ports import Filling, Generated, Request
from rlaif.records.backends import ScriptedJudge
from rlaif.records.outcome import Failure

ONE: Mapping[str, Any] = {"properties": {"rationale": {}, "verdict": {}}}
QUOTING: Mapping[str, Any] = {"properties": {"rationale": {}, "evidence": {}, "verdict": {}}}
SEVERAL: Mapping[str, Any] = {"properties": {"answers": {}}}
YES_NO = Filling("c", ("No", "Yes"), ("no", "yes"), 1)
LEVELS = Filling("l", ("A", "B", "C", "X"), ("bad", "fair", "good", "na"), 2)


def backend(write: Write | None = None, **more: Any) -> ScriptedBackend:
    spec = ScriptedJudge(judge="fake", version="1.0.0", backend="scripted", **more)
    return ScriptedBackend(spec, write=write)


def request(key: str = "k", *forms: Filling, **more: Any) -> Request:
    return Request(0, (), (), 10, key, forms=forms, **more)


async def written(judge: ScriptedBackend, *asked: Request) -> list[Generated | Failure]:
    async def stream() -> AsyncIterator[Request]:
        for one in asked:
            yield one

    return [text async for _, text in judge.generate(stream())]


async def form(judge: ScriptedBackend, one: Request) -> Any:
    (text,) = await written(judge, one)
    assert isinstance(text, Generated), text
    return orjson.loads(text.text)


async def verdicts(judge: ScriptedBackend, asked: Sequence[Request]) -> list[str]:
    return [(await form(judge, one))["verdict"] for one in asked]


async def test_a_form_is_filled_in_with_the_label_of_the_best_answer() -> None:
    found = await form(backend(), request("k", LEVELS, schema=ONE))
    assert list(found) == ["rationale", "verdict"]
    assert found["verdict"] == "C"


async def test_quotations_stand_where_the_schema_has_them() -> None:
    found = await form(backend(), request("k", YES_NO, schema=QUOTING))
    assert list(found) == ["rationale", "evidence", "verdict"]
    assert (found["evidence"], found["verdict"]) == ([], "Yes")


async def test_a_form_of_several_has_an_answer_for_each() -> None:
    found = await form(backend(), request("k", YES_NO, LEVELS, schema=SEVERAL))
    assert [(a["id"], a["verdict"]) for a in found["answers"]] == [("c", "Yes"), ("l", "C")]
    (alone,) = (await form(backend(), request("k", LEVELS, schema=SEVERAL)))["answers"]
    assert list(alone) == ["id", "rationale", "verdict"]


async def test_a_table_answers_by_criterion_and_what_it_lacks_is_left_out() -> None:
    judge = backend(answers={"l": "na"})
    assert (await form(judge, request("k", LEVELS, schema=ONE)))["verdict"] == "X"
    (answer,) = (await form(judge, request("k", YES_NO, LEVELS, schema=SEVERAL)))["answers"]
    assert (answer["id"], answer["verdict"]) == ("l", "X")
    (failed,) = await written(judge, request("k", YES_NO, schema=ONE))
    assert failed == Failure("parse", "the judge file has no answer to 'c'")


async def test_hash_answers_are_the_same_for_a_request_and_differ_by_its_key_and_seed() -> None:
    judge = backend(answers="hash")
    by_seed = [request("k", LEVELS, schema=ONE, seed=seed) for seed in range(60)]
    by_key = [request(str(n), LEVELS, schema=ONE) for n in range(60)]
    for asked in (by_seed, by_key):
        found = await verdicts(judge, asked)
        assert found == await verdicts(judge, asked)
        assert set(found) == set(LEVELS.labels)


async def test_the_stated_share_fails_alone_and_is_left_out_of_several() -> None:
    judge = backend(failure_share=0.3)
    texts = await written(judge, *(request(str(n), YES_NO, schema=ONE) for n in range(300)))
    assert 60 < sum(isinstance(text, Failure) for text in texts) < 120
    forms = [Filling(f"c{n}", ("No", "Yes"), ("no", "yes"), 1) for n in range(300)]
    found = await form(judge, request("k", *forms, schema=SEVERAL))
    assert 180 < len(found["answers"]) < 240


async def test_tokens_to_stop_at_and_no_schema_ask_for_a_thought() -> None:
    thought, again, filled = await written(
        backend(),
        request("k", stops=(7,)),
        request("k", YES_NO, stops=(7,)),
        request("k", YES_NO, schema=ONE, stops=(7,), thinking=True),
    )
    assert thought == again == Generated("This is a canned thought.")
    assert isinstance(filled, Generated)
    assert filled.thought == "This is a canned thought."
    assert orjson.loads(filled.text)["verdict"] == "Yes"


async def test_the_same_request_has_the_same_list_and_another_has_another_order() -> None:
    asked = (request("a"), request("a"), request("c"))
    first, again, other = await written(backend(), *asked)
    assert first == again != other
    assert isinstance(first, Generated)
    assert isinstance(other, Generated)
    listed = [{line.split(". ", 1)[-1] for line in one.text.splitlines()} for one in (first, other)]
    assert listed[0] == listed[1]
    assert first.text.startswith("Here are the criteria:\n\n1. [")


async def test_a_function_can_stand_in() -> None:
    judge = backend(write=lambda request: f"for {request.key}")
    assert await written(judge, request("a")) == [Generated("for a")]
    assert judge.served == "scripted by a function"


async def test_a_share_of_the_lists_fails_where_the_judge_file_says_so() -> None:
    texts = await written(backend(failure_share=0.5), *(request(str(n)) for n in range(100)))
    assert 30 < sum(isinstance(text, Failure) for text in texts) < 70


@pytest.mark.parametrize("latency_s", [0.0, 0.05])
async def test_latency_is_taken_by_all_requests_at_once(latency_s: float) -> None:
    asked = [request(str(n), YES_NO, schema=ONE) for n in range(200)]
    found = await asyncio.wait_for(written(backend(latency_s=latency_s), *asked), 5)
    assert len(found) == 200  # 10 s one by one
