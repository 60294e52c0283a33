"""Connections over which nothing is asked, or never to its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from rlaif.web import connection
from rlaif.web.connection import Patient

HEAD = b"GET /x HTTP/1.1\r\nHost: here\r\n"


class Quick(Patient):
    """Whose patience is short."""

    first_s = 0.2


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answers when the body has come."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"done"})


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """Where `app` is served, with patience of 0.2 s."""
    monkeypatch.setattr(connection, "KEEP_ALIVE_S", 0.2)
    config = uvicorn.Config(app, http=Quick, lifespan="off", log_config=None)
    config.load()
    server = uvicorn.Server(config)
    await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(
        lambda: Quick(config, server.server_state, {}), "127.0.0.1", 0
    )
    yield listening.sockets[0].getsockname()[1]
    listening.close()


async def until_closed(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(5):
        return await reader.read()


@pytest.mark.parametrize("sent", [b"", HEAD])
async def test_who_asks_nothing_is_let_go(port: int, sent: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    assert await until_closed(reader) == b""
    writer.close()


async def test_a_letter_now_and_then_gains_no_time_after_an_answer_either(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD + b"\r\n")
    await reader.readuntil(b"0\r\n\r\n")
    drops = asyncio.create_task(_drop(writer))
    await until_closed(reader)
    drops.cancel()
    writer.close()


async def test_who_has_asked_is_waited_for(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /x HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\n{")
    await asyncio.sleep(0.4)
    writer.write(b"}")
    assert b"200 OK" in await reader.readline()
    await until_closed(reader)
    writer.close()


async def _drop(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD)
    while True:
        writer.write(b"X")
        await asyncio.sleep(0.02)
