"""Keys go where they belong, and are shown nowhere."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from rlaif.errors import JudgeUnavailable
from rlaif.judging.http_address import addresses_of
from rlaif.judging.openai_backend import OpenaiBackend
from rlaif.ports import Answer
from rlaif.records.outcome import Failure
from tests.judging.misbehaving import (
    Act,
    Body,
    Server,
    always,
    drips,
    hurry,
    resets,
    said,
    sample,
    samples,
    serving,
    spec_for,
    started,
)

KEY = "sk-very-secret-0123456789"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)
    monkeypatch.setenv("RLAIF_API_KEY", KEY)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as (one,):
        yield one


async def test_the_key_goes_with_every_request(server: Server, folder: Path) -> None:
    async with started(server, folder) as backend:
        await said(backend, samples(3))
        assert server.headers
    assert {one["Authorization"] for one in server.headers} == {f"Bearer {KEY}"}


async def test_the_judge_file_names_another_variable(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RLAIF_MINE_API_KEY", "other")
    async with started(server, api_key_env="RLAIF_MINE_API_KEY") as backend:
        await said(backend, sample("s", 1))
    assert {one["Authorization"] for one in server.headers} == {"Bearer other"}


async def test_without_a_key_none_is_sent(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RLAIF_API_KEY")
    async with started(server) as backend:
        await said(backend, sample("s", 1))
    assert not any("Authorization" in one for one in server.headers)


def seen_in(error: BaseException | None) -> Iterator[str]:
    """All that a careless program could print of an error, the variables of its frames included."""
    while error is not None:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        yield "".join(shown.format())
        yield f"{error!r} {error.args!r} {vars(error)!r}"
        error = error.__cause__ or error.__context__


async def echoes(_: Server, request: web.Request, __: Body) -> web.StreamResponse:
    """Says back what it was told, the key included."""
    return web.Response(text=f"bad key: {request.headers['Authorization']}", status=500)


@pytest.mark.parametrize(
    "act",
    [
        None,
        echoes,
        resets,
        drips,
        always(f"no: {KEY}", 400),
        always(f"no: {KEY}", 401),
        always(f"no: {KEY}", 503),
        always(f"<html>{KEY}"),
        always(f'{{"error": "{KEY}"}}'),
        always("", 307, Location=f"http://example.com/{KEY}"),
    ],
)
async def test_the_key_is_in_no_note_failure_log_or_error(
    server: Server, folder: Path, act: Act | None, caplog: pytest.LogCaptureFixture
) -> None:
    shown: list[Any] = []
    more: dict[str, Any] = {"deadline_s": 0.3, "retries": 1, "max_outage_s": 0.1}
    with caplog.at_level(logging.DEBUG):
        async with started(server, folder, **more) as backend:
            server.act = act
            try:
                shown += (await said(backend, sample("s", 2))).values()
                await server.stop()
                await said(backend, sample("s", 2))
            except JudgeUnavailable as error:
                shown += seen_in(error)
            shown += [backend.notes, backend.served, repr(backend), repr(vars(backend))]
            line = backend._line
            assert line is not None
            shown += [repr(door) for door in line.doors.all] + [repr(vars(line))]
            shown += [repr(door.address.headers) for door in line.doors.all]
    shown += [record.getMessage() for record in caplog.records]
    text = "\n".join(map(str, shown))
    assert len(text) > 100
    assert KEY not in text
    assert isinstance(shown[0], Failure | str) or act is None


async def test_a_key_does_not_leave_this_machine_unencrypted() -> None:
    backend = OpenaiBackend(spec_for([], base_url="http://192.0.2.7:8000/v1"))
    with pytest.raises(
        JudgeUnavailable, match=r"RLAIF_API_KEY would go to .* unencrypted"
    ) as raised:
        await backend.start()
    assert KEY not in "".join(seen_in(raised.value))


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/v1", "http://localhost/v1", "http://[::1]:8/v1", "https://example.com/v1"],
)
def test_a_key_goes_to_this_machine_and_over_https(url: str) -> None:
    (address,) = addresses_of(spec_for([], base_url=url))
    assert address.headers["Authorization"] == f"Bearer {KEY}"
    assert KEY not in repr(address) + repr(address.headers)


@pytest.mark.parametrize("url", ["http://localhost.example.com/v1", "http://127.0.0.1.nip.io/v1"])
def test_a_name_that_looks_like_this_machine_is_not(url: str) -> None:
    with pytest.raises(JudgeUnavailable, match="unencrypted"):
        addresses_of(spec_for([], base_url=url))


def test_openais_own_variable_counts_for_openai_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RLAIF_API_KEY")
    monkeypatch.setenv("OPENAI_API_KEY", "theirs")
    urls = ["https://api.openai.com/v1", "https://example.com/v1"]
    theirs, other = addresses_of(spec_for([], base_url=urls))
    assert theirs.headers["Authorization"] == "Bearer theirs"
    assert "Authorization" not in other.headers


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("ANTHROPIC_API_KEY", "https://evil.example/v1"),
        ("ANTHROPIC_API_KEY", "https://api.anthropic.com.evil.example/v1"),
        ("OPENAI_API_KEY", "http://127.0.0.1:8000/v1"),
        ("GITHUB_API_KEY", "https://api.openai.com/v1"),
        ("XRLAIF_API_KEY", "https://evil.example/v1"),
    ],
)
def test_no_judge_file_sends_a_key_to_others_than_it_is_for(name: str, url: str) -> None:
    for urls in ([url], ["https://api.openai.com/v1", url]):
        with pytest.raises(ValidationError, match=name):
            spec_for([], base_url=urls, api_key_env=name)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("RLAIF_API_KEY", "https://judge.example/v1"),
        ("RLAIF_HERE_API_KEY", "https://judge.example/v1"),
        ("ANTHROPIC_API_KEY", "https://api.anthropic.com/v1"),
        ("OPENROUTER_API_KEY", "https://openrouter.ai/api/v1"),
    ],
)
def test_a_key_goes_to_whom_it_is_for(name: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "theirs")
    (address,) = addresses_of(spec_for([], base_url=url, api_key_env=name))
    assert address.headers["Authorization"] == "Bearer theirs"


@pytest.mark.parametrize("key", ["token", "choices", "1", "m"])
async def test_a_key_that_is_a_word_of_the_answers_spoils_none(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("RLAIF_API_KEY", key)
    for place in (None, folder):  # chat, and token ids
        async with started(server, place) as backend:
            assert isinstance((await said(backend, sample("s", 1)))[0], Answer)


async def test_a_model_that_is_called_like_the_key_is_not_told(server: Server) -> None:
    server.said_model = server.root = KEY
    async with started(server) as backend:
        assert KEY not in backend.served + "".join(backend.notes)


@pytest.mark.parametrize("key", ["two words", "käse", "a\x00b"])
def test_what_cannot_be_a_key_is_told_without_being_shown(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setattr("os.environ", {"RLAIF_API_KEY": key})
    with pytest.raises(JudgeUnavailable, match=r"^RLAIF_API_KEY holds characters that no key has$"):
        addresses_of(spec_for([], base_url="https://example.com/v1"))


async def test_no_redirect_takes_the_key_elsewhere(server: Server, folder: Path) -> None:
    async with serving() as (other,), started(server, folder) as backend:
        server.act = always("", 307, Location=f"{other.url}/completions")
        found = await said(backend, sample("s", 1))
        assert isinstance(found[0], Failure)
        assert (other.bodies, other.headers) == ([], [])


def test_a_proxy_is_used_but_never_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://user:hidden@proxy.example:3128")
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "inside.example")
    urls = [
        "https://example.com/v1", "https://judge.inside.example/v1", "http://127.0.0.1:8/v1",
    ]  # fmt: skip
    found = addresses_of(spec_for([], base_url=urls))
    assert [one.proxy for one in found] == ["http://user:hidden@proxy.example:3128", None, None]
    assert "hidden" not in repr(found)


async def test_nothing_of_netrc_is_sent(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password hidden\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.delenv("RLAIF_API_KEY")
    async with started(server) as backend:
        await asyncio.wait_for(said(backend, sample("s", 1)), 5)
    assert not any("Authorization" in one for one in server.headers)
