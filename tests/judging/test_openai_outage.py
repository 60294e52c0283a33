"""Servers that are away, several addresses, and how many requests there are at once."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from rlaif.errors import JudgeUnavailable
from rlaif.judging import http_doors
from rlaif.judging.http_address import Address, addresses_of
from rlaif.judging.http_doors import Doors
from rlaif.judging.http_faults import Fell
from rlaif.judging.http_line import _fault
from rlaif.judging.http_pace import Clock
from rlaif.judging.openai_backend import OpenaiBackend
from rlaif.ports import Answer
from tests.judging.misbehaving import (
    Body,
    Server,
    always,
    failures,
    first,
    hurry,
    refusal,
    resets,
    said,
    sample,
    samples,
    serving,
    spec_for,
    started,
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as (one,):
        yield one


def a_free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


async def until(true: Callable[[], bool]) -> None:
    """Wait for it."""
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110 - nobody tells when
            await asyncio.sleep(0.01)


# --- down, and up again --------------------------------------------------------------------------


async def test_a_server_that_goes_away_and_comes_back_fails_nobody(
    server: Server, folder: Path
) -> None:
    async with started(server, folder, deadline_s=0.4) as backend:
        await server.stop()
        job = asyncio.create_task(said(backend, samples(30)))
        await asyncio.sleep(0.6)  # longer than the deadline, which stands still
        assert not job.done()
        await server.start()
        found = await asyncio.wait_for(job, 5)
    assert all(isinstance(answer, Answer) for answer in found.values())


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_while_a_server_says_that_it_is_away_it_gets_one_small_request_at_a_time(
    folder: Path, status: int
) -> None:
    away = [False]

    async def act(_: Server, __: web.Request, ___: Body) -> web.Response | None:
        return refusal(status, "loading") if away[0] else None

    async with serving() as (server,):
        models = server._models

        async def knocked(request: web.Request) -> web.Response:
            answer = await models(request)
            return refusal(status, "loading") if away[0] else answer

        await server.stop()
        server._models = knocked  # type: ignore[method-assign]  # stands in
        await server.start()
        async with started(server, folder, concurrency=4) as backend:
            server.act, away[0] = act, True
            job = asyncio.create_task(said(backend, samples(100)))
            await asyncio.sleep(0.3)
            posted, knocks = len(server.bodies), server.knocks
            await asyncio.sleep(0.2)
            assert len(server.bodies) == posted <= 4
            assert server.knocks > knocks
            away[0] = False
            found = await asyncio.wait_for(job, 5)
    assert all(isinstance(answer, Answer) for answer in found.values())


async def test_a_job_waits_for_its_server_at_the_start(folder: Path) -> None:
    server = Server()
    server.port = a_free_port()
    backend = OpenaiBackend(spec_for(server))
    start = asyncio.create_task(backend.start())
    await asyncio.sleep(0.2)
    assert not start.done()
    await server.start()
    await asyncio.wait_for(start, 5)
    await backend.aclose()
    await server.stop()
    assert "asked by chat" in backend.served


async def test_a_server_that_stays_away_ends_the_job_and_says_how_to_go_on(
    server: Server, folder: Path
) -> None:
    async with started(server, folder, max_outage_s=0.2) as backend:
        await server.stop()
        with pytest.raises(JudgeUnavailable) as raised:
            await asyncio.wait_for(said(backend, samples(5)), 5)
    told = str(raised.value)
    assert "not reached for 0.2 s" in told
    assert told.endswith("; what was graded is kept; start the same command again")


async def test_a_server_that_was_never_there_ends_the_start() -> None:
    server = Server()
    server.port = a_free_port()
    for outage in (0, 0.1):
        backend = OpenaiBackend(spec_for(server, max_outage_s=outage))
        with pytest.raises(JudgeUnavailable, match="start the same command again"):
            await asyncio.wait_for(backend.start(), 5)
        await backend.aclose()


async def test_a_name_that_leads_nowhere_is_an_outage() -> None:
    backend = OpenaiBackend(spec_for([], base_url="http://no-such-host.invalid/v1", max_outage_s=0))
    with pytest.raises(JudgeUnavailable, match=r"no-such-host\.invalid"):
        await backend.start()
    await backend.aclose()


async def test_an_outage_is_told_once_and_then_now_and_again(
    server: Server,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(http_doors, "TELL_EVERY_S", 0.15)
    async with started(server, folder) as backend:
        await server.stop()
        with caplog.at_level(logging.WARNING):
            job = asyncio.create_task(said(backend, samples(30)))
            await asyncio.sleep(0.5)
            await server.start()
            await asyncio.wait_for(job, 5)
    told = [record.getMessage() for record in caplog.records]
    assert 2 <= sum("is not reached, waiting for it" in one for one in told) <= 5
    assert told[-1] == f"{server.url} answers again"


async def test_a_connection_that_ends_is_one_bad_answer_of_many(
    server: Server, folder: Path
) -> None:
    async with started(server, folder, retries=2) as backend:
        server.act = first(1, resets)
        found = await said(backend, sample("s", 1))
        assert isinstance(found[0], Answer)
        server.act = resets
        (failure,) = failures(await asyncio.wait_for(said(backend, sample("s", 1)), 5))
    assert failure.message == "the connection ended before an answer (asked 3 times)"


async def test_a_question_that_a_server_goes_down_over_fails_in_the_end(
    server: Server, folder: Path
) -> None:
    """It is given up; the others of its batch are answered."""
    asked = sample("s", 4)
    bad = [*asked[2].prefix.ids, *asked[2].suffix_ids]
    fallen = []

    async def act(one: Server, request: web.Request, body: Body) -> web.StreamResponse | None:
        if bad not in body["prompt"]:
            return None
        fallen.append(asyncio.create_task(restart()))
        await asyncio.sleep(0.02)
        return await resets(one, request, body)

    async def restart() -> None:
        await server.stop()
        await asyncio.sleep(0.2)
        await server.start()

    async with started(server, folder) as backend:
        server.act = act
        found = await asyncio.wait_for(said(backend, asked), 20)
        await asyncio.gather(*fallen)
    assert "went away 3 times" in failures({2: found.pop(2)})[0].message
    assert all(isinstance(answer, Answer) for answer in found.values())


# --- several addresses ---------------------------------------------------------------------------


async def test_a_samples_questions_always_go_to_one_address(folder: Path) -> None:
    async with serving(3) as servers:
        homes = []
        for concurrency in (2, 64):
            async with started(servers, folder, concurrency=concurrency) as backend:
                await said(backend, samples(60, 3))
            homes.append([{tuple(ids[:9]) for ids in one.prompts} for one in servers])
            assert sum(map(len, homes[-1])) == 60
            assert all(len(one.prompts) > 30 for one in servers)
        assert homes[0] == homes[1]


async def test_another_address_takes_over_while_one_is_away(folder: Path) -> None:
    async with serving(2) as servers, started(servers, folder) as backend:
        await servers[0].stop()
        found = await said(backend, samples(40))
        assert all(isinstance(answer, Answer) for answer in found.values())
        assert len(servers[1].prompts) >= 80
        await servers[0].start()
        await asyncio.sleep(0.2)  # it is knocked at every twentieth of a second
        await said(backend, samples(40))
        assert servers[0].prompts


async def test_a_job_starts_while_one_address_is_away(folder: Path) -> None:
    async with serving(2) as servers:
        await servers[1].stop()
        async with started(servers, folder) as backend:
            found = await said(backend, samples(10))
            assert any(f"{servers[1].url} is not reached" in note for note in backend.notes)
    assert all(isinstance(answer, Answer) for answer in found.values())


async def test_an_address_that_was_away_at_the_start_is_tried_before_it_is_asked(
    folder: Path,
) -> None:
    async with serving(2) as servers:
        await servers[0].stop()
        async with started(servers, folder) as backend:
            served = backend.served
            await servers[0].start()
            await until(lambda: len(servers[0].bodies) >= 2)
            await asyncio.sleep(0.1)
            servers[0].bodies.clear()
            found = await said(backend, samples(40))
            assert servers[0].prompts
            assert backend.served == served
    assert all(isinstance(answer, Answer) for answer in found.values())


def another_model(server: Server) -> None:
    server.said_model = "other"


def other_weights(server: Server) -> None:
    server.root = "/weights/other"


def no_token_ids(server: Server) -> None:
    server.can.discard("completions")


def shorter(server: Server) -> None:
    server.max_model_len = 1000


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (another_model, "it serves other, and the others m"),
        (other_weights, "it serves /weights/other, m, and the others m"),
        (no_token_ids, "it cannot be asked as the others are"),
        (shorter, "it takes 1000 tokens, and the others 4096"),
    ],
)
async def test_an_address_that_cannot_be_asked_as_the_others_stays_out(
    folder: Path,
    change: Callable[[Server], None],
    told: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving(2) as servers:
        await servers[0].stop()
        change(servers[0])
        async with started(servers, folder) as backend:
            with caplog.at_level(logging.WARNING):
                await servers[0].start()
                await until(lambda: "is left out" in caplog.text)
                servers[0].bodies.clear()
                servers[0].knocks = 0
                found = await said(backend, samples(40))
                await asyncio.sleep(0.2)
            assert (servers[0].bodies, servers[0].knocks) == ([], 0)
    assert all(isinstance(answer, Answer) for answer in found.values())
    (said_so,) = [one for one in map(str, caplog.messages) if "is left out" in one]
    assert said_so.startswith(f"{servers[0].url} is left out: {told}")


async def test_an_address_that_returns_out_of_order_is_tried_until_it_is_well(
    folder: Path,
) -> None:
    async with serving(2) as servers:
        await servers[0].stop()
        servers[0].act = always("oops", 500)
        async with started(servers, folder, retries=0) as backend:
            await servers[0].start()
            await until(lambda: len(servers[0].bodies) >= 3)
            found = await said(backend, samples(40))
            assert all(isinstance(answer, Answer) for answer in found.values())
            servers[0].act = None
            line = backend._line
            assert line is not None
            await until(lambda: line.doors.all[0].shut_since is None)


async def test_addresses_that_serve_different_models_are_not_one_judge(folder: Path) -> None:
    async with serving(2) as servers:
        servers[1].root = "/weights/other"
        backend = OpenaiBackend(spec_for(servers, folder))
        with pytest.raises(JudgeUnavailable, match="do not serve the same") as raised:
            await backend.start()
        await backend.aclose()
    assert f"{servers[1].url}: /weights/other" in str(raised.value)


# --- who is not who it says ----------------------------------------------------------------------


async def test_a_handshake_that_fails_is_an_outage_and_no_reason_to_stop(server: Server) -> None:
    url = server.url.replace("http:", "https:")  # it does not speak TLS
    backend = OpenaiBackend(spec_for([], base_url=url, max_outage_s=0.1))
    with pytest.raises(JudgeUnavailable, match=r"not reached for 0\.1 s"):
        await asyncio.wait_for(backend.start(), 30)
    await backend.aclose()


def test_only_a_certificate_that_is_at_fault_ends_the_job() -> None:
    (address,) = addresses_of(spec_for([], base_url="https://judge.example/v1"))
    key: Any = SimpleNamespace(host="judge.example", port=443, is_ssl=True, ssl=True)
    wrong = aiohttp.ClientConnectorCertificateError(key, ssl.CertificateError("wrong name"))
    broken = aiohttp.ClientConnectorSSLError(key, ssl.SSLError("handshake"))
    clock = Clock(1)
    assert isinstance(_fault(wrong, address, clock, answered=False), JudgeUnavailable)
    assert isinstance(_fault(broken, address, clock, answered=False), Fell)


async def test_a_certificate_at_fault_while_knocking_is_nobody_there(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuses(*_: object) -> None:
        raise JudgeUnavailable("judge.example cannot be trusted: expired")

    async with started(server, folder, max_outage_s=0.2) as backend:
        line = backend._line
        assert line is not None
        await server.stop()
        request = line._request
        calls: list[object] = []

        async def first_as_it_is(*given: Any) -> Any:
            calls.append(given)
            return await (request(*given) if len(calls) == 1 else refuses())

        monkeypatch.setattr(line, "_request", first_as_it_is)
        with pytest.raises(JudgeUnavailable, match=r"not reached for 0\.2 s .*cannot be trusted"):
            await asyncio.wait_for(said(backend, sample("s", 1)), 30)


async def test_nobody_waits_for_ever_where_the_knocking_itself_breaks() -> None:
    async def breaks(_: Address) -> str:
        raise RuntimeError("a fault of ours")

    doors = Doors(addresses_of(spec_for([], base_url="http://127.0.0.1:1/v1")), breaks, 0.1)
    assert await asyncio.wait_for(doors.fell(doors.all[0], "away"), 30)
    with pytest.raises(JudgeUnavailable, match=r"not reached for 0\.1 s"):
        await asyncio.wait_for(doors.open(0), 30)
    await doors.aclose()


async def test_all_are_asked_in_the_way_that_all_of_them_take(folder: Path) -> None:
    async with serving(2) as servers:
        servers[1].can.discard("completions")
        async with started(servers, folder) as backend:
            assert "asked by chat" in backend.served


# --- how many at once ----------------------------------------------------------------------------


async def test_no_more_requests_are_under_way_than_the_judge_file_allows(
    server: Server, folder: Path
) -> None:
    server.can.discard("many")
    async with started(server, folder, concurrency=3) as backend:
        server.latency_s = 0.01
        await said(backend, samples(10, 3))
    assert server.most_under_way == 3
    assert len(server.bodies) == 30


async def test_requests_keep_to_the_rate(server: Server, folder: Path) -> None:
    server.can.discard("many")
    async with started(server, folder, rate_limit=50, deadline_s=0.2) as backend:
        began = time.monotonic()
        found = await said(backend, samples(10, 2))
        took = time.monotonic() - began
    assert took >= 19 / 50
    assert all(isinstance(answer, Answer) for answer in found.values())  # waiting is not its fault


async def test_what_is_refused_for_now_is_not_sent_at_once_again(
    server: Server, folder: Path
) -> None:
    async with started(server, folder, retries=3, deadline_s=5) as backend:
        server.act = always("later", 429, Retry_After="0.1")
        began = time.monotonic()
        failures(await said(backend, sample("s", 1)))
        assert time.monotonic() - began >= 0.3
    assert len(server.bodies) == 4
