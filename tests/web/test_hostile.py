"""Bodies and callers that mean harm: 4xx, or graded; never a fault of ours."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from rlaif.errors import InputError
from rlaif.web.plain_form import PlainForm
from rlaif.web.taking import Intake

KNOWN = "a-token-of-some-length"
ITEM = {"prompt": "Greet her.", "completion": "hello"}


def body(completion: bytes) -> bytes:
    return b'{"items": [{"prompt": "x", "completion": "' + completion + b'"}]}'


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (rb"a\ud800b", "a�b"),
        (rb"\udfff\ud83d", "��"),
        (rb"\ud83d\ude00", "😀"),
        (rb"\\ud800", r"\ud800"),
        (rb"a\u0000b", "a\0b"),
    ],
)
async def test_characters_that_are_none_do_not_break_grading(
    serve: Any, written: bytes, read: str
) -> None:
    server = serve()
    reply = await server.client.post("/rewards", content=body(written))
    assert reply.status_code == 200
    assert server.grading.seen[0].sample.completion == read


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b'{"items": ',
        b'{"items": NaN}',
        b"\xff\xfe",
        body(b"\xed\xa0\x80"),
        b'{"items": ' + b"[" * 100 + b"]" * 100 + b"}",
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'{"items": [{"prompt": "x", "completion": "y", "level": 1e999}]}',
    ],
    ids=range(11),
)
async def test_what_is_no_body_is_refused_without_quoting_it(serve: Any, content: bytes) -> None:
    reply = await serve().client.post("/rewards", content=content)
    assert reply.status_code == 400
    assert reply.json()["error"]["where"] == "body"


async def test_a_body_that_is_too_large_is_refused_by_what_it_says_and_by_what_it_is(
    serve: Any,
) -> None:
    server = serve(max_request_mb=0.01)
    whole = await server.client.post("/rewards", content=b" " * 20_000)
    assert whole.status_code == 413

    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1000
            yield b" " * 1000

    unsaid = await server.client.post("/rewards", content=_first(endless(), 40))
    assert unsaid.status_code == 413
    assert "--max-request-mb" in unsaid.json()["error"]["hint"]
    assert server.made.desk.room.bytes == 0


async def _first(chunks: AsyncIterator[bytes], number: int) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        yield chunk
        number -= 1
        if not number:
            return


async def test_packed_bodies_are_not_taken(serve: Any) -> None:
    headers = {"content-encoding": "gzip"}
    reply = await serve().client.post("/rewards", content=b"x", headers=headers)
    assert reply.status_code == 415


async def test_what_the_grading_refuses_is_told_at_its_item(serve: Any) -> None:
    server = serve()
    server.grading.raises = InputError("sample 'items[1]': it has none\n  hint: give it some")
    error = (await server.post("/rewards", {"items": [ITEM]})).json()["error"]
    assert error == {
        "message": "it has none",
        "where": "items[1]",
        "hint": "give it some",
    }


async def test_a_fault_of_ours_quotes_nobody(serve: Any) -> None:
    server = serve()
    server.grading.raises = ValueError("about: a secret completion")
    reply = await server.post("/rewards", {"items": [ITEM]})
    assert reply.status_code == 500
    assert "secret" not in reply.text + "".join(server.notes)
    assert server.notes[0].startswith("rewards: a fault of rlaif itself: ValueError in rewards")


async def test_no_completion_is_ever_told_to_who_runs_the_server(serve: Any) -> None:
    server = serve(on_failure=0.0)
    for path, data in (
        ("/rewards", {"items": [{"prompt": "sesame", "completion": "fail"}]}),
        ("/openrlhf", {"query": ["sesame fail"], "prompts": ["sesame "]}),
        ("/openrlhf", {"query": ["sesame"], "prompts": ["x"]}),
    ):
        await server.post(path, data)
    assert len(server.notes) == 3
    assert "sesame" not in "".join(server.notes)


async def test_a_page_of_another_site_is_not_answered(serve: Any) -> None:
    server = serve(names=("localhost", "127.0.0.1", "::1"))
    assert (await server.client.get("/rubric")).status_code == 200
    for host in ("evil.example", "evil.example:8100", "127.0.0.1.evil.example", ""):
        assert (await server.client.get("/rubric", headers={"host": host})).status_code == 421
    assert (await server.client.get("/rubric", headers={"host": "[::1]:1"})).status_code == 200
    for origin in ("http://evil.example", "null"):
        reply = await server.post("/rewards", {"items": []}, headers={"origin": origin})
        assert reply.status_code == 403
    own = {"origin": "http://127.0.0.1:8100"}
    assert (await server.post("/rewards", {"items": []}, headers=own)).status_code == 200


async def test_only_who_knows_the_token_is_answered(serve: Any) -> None:
    server = serve(token=KNOWN)
    for said in (None, "Bearer", "Bearer wrong", "Bearer é", "Basic x", "Basic éé", "Basic YTpi"):
        headers = {"authorization": said.encode("latin-1")} if said else {}
        reply = await server.client.get("/rubric", headers=headers)
        assert reply.status_code == 401
        assert reply.headers["www-authenticate"] == "Bearer"
    known = {"authorization": f"bearer {KNOWN}"}
    assert (await server.client.get("/rubric", headers=known)).status_code == 200
    for path in ("/health", "/ready"):
        assert (await server.client.get(path)).status_code == 200


async def test_a_trainer_that_knows_only_urls_has_the_token_in_its_url(serve: Any) -> None:
    server = serve(token=KNOWN)
    login = base64.b64encode(f"rlaif:{KNOWN}".encode()).decode()
    headers = {"authorization": f"Basic {login}"}
    assert (await server.client.get("/rubric", headers=headers)).status_code == 200


async def test_the_token_is_asked_before_the_body_is_read(serve: Any) -> None:
    server = serve(token=KNOWN, max_request_mb=0.01)
    assert (await server.client.post("/rewards", content=b" " * 20_000)).status_code == 401


async def test_too_many_items_are_refused_before_any_is_read(serve: Any) -> None:
    server = serve(max_waiting=4)
    for path, data in (
        ("/rewards", {"items": [{}] * 5}),
        ("/openrlhf", {"query": [1] * 5, "prompts": []}),
    ):
        reply = await server.post(path, data)
        assert (reply.status_code, reply.json()["error"]["message"]) == (
            413,
            "5 items in one request; there is room for 4",
        )


async def test_reading_ends_where_no_more_faults_are_told(
    serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Any] = []
    take = Intake.take

    def noted(*given: Any, **more: Any) -> None:
        taken.append(given)
        take(*given, **more)

    monkeypatch.setattr(Intake, "take", noted)
    error = (await serve().post("/rewards", {"items": [{}] * 1000})).json()["error"]
    assert (len(error["problems"]), error["more"]) == (20, True)
    assert len(taken) == 11  # of two faults each


@pytest.mark.parametrize("field", ["prompt", "criteria"])
async def test_a_sample_of_endless_parts_is_refused_without_reading_them(
    serve: Any, field: str
) -> None:
    reply = await serve().post("/rewards", {"items": [{**ITEM, field: [[1]] * 20_000}]})
    told = reply.json()["error"]
    assert (reply.status_code, told["where"]) == (422, "items[0]")
    assert told["message"].startswith("more than 32,768 entries")


async def test_others_are_answered_while_a_body_of_many_items_is_read(
    serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()
    go_on = threading.Event()
    read = PlainForm.read

    def slow(form: PlainForm, data: Any) -> Any:
        assert go_on.wait(5)
        return read(form, data)

    monkeypatch.setattr(PlainForm, "read", slow)
    reading = asyncio.create_task(server.post("/rewards", {"items": [ITEM] * 1000}))
    await server.until(lambda: server.made.desk.counts.in_flight == 1)
    assert (await server.client.get("/health")).status_code == 200
    assert not reading.done()
    go_on.set()
    assert (await reading).status_code == 200
