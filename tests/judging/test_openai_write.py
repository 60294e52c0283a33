"""Free text from a server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from rlaif.ports import Generated, Request
from rlaif.records.outcome import Failure
from tests.judging.misbehaving import (
    TURNS,
    Server,
    always,
    first,
    hurry,
    said,
    samples,
    serving,
    spoils,
    started,
    written,
)

SCHEMA = {"type": "object", "properties": {"rationale": {"type": "string"}}}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as (one,):
        yield one


def request(number: int = 0, **more: Any) -> Request:
    given = {"turns": TURNS, "ids": (40, 41, 42), "max_tokens": 20, "key": str(number), **more}
    return Request(number=number, **given)


async def test_a_request_with_ids_goes_as_ids_and_the_texts_ids_come_back(
    server: Server, folder: Path
) -> None:
    asked = request(temperature=0.7, seed=2**40 + 5, stops=(9,), schema=SCHEMA)
    async with started(server, folder) as backend:
        (found,) = await written(backend, asked)
    assert found == Generated("written", False, 3, (5, 6))  # the last one, <|im_end|>, ended it
    ((path, body),) = server.bodies
    assert path == "completions"
    assert (body["prompt"], body["max_tokens"], body["temperature"]) == ([40, 41, 42], 20, 0.7)
    assert (body["stop_token_ids"], body["return_token_ids"], body["seed"]) == ([9], True, 5)
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA


async def test_a_token_that_stops_the_text_is_no_part_of_it(server: Server, folder: Path) -> None:
    change = {"token_ids": [5, 6, 9], "finish_reason": "stop"}
    async with started(server, folder) as backend:
        server.act = spoils(lambda reply: reply["choices"][0].update(change))
        (found,) = await written(backend, request(stops=(9,)))
        assert isinstance(found, Generated)
        assert found.ids == (5, 6)
        change["finish_reason"] = "length"
        (found,) = await written(backend, request(stops=(9,)))
    assert found == Generated("written", True, 3, (5, 6, 9))


async def test_a_server_that_gives_no_ids_gives_the_text(server: Server, folder: Path) -> None:
    async with started(server, folder) as backend:
        server.act = spoils(lambda reply: reply["choices"][0].pop("token_ids"))
        (found,) = await written(backend, request())
    assert found == Generated("written")


async def test_without_ids_the_messages_go_and_the_thought_is_kept_apart(server: Server) -> None:
    thought = {"content": "Yes.", "reasoning_content": "Hm."}
    server.cached = 8
    async with started(server) as backend:
        server.act = spoils(lambda reply: reply["choices"][0]["message"].update(thought))
        (found,) = await written(backend, request(thinking=True))
        assert found == Generated("Yes.", False, 1, (), "Hm.", 42, 8)
        thought["reasoning"] = thought.pop("reasoning_content")
        thought["content"] = None  # type: ignore[assignment]
        server.act = spoils(lambda reply: reply["choices"][0]["message"].update(thought))
        (found,) = await written(backend, request(thinking=True))
    assert isinstance(found, Generated)
    assert (found.text, found.thought) == ("", "Hm.")
    path, body = server.bodies[0]
    assert path == "chat/completions"
    assert body["chat_template_kwargs"] == {"enable_thinking": True}
    assert [one["role"] for one in body["messages"]] == ["system", "user"]
    assert "seed" not in body


async def test_a_schema_that_is_refused_is_left_out_from_then_on(server: Server) -> None:
    server.can.discard("json")
    async with started(server) as backend:
        found = await written(backend, *[request(n, schema=SCHEMA) for n in range(2)])
        assert all(isinstance(one, Generated) for one in found)
        server.bodies.clear()
        await written(backend, request(schema=SCHEMA))
    assert ["response_format" in body for _, body in server.bodies] == [False]


async def test_a_refusal_of_too_many_tokens_is_a_failure_and_changes_nothing(
    server: Server,
) -> None:
    async with started(server, concurrency=1) as backend:
        server.act = first(1, always("'max_tokens' is too large: 300", 400))
        refused, fine = await written(backend, request(0), request(1))
    assert isinstance(refused, Failure)
    assert isinstance(fine, Generated)
    assert ["max_tokens" in body for _, body in server.bodies] == [True, True]


async def test_what_does_not_fit_is_not_sent(server: Server, folder: Path) -> None:
    server.max_model_len = 60
    async with started(server, folder) as backend:
        found = await written(backend, request(0, max_tokens=57), request(1, max_tokens=58))
    assert isinstance(found[0], Generated)
    assert found[1] == Failure("length", "prompt and text are 61 tokens; the model takes 60")
    assert len(server.bodies) == 1


@pytest.mark.parametrize("text", [None, 7])
async def test_an_answer_without_a_text_is_a_failure(
    server: Server, folder: Path, text: Any
) -> None:
    async with started(server, folder, retries=1) as backend:
        server.act = spoils(lambda reply: reply["choices"][0].update(text=text))
        (found,) = await written(backend, request())
    assert found == Failure("parse", "the server's answer has no text (asked 2 times)")


async def test_texts_and_verdicts_are_asked_for_side_by_side(server: Server, folder: Path) -> None:

    async with started(server, folder, concurrency=1) as backend:
        server.latency_s = 0.01
        texts = written(backend, *[request(n) for n in range(5)])
        both = asyncio.gather(texts, said(backend, samples(5)))
        found, answers = await asyncio.wait_for(both, 5)
    assert (len(found), len(answers), server.most_under_way) == (5, 10, 1)


async def test_a_server_out_of_order_writes_nothing(server: Server) -> None:
    server.act = always("oops", 500)
    async with started(server, retries=0) as backend:
        (found,) = await written(backend, request())
    assert isinstance(found, Failure)
    assert found.stage == "backend"


async def test_the_texts_of_one_sample_are_asked_of_one_server(folder: Path) -> None:
    async with serving(2) as servers, started(servers, folder) as backend:
        await written(backend, *[request(n, about=str(n // 4)) for n in range(40)])
        counts = [len(one.bodies) for one in servers]
    assert sum(counts) == 40
    assert all(count % 4 == 0 and count for count in counts)
