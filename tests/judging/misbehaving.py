"""A judge's server for tests, which behaves well or as badly as it is told."""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web
from tokenizers import Tokenizer

from rlaif.judging import http_doors, http_pace
from rlaif.judging.openai_backend import OpenaiBackend
from rlaif.ports import Answer, Decision, Generated, Prefix, Request
from rlaif.records.backends import OpenaiJudge
from rlaif.records.outcome import Failure
from rlaif.records.subject import Turn

Body = dict[str, Any]
Act = Callable[["Server", web.Request, Body], Awaitable[web.StreamResponse | None]]
"""What a server does in place of answering well; None: it answers well all the same."""


def logarithm(ids: list[int], label: int) -> float:
    """What the server's model gives for a label: the same for the same prompt."""
    seen = hashlib.blake2b(str((ids, label)).encode(), digest_size=4).digest()
    return math.log(0.01 + 0.3 * int.from_bytes(seen, "big") / 2**32)


class Server:
    """Answers by default as vLLM does: token ids, and exactly the labels' probabilities."""

    def __init__(self) -> None:
        self.bodies: list[tuple[str, Body]] = []
        """What was posted, in its order."""
        self.headers: list[dict[str, str]] = []
        self.act: Act | None = None
        self.can = {"completions", "exact", "many", "chat", "logprobs", "json", "models"}
        self.model, self.said_model, self.root = "m", "m", ""
        self.max_model_len: int | None = 4096
        self.cached: int | None = None
        self.under_way = self.most_under_way = 0
        self.latency_s = 0.0
        self.knocks = 0
        self.text = '{"verdict": "Yes"}'
        self.tokenizer: Tokenizer | None = None
        """Names the tokens where they are not asked for by id."""
        self.port = 0
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def prompts(self) -> list[list[int]]:
        return [
            ids for path, body in self.bodies if path == "completions" for ids in body["prompt"]
        ]

    async def start(self) -> None:
        app = web.Application(client_max_size=2**28)
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/{path:.*}", self._post)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _models(self, request: web.Request) -> web.Response:
        self.knocks += 1
        self.headers.append(dict(request.headers))
        if "models" not in self.can:
            raise web.HTTPNotFound
        card = {"id": self.model, "root": self.root or self.model}
        return web.json_response({"data": [{**card, "max_model_len": self.max_model_len}]})

    async def _post(self, request: web.Request) -> web.StreamResponse:
        body = orjson.loads(await request.read())
        path = request.match_info["path"]
        self.bodies.append((path, body))
        self.headers.append(dict(request.headers))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            if self.act is not None and (done := await self.act(self, request, body)) is not None:
                return done
            if self.latency_s:
                await asyncio.sleep(self.latency_s)
            return await self.answer(path, body)
        finally:
            self.under_way -= 1

    async def answer(self, path: str, body: Body) -> web.Response:
        """A good answer, or a refusal of what it cannot do."""
        if path == "completions" and "completions" in self.can:
            return self.completions(body)
        if path == "chat/completions" and "chat" in self.can:
            return self.chat(body)
        return refusal(404, f"no such path: {path}")

    def completions(self, body: Body) -> web.Response:
        prompts = body["prompt"]
        if isinstance(prompts[0], int):
            choice = {"index": 0, "text": "written", "finish_reason": "stop"}
            choice |= {"token_ids": [5, 6, 2]} if body.get("return_token_ids") else {}
            return web.json_response({"model": self.said_model, "choices": [choice]})
        if len(prompts) > 1 and "many" not in self.can:
            prompts = prompts[:1]
        if any(len(ids) >= (self.max_model_len or 10**9) for ids in prompts):
            return refusal(400, "the prompt is longer than the model's maximum context length")
        choices = [self.choice(place, ids, body) for place, ids in enumerate(prompts)]
        return web.json_response({"model": self.said_model, "choices": choices, **self.usage(body)})

    def usage(self, body: Body) -> Body:
        if self.cached is None:
            return {}
        whole = sum(map(len, body["prompt"])) if "prompt" in body else 50
        return {
            "usage": {
                "prompt_tokens": whole,
                "completion_tokens": 1,
                "prompt_tokens_details": {"cached_tokens": self.cached},
            }
        }

    def choice(self, place: int, ids: list[int], body: Body) -> Body:
        wanted = body.get("logprob_token_ids") if "exact" in self.can else None
        labels = wanted or [100 + n for n in range(body["logprobs"])]
        by_id = body.get("return_tokens_as_token_ids")
        names = [f"token_id:{n}" if by_id else self.text_of(n) for n in labels]
        top = {name: logarithm(ids, n) for name, n in zip(names, labels, strict=True)}
        written = next(iter(top))
        logprobs = {"tokens": [written], "token_logprobs": [-1.0], "top_logprobs": [top]}
        return {"index": place, "text": "x", "logprobs": logprobs, "finish_reason": "length"}

    def text_of(self, number: int) -> str:
        return str(self.tokenizer.decode([number])) if self.tokenizer else f"<{number}>"

    def chat(self, body: Body) -> web.Response:
        choice: Body = {"index": 0, "finish_reason": "stop"}
        if body.get("logprobs"):
            if "logprobs" not in self.can:
                return refusal(400, "logprobs are not supported")
            top = [("Yes", 0.5), (" Yes", 0.2), ("yes", 0.1), ("No", 0.05), ("the", 0.001)]
            listed = [{"token": text, "logprob": math.log(p)} for text, p in top]
            content = [{"token": "Yes", "logprob": math.log(0.5), "top_logprobs": listed}]
            choice["logprobs"] = {"content": content}
        elif "response_format" in body and "json" not in self.can:
            return refusal(400, "response_format is not supported")
        choice["message"] = {"role": "assistant", "content": self.text}
        return web.json_response(
            {"model": self.said_model, "choices": [choice], **self.usage(body)}
        )


