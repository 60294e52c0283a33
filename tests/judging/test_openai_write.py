"""Free text from a server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

from rlaif.judging.openai_backend import OpenaiBackend
from rlaif.ports import Generated, Request
from rlaif.records.outcome import Failure
from tests.judging.misbehaving import (
    TURNS,
    Body,
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


def writing(
    servers: Sequence[Server] | Server, folder: Path | None = None, **more: Any
) -> AbstractAsyncContextManager[OpenaiBackend]:
    """A judge whose verdicts are written, started."""
    return started(servers, folder, **{"verdict": "generated", **more})


async def test_a_request_with_ids_goes_as_ids_and_the_texts_ids_come_back(
    server: Server, folder: Path
) -> None:
    asked = request(temperature=0.7, seed=2**40 + 5, stops=(9,), schema=SCHEMA)
    async with writing(server, folder) as backend:
        (found,) = await written(backend, asked)
    assert found == Generated("written", False, 3, (5, 6))  # the last one, <|im_end|>, ended it
    ((path, body),) = server.bodies
    assert path == "completions"
    assert (body["prompt"], body["max_tokens"], body["temperature"]) == ([40, 41, 42], 20, 0.7)
    assert (body["stop_token_ids"], body["return_token_ids"], body["seed"]) == ([9], True, 5)
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA


async def test_a_token_that_stops_the_text_is_no_part_of_it(server: Server, folder: Path) -> None:
    change = {"token_ids": [5, 6, 9], "finish_reason": "stop"}
    async with writing(server, folder) as backend:
        server.act = spoils(lambda reply: reply["choices"][0].update(change))
        (found,) = await written(backend, request(stops=(9,)))
        assert isinstance(found, Generated)
        assert found.ids == (5, 6)
        change["finish_reason"] = "length"
        (found,) = await written(backend, request(stops=(9,)))
    assert found == Generated("written", True, 3, (5, 6, 9))


def without_ids(reply: Body) -> None:
    for choice in reply["choices"]:
        choice.pop("token_ids", None)


async def test_where_a_server_gives_no_ids_they_are_made_of_its_text(
    server: Server, folder: Path
) -> None:
    server.act = spoils(without_ids)
    async with writing(server, folder) as backend:
        (found,) = await written(backend, request())
        assert backend.served.endswith("; texts with ids made here")
    assert isinstance(found, Generated)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert found.ids == tuple(tokenizer.encode("written", add_special_tokens=False).ids) != ()


async def test_a_control_token_in_such_a_text_is_no_control_token(
    server: Server, folder: Path
) -> None:
    def forged(reply: Body) -> None:
        without_ids(reply)
        reply["choices"][0]["text"] = "so <|im_end|>"

    server.act = spoils(forged)
    async with writing(server, folder) as backend:
        (found,) = await written(backend, request())
    assert isinstance(found, Generated)
    assert len(found.ids) > len("so ")
    assert not set(found.ids) & {0, 1, 2}


async def test_ids_that_a_server_gave_at_the_start_are_never_left_out_later(
    server: Server, folder: Path
) -> None:
    async with writing(server, folder, retries=0) as backend:
        server.act = spoils(without_ids)
        (found,) = await written(backend, request())
    assert found == Failure("parse", "the server's answer has no token ids of its text")


async def test_without_ids_the_messages_go_and_the_thought_is_kept_apart(server: Server) -> None:
    thought = {"content": "Yes.", "reasoning_content": "Hm."}
    server.cached = 8
    async with writing(server) as backend:
        server.act = spoils(lambda reply: reply["choices"][0]["message"].update(thought))
        (found,) = await written(backend, request(thinking=True))
        assert found == Generated("Yes.", False, 1, (), "Hm.", 42, 8)
        thought["reasoning"] = thought.pop("reasoning_content")
        thought["content"] = None  # type: ignore[assignment]  # wrong on purpose
        server.act = spoils(lambda reply: reply["choices"][0]["message"].update(thought))
        (found,) = await written(backend, request(thinking=True))
    assert isinstance(found, Generated)
    assert (found.text, found.thought) == ("", "Hm.")
    path, body = server.bodies[0]
    assert path == "chat/completions"
    assert body["chat_template_kwargs"] == {"enable_thinking": True}
    assert [one["role"] for one in body["messages"]] == ["system", "user"]
    assert "seed" not in body


async def test_a_schema_that_is_refused_is_left_out_and_known_by_that(server: Server) -> None:
    async with writing(server) as backend:
        with_schema = backend.served
    server.can.discard("json")
    async with writing(server) as backend:
        assert backend.served == f"{with_schema}; texts without response_format"
        found = await written(backend, *[request(n, schema=SCHEMA) for n in range(2)])
    assert all(isinstance(one, Generated) for one in found)
    assert ["response_format" in body for _, body in server.bodies] == [False, False]


async def test_a_draft_settles_what_is_refused_before_its_texts(server: Server) -> None:
    server.can.discard("json")
    async with started(server) as backend:
        found = await written(backend, request(schema=SCHEMA))
    assert isinstance(found[0], Generated)


@pytest.mark.parametrize("word", ["seed", "schema", "chat_template_kwargs"])
async def test_words_of_a_refusal_drop_no_field_during_the_job(server: Server, word: str) -> None:
    """The server repeats what a completion says."""
    async with writing(server, concurrency=1, temperature=0.7) as backend:
        server.act = first(1, always(f"cannot answer this: 'my {word} is bad'", 400))
        refused, fine = await written(
            backend, *[request(n, schema=SCHEMA, temperature=0.7) for n in range(2)]
        )
    assert isinstance(refused, Failure)
    assert isinstance(fine, Generated)
    for _, body in server.bodies:
        assert {"seed", "response_format", "chat_template_kwargs"} <= body.keys()


async def test_a_refusal_of_too_many_tokens_is_a_failure_and_changes_nothing(
    server: Server,
) -> None:
    async with writing(server, concurrency=1) as backend:
        server.act = first(1, always("'max_tokens' is too large: 300", 400))
        refused, fine = await written(backend, request(0), request(1))
    assert isinstance(refused, Failure)
    assert isinstance(fine, Generated)
    assert ["max_tokens" in body for _, body in server.bodies] == [True, True]


async def test_what_does_not_fit_is_not_sent(server: Server, folder: Path) -> None:
    server.max_model_len = 60
    async with writing(server, folder) as backend:
        found = await written(backend, request(0, max_tokens=57), request(1, max_tokens=58))
    assert isinstance(found[0], Generated)
    assert found[1] == Failure("length", "prompt and text are 61 tokens; the model takes 60")
    assert len(server.bodies) == 1


@pytest.mark.parametrize("text", [None, 7])
async def test_an_answer_without_a_text_is_a_failure(
    server: Server, folder: Path, text: Any
) -> None:
    async with writing(server, folder, retries=1) as backend:
        server.act = spoils(lambda reply: reply["choices"][0].update(text=text))
        (found,) = await written(backend, request())
    assert found == Failure("parse", "the server's answer has no text (asked 2 times)")


async def test_texts_and_verdicts_are_asked_for_side_by_side(server: Server, folder: Path) -> None:

    async with writing(server, folder, concurrency=1) as backend:
        server.latency_s = 0.01
        texts = written(backend, *[request(n) for n in range(5)])
        both = asyncio.gather(texts, said(backend, samples(5)))
        found, answers = await asyncio.wait_for(both, 5)
    assert (len(found), len(answers), server.most_under_way) == (5, 10, 1)


async def test_a_server_out_of_order_writes_nothing(server: Server) -> None:
    server.act = always("oops", 500)
    async with writing(server, retries=0) as backend:
        (found,) = await written(backend, request())
    assert isinstance(found, Failure)
    assert found.stage == "backend"


async def test_the_texts_of_one_sample_are_asked_of_one_server(folder: Path) -> None:
    async with serving(2) as servers, writing(servers, folder) as backend:
        await written(backend, *[request(n, about=str(n // 4)) for n in range(40)])
        counts = [len(one.bodies) for one in servers]
    assert sum(counts) == 40
    assert all(count % 4 == 0 and count for count in counts)
