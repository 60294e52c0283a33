"""A reward server in this process, whose grading is a fake."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import httpx
import pytest

from rlaif.records.reward import Reward, Rollout
from rlaif.records.rubric import Rubric
from rlaif.web.reopening import Opening
from rlaif.web.reward_server import RewardServer, reward_server
from rlaif.web.served import Served
from rlaif.web.terms import Terms

FAILED = Reward(None, None, "failed:kind", {"kind": None}, ("kind: backend: the server hangs",))


class Grading:
    """Rewards by a function of the completion; holds everybody up while `shut`."""

    def __init__(self) -> None:
        self.seen: list[Rollout] = []
        self.raises: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()
        self.waiting = 0
        self.cancelled = 0

    async def rewards(self, rollouts: Sequence[Rollout]) -> list[Reward]:
        self.seen += rollouts
        if self.raises is not None:
            raise self.raises
        self.waiting += 1
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.waiting -= 1
        return [self.reward(one) for one in rollouts]

    def reward(self, one: Rollout) -> Reward:
        said = one.sample.completion
        if said == "fail":
            return FAILED
        if said == "late":
            return Reward(None, None, "deadline")
        return Reward(len(said) / 100, len(said) / 200, "", {"kind": 0.25}, ())

    def rewards_sync(self, rollouts: Sequence[Rollout]) -> list[Reward]:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


class Server:
    """A server, its fake grading, and a client that talks to it."""

    def __init__(self, made: RewardServer, grading: Grading, client: httpx.AsyncClient) -> None:
        self.made, self.grading, self.client = made, grading, client
        self.notes: list[str] = []

    async def post(self, path: str, data: Any = None, **more: Any) -> httpx.Response:
        return await self.client.post(path, json=data, **more)

    async def until(self, so: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not so():  # noqa: ASYNC110 - what is waited for sets no event
                await asyncio.sleep(0.001)


Serve = Callable[..., Server]


@pytest.fixture
def rubric_served() -> Rubric:
    criteria: Any = [{"id": "kind", "ask": "Is the completion kind?"}]
    return Rubric(rubric="greeting", version="1.0.0", title="A greeting", criteria=criteria)


@pytest.fixture
async def serve(rubric_served: Rubric) -> AsyncIterator[Serve]:
    """`serve(max_waiting=2)`: a server on those terms, whose judge is loaded."""
    clients = []

    def make(loaded: bool = True, opening: Opening | None = None, **terms: Any) -> Server:
        grading, notes = Grading(), list[str]()
        made = reward_server(
            grading, Served(rubric_served, "fake@1.0.0"), Terms(**terms), notes.append, opening
        )
        if loaded:
            made.standing.loaded.set()
        transport = httpx.ASGITransport(made.app)
        client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8100")
        clients.append(client)
        server = Server(made, grading, client)
        server.notes = notes
        return server

    yield make
    for client in clients:
        await client.aclose()
