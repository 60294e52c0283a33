"""The review app in this process, over a review that is held in memory."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from html import unescape
from typing import Any

import httpx
import pytest

from rlaif.web.review.app import review_app
from rlaif.web.review.desk import Desk
from tests.web.review.reviewed import Reviewed, sample


class Browser:
    """One browser, as far as cookies and forms go."""

    def __init__(self, client: httpx.AsyncClient, reviewed: Any) -> None:
        self.client, self.reviewed = client, reviewed

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.client.get(path, **more)

    async def form(self) -> dict[str, str]:
        """What every form of a page of this browser carries."""
        page = (await self.client.get("/hello")).text
        found = re.search(r'name="secret" value="(\w+)"><input [^>]*name="who" value="(.*?)"', page)
        assert found
        return {"secret": found[1], "who": unescape(found[2])}

    async def post(self, path: str, **fields: str) -> httpx.Response:
        fields = {**await self.form(), **fields}
        return await self.client.post(path, data=fields)

    async def part(self, path: str, **fields: str) -> httpx.Response:
        """As htmx sends it, and gets a part of the page."""
        fields = {**await self.form(), **fields}
        return await self.client.post(path, data=fields, headers={"HX-Request": "true"})


Open = Callable[..., Browser]


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    """`opened("hello", token="...")`: a browser at a review of these completions."""
    clients = []

    def make(
        *completions: Any,
        annotator: str = "ana",
        reviewed: Any = None,
        **more: Any,
    ) -> Browser:
        texts = completions or ("hello", "good day", "go away")
        held = reviewed or Reviewed([sample(n, text) for n, text in enumerate(texts)])
        app = review_app(Desk(held, annotator), **more)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8200")
        clients.append(client)
        return Browser(client, held)

    yield make
    for client in clients:
        await client.aclose()