def refusal(status: int, told: str, **headers: str) -> web.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.json_response({"error": {"message": told}}, status=status, headers=named)


def always(content: bytes | str, status: int = 200, **headers: str) -> Act:
    """The same answer to everything."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = content.encode() if isinstance(content, str) else content

    async def act(_: Server, __: web.Request, ___: Body) -> web.StreamResponse:
        return web.Response(body=body, status=status, headers=named)

    return act


def first(count: int, act: Act) -> Act:
    """Misbehaves so many times, and then no more."""
    left = [count]

    async def then(server: Server, request: web.Request, body: Body) -> web.StreamResponse | None:
        left[0] -= 1
        return await act(server, request, body) if left[0] >= 0 else None

    return then


async def hangs(_: Server, __: web.Request, ___: Body) -> None:
    """Nothing, for an hour."""
    await asyncio.sleep(3600)


async def drips(_: Server, request: web.Request, __: Body) -> web.StreamResponse:
    """A byte now and then."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.02)


async def resets(_: Server, request: web.Request, __: Body) -> web.StreamResponse:
    """The connection ends before an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def spoils(change: Callable[[Body], None]) -> Act:
    """A good answer with a fault in it."""

    async def act(server: Server, request: web.Request, body: Body) -> web.StreamResponse:
        good = await server.answer(request.match_info["path"], body)
        assert isinstance(good.body, bytes)
        reply = orjson.loads(good.body)
        change(reply)
        # the standard library writes NaN, as some servers do
        return web.json_response(reply)

    return act


@asynccontextmanager
async def serving(count: int = 1) -> AsyncIterator[list[Server]]:
    """So many servers, running."""
    servers = [Server() for _ in range(count)]
    try:
        for server in servers:
            await server.start()
        yield servers
    finally:
        for server in servers:
            await server.stop()


# --- the judge that asks it, and what it is asked ------------------------------------------------

TURNS = (Turn("system", "You judge."), Turn("user", "The sample.\n"))


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of hundredths of a second."""
    monkeypatch.setattr(http_pace, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(http_doors, "FIRST_KNOCK_S", 0.02)
    monkeypatch.setattr(http_doors, "LONGEST_KNOCK_S", 0.05)
    for name in ("RLAIF_API_KEY", "OPENAI_API_KEY", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


def spec_for(
    servers: Sequence[Server] | Server, folder: Path | None = None, **more: Any
) -> OpenaiJudge:
    """A judge file; with the model's `folder` it can write token ids."""
    urls = [one.url for one in ([servers] if isinstance(servers, Server) else servers)]
    given = {"model": "m", "base_url": urls, "deadline_s": 5, "retries": 2, "max_outage_s": 5}
    if folder is not None:
        given["tokenizer"] = str(folder)
    return OpenaiJudge.model_validate(
        {"judge": "j", "version": "1.0.0", "backend": "openai", **given, **more}
    )


@asynccontextmanager
async def started(
    servers: Sequence[Server] | Server, folder: Path | None = None, **more: Any
) -> AsyncIterator[OpenaiBackend]:
    """The judge, started; the servers have forgotten what it tried out."""
    every = [servers] if isinstance(servers, Server) else servers
    if folder is not None:
        for server in every:
            server.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    backend = OpenaiBackend(spec_for(servers, folder, **more))
    try:
        await backend.start()
        for server in every:
            server.bodies.clear()
            server.headers.clear()
            server.most_under_way = server.knocks = 0
        yield backend
    finally:
        await backend.aclose()


def sample(name: str, questions: int = 2, start: int = 0, size: int = 9) -> list[Decision]:
    """Questions about one sample, numbered from `start`."""
    ids = tuple(b % 200 + 40 for b in hashlib.blake2b(name.encode(), digest_size=size).digest())
    prefix = Prefix(TURNS, ids, hash=name)
    return [
        Decision(
            number=number, prefix=prefix, question=f"Is it {number}?", suffix_ids=(7, number % 250),
            labels=("No", "Yes"), label_ids=(11, 12), key=f"{name} {number}", criterion="c",
            answers=("no", "yes"), best=1,
        )
        for number in range(start, start + questions)
    ]  # fmt: skip


def samples(count: int, questions: int = 2) -> list[Decision]:
    """So many samples, one after another."""
    found = []
    for place in range(count):
        found += sample(f"sample {place}", questions, place * questions)
    return found


def right(one: Decision) -> tuple[float, ...]:
    """What a server that behaves says to a question asked by ids."""
    ids = [*one.prefix.ids, *one.suffix_ids]
    return tuple(math.exp(logarithm(ids, label)) for label in one.label_ids)


async def stream(asked: Sequence[Any]) -> AsyncIterator[Any]:
    for one in asked:
        yield one


async def said(backend: OpenaiBackend, asked: Sequence[Decision]) -> dict[int, Answer | Failure]:
    """The answers by number, each exactly once."""
    found: dict[int, Answer | Failure] = {}
    async for number, answer in backend.decide(stream(asked)):
        assert number not in found
        found[number] = answer
    assert found.keys() == {one.number for one in asked}
    return found


async def written(backend: OpenaiBackend, *asked: Request) -> list[Generated | Failure]:
    """The texts in the order of the requests."""
    found = {number: text async for number, text in backend.generate(stream(asked))}
    return [found[one.number] for one in asked]


def failures(found: dict[int, Answer | Failure]) -> list[Failure]:
    """The failures; there are no answers beside them."""
    assert all(isinstance(one, Failure) for one in found.values()), found
    return [one for one in found.values() if isinstance(one, Failure)]
