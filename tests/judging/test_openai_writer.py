"""Texts from a server that is asked for nothing but texts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from rlaif.errors import JudgeUnavailable
from rlaif.judging.openai_writer import OpenaiWriter
from rlaif.ports import Generated, Request
from rlaif.records.backends import OpenaiJudge
from rlaif.records.outcome import Failure
from tests.judging.misbehaving import TURNS, Server, hurry, serving


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as (one,):
        one.text = "Hello."
        yield one


def writer(*servers: Server, **more: Any) -> OpenaiWriter:
    given = {
        "judge": "p",
        "version": "1.0.0",
        "backend": "openai",
        "model": "m",
        "base_url": [one.url for one in servers],
        "verdict": "generated",
        "max_outage_s": 0.2,
        **more,
    }
    return OpenaiWriter(OpenaiJudge.model_validate(given))


def request(number: int, **more: Any) -> Request:
    given = {"temperature": 1.0, "seed": number + 2**40, "thinking": None, **more}
    return Request(number, TURNS, (), 9, str(number), **given)


async def written(made: OpenaiWriter, *requests: Request) -> dict[int, Generated | Failure]:
    async def asked() -> AsyncIterator[Request]:
        for one in requests:
            yield one

    try:
        await made.start()
        return {number: text async for number, text in made.generate(asked())}
    finally:
        await made.aclose()


async def test_a_server_without_probabilities_or_forms_writes_all_the_same(server: Server) -> None:
    server.can = {"chat", "models"}
    made = writer(server)
    found = await written(made, request(0), request(1))
    assert found == {n: Generated("Hello.") for n in (0, 1)}
    assert made.served == "m, asked in chats, without response_format"


async def test_the_sampling_is_sent_and_nothing_that_was_not_asked_for(server: Server) -> None:
    await written(writer(server), request(3, top_p=0.9, stop_texts=("END",)))
    path, body = server.bodies[-1]
    assert path == "chat/completions"
    assert body.pop("messages")
    assert body == {
        "model": "m",
        "max_tokens": 9,
        "temperature": 1.0,
        "top_p": 0.9,
        "stop": ["END"],
        "seed": 3,
    }


async def test_whether_it_thinks_is_said_where_the_policy_says_it(server: Server) -> None:
    await written(writer(server), request(0, thinking=True))
    assert server.bodies[-1][1]["chat_template_kwargs"] == {"enable_thinking": True}


async def test_a_model_that_the_server_has_not_is_told_with_those_it_has(server: Server) -> None:
    server.can = {"models"}
    with pytest.raises(JudgeUnavailable, match=r"no model 'other'\n  hint: it has m"):
        await written(writer(server, model="other"))


async def test_a_server_that_is_not_there_is_waited_for_and_then_told(server: Server) -> None:
    await server.stop()
    with pytest.raises(JudgeUnavailable, match="was not reached"):
        await written(writer(server))
