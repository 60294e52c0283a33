"""How much is let in, who has gone, and how the server stands."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import httpx
import pytest

from rlaif.errors import JudgeUnavailable
from rlaif.web.admission import Room
from rlaif.web.replies import Refused

ITEM = {"prompt": "Greet her.", "completion": "hello"}


def items(number: int) -> dict[str, Any]:
    return {"items": [ITEM] * number}


async def test_above_its_places_a_server_says_when_to_come_again(serve: Any) -> None:
    server = serve(max_waiting=4)
    server.grading.open.clear()
    first = asyncio.create_task(server.post("/rewards", items(3)))
    await server.until(lambda: server.grading.waiting == 1)
    full = await server.post("/rewards", items(2))
    assert full.status_code == 429
    assert int(full.headers["retry-after"]) >= 1
    assert full.json()["error"]["message"] == "3 items are waiting already; come again in about 1 s"
    second = asyncio.create_task(server.post("/rewards", items(1)))
    await server.until(lambda: server.grading.waiting == 2)
    server.grading.open.set()
    assert (await first).status_code == (await second).status_code == 200
    assert (await server.post("/rewards", items(4))).status_code == 200


async def test_what_can_never_fit_is_not_told_to_come_again(serve: Any) -> None:
    reply = await serve(max_waiting=4).post("/rewards", items(5))
    assert reply.status_code == 413
    assert "retry-after" not in reply.headers


def test_the_word_when_to_come_again_follows_the_pace() -> None:
    now = 0.0
    room = Room(100, 10**6, lambda: now)
    with room.taken(10):
        now = 5.0  # two items a second
    with room.taken(60):
        with pytest.raises(Refused) as refused, room.taken(50):
            pass
        assert refused.value.headers == {"Retry-After": "30"}


def test_bodies_take_memory_that_is_limited_too() -> None:
    room = Room(100, 1000)
    room.hold(900)
    with pytest.raises(Refused, match="too many large requests"):
        room.hold(200)
    room.let_go(900)
    room.hold(200)


async def test_a_caller_who_goes_away_frees_its_places(serve: Any) -> None:
    server = serve(max_waiting=1)
    server.grading.open.clear()
    gone = asyncio.Event()
    sent: list[Any] = []
    content = b'{"items": [{"prompt": "x", "completion": "hello"}]}'
    given = iter([{"type": "http.request", "body": content}])

    async def receive() -> Any:
        for message in given:
            return message
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/rewards",
        "raw_path": b"/rewards",
        "query_string": b"",
        "headers": [],
        "http_version": "1.1",
        "scheme": "http",
        "server": ("127.0.0.1", 8100),
        "client": ("127.0.0.1", 1),
        "root_path": "",
    }
    call = asyncio.create_task(server.made.app(scope, receive, send))
    await server.until(lambda: server.grading.waiting == 1)
    assert (await server.post("/rewards", items(1))).status_code == 429
    gone.set()
    await call
    await server.until(lambda: server.grading.cancelled == 1)
    assert server.made.desk.room.items == 0
    assert server.made.desk.counts.requests["rewards", 499] == 1
    server.grading.open.set()
    assert (await server.post("/rewards", items(1))).status_code == 200


async def test_a_server_is_alive_before_its_judge_is_loaded_and_ready_after(serve: Any) -> None:
    server = serve(loaded=False)
    assert (await server.client.get("/health")).status_code == 200
    before = await server.client.get("/ready")
    assert (before.status_code, before.json()) == (503, {"status": "loading"})
    early = asyncio.create_task(server.post("/rewards", items(1)))
    await server.until(lambda: server.made.desk.counts.in_flight == 1)
    assert server.grading.seen == []
    server.made.standing.loaded.set()
    assert (await early).status_code == 200
    assert (await server.client.get("/ready")).json() == {"status": "ready"}


async def test_who_came_too_early_is_told_so_at_the_deadline(serve: Any) -> None:
    reply = await serve(loaded=False, deadline_s=0.01).post("/rewards", items(1))
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "5")


async def test_a_judge_that_is_gone_makes_the_server_unready_until_it_answers(serve: Any) -> None:
    server = serve()
    server.grading.raises = JudgeUnavailable("the model is gone\n  hint: start it again")
    for _ in range(3):
        reply = await server.post("/rewards", items(1))
        assert reply.status_code == 503
    assert reply.json()["error"]["hint"] == "start it again"
    assert (await server.client.get("/ready")).json() == {"status": "judge unavailable"}
    assert len(server.notes) == 1  # not once a request
    server.grading.raises = None
    assert (await server.post("/rewards", items(1))).status_code == 200
    assert (await server.client.get("/ready")).status_code == 200


async def test_a_judge_that_is_gone_is_asked_for_again_though_nobody_wants_a_reward(
    serve: Any,
) -> None:
    asked: list[bool] = []

    async def opening() -> None:
        asked.append(server.made.standing.ready)
        if len(asked) < 3:
            raise JudgeUnavailable("still gone")

    server = serve(opening=opening)
    server.made.desk.reopening.first_s = 0.001
    server.grading.raises = JudgeUnavailable("the model is gone")
    for _ in range(2):  # two losses, and one that asks
        assert (await server.post("/rewards", items(1))).status_code == 503
    await server.until(lambda: server.made.standing.ready)
    assert (await server.client.get("/ready")).status_code == 200
    assert asked == [False] * 3
    assert server.notes[-1] == "the judge is back"


async def test_nobody_asks_for_a_judge_when_the_server_stops(serve: Any) -> None:
    async def opening() -> None:
        raise AssertionError("asked for")

    server = serve(opening=opening)
    server.made.desk.reopening.first_s = 0.001
    server.grading.raises = JudgeUnavailable("the model is gone")
    await server.post("/rewards", items(1))
    server.made.standing.stopping = True
    await server.until(lambda: server.made.desk.reopening.idle)


async def test_a_server_that_stops_gives_up_what_is_under_way_when_its_grace_is_over(
    serve: Any,
) -> None:
    server = serve()
    server.grading.open.clear()
    under_way = asyncio.create_task(server.post("/rewards", items(1)))
    await server.until(lambda: server.grading.waiting == 1)
    server.made.standing.stopping = True
    assert (await server.post("/rewards", items(1))).status_code == 503
    assert (await server.client.get("/ready")).json() == {"status": "stopping"}
    server.made.standing.over.set()
    reply = await under_way
    assert (reply.status_code, reply.json()["error"]["message"]) == (503, "the server is stopping")


async def test_the_metrics_say_what_was_asked_graded_and_failed(serve: Any) -> None:
    pytest.importorskip("prometheus_client")
    server = serve()
    await server.post("/rewards", {"items": [ITEM, {**ITEM, "completion": "fail"}]})
    await server.post("/rewards", {"items": [{**ITEM, "completion": "late"}]})
    await server.post("/rewards", [])
    reply = await server.client.get("/metrics")
    assert reply.headers["content-type"].startswith("text/plain")
    lines = reply.text.splitlines()
    for line in (
        'rlaif_reward_requests_total{form="rewards",status="200"} 2.0',
        'rlaif_reward_requests_total{form="rewards",status="400"} 1.0',
        'rlaif_reward_samples_total{form="rewards"} 3.0',
        'rlaif_reward_failures_total{stage="backend"} 1.0',
        'rlaif_reward_failures_total{stage="deadline"} 1.0',
        'rlaif_reward_seconds_count{form="rewards"} 2.0',
        "rlaif_reward_queue_length 0.0",
        "rlaif_reward_requests_in_flight 0.0",
        "rlaif_reward_ready 1.0",
    ):
        assert line in lines


async def test_without_its_library_the_metrics_say_what_to_install(
    serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    monkeypatch.delitem(sys.modules, "rlaif.web.exposition", raising=False)
    reply = await serve().client.get("/metrics")
    assert reply.status_code == 501
    assert "pip install 'rlaif[metrics]'" in reply.json()["error"]["message"]


async def test_the_rubric_is_told_by_name_version_hash_and_criteria(
    serve: Any, rubric_served: Any
) -> None:
    assert (await serve().client.get("/rubric")).json() == {
        "rubric": "greeting",
        "version": "1.0.0",
        "hash": rubric_served.content_hash,
        "criteria": ["kind"],
        "sections": [],
        "per_sample": False,
        "judge": "fake@1.0.0",
    }


async def test_the_description_is_openapi_and_its_page_loads_nothing(serve: Any) -> None:
    client: httpx.AsyncClient = serve().client
    described = (await client.get("/openapi.json")).json()
    assert described["openapi"].startswith("3.1")
    for path in described["paths"]:
        way = "post" if "post" in described["paths"][path] else "get"
        reply = await client.request(way, path, json={} if way == "post" else None)
        assert reply.status_code != 404
    page = await client.get("/docs")
    assert "POST /rewards" in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize(("way", "path", "status"), [("GET", "/x", 404), ("GET", "/rewards", 405)])
async def test_what_is_not_there_is_an_error_like_all_others(
    serve: Any, way: str, path: str, status: int
) -> None:
    reply = await serve().client.request(way, path)
    assert reply.status_code == status
    assert "/rewards" in reply.json()["error"]["hint"]
