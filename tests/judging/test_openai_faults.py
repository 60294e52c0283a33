"""A server that answers badly: failures with their stage, never a number, nothing for ever."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from rlaif.errors import JudgeUnavailable
from rlaif.judging import http_line
from rlaif.judging.openai_backend import OpenaiBackend
from rlaif.ports import Answer, Decision
from rlaif.records.outcome import Failure
from tests.judging.misbehaving import (
    Act,
    Body,
    Server,
    always,
    drips,
    failures,
    first,
    hangs,
    hurry,
    refusal,
    right,
    said,
    sample,
    samples,
    serving,
    spoils,
    started,
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as (one,):
        yield one


def at_first_choice(change: Callable[[Body], None]) -> Act:
    return spoils(lambda reply: change(reply["choices"][0]))


def top(choice: Body) -> Body:
    found: Body = choice["logprobs"]["top_logprobs"][0]
    return found


def to_label(value: Any) -> Act:
    return at_first_choice(lambda choice: top(choice).update({"token_id:11": value}))


FAULTS: dict[str, tuple[Act, str, str]] = {
    "500": (always("\x1b[31moops\x00\nno", 500), "backend", "answered 500: [31moops no"),
    "429": (always("slow down", 429, Retry_After="0"), "backend", "answered 429: slow down"),
    "html": (always("<html>busy</html>"), "parse", "not JSON: '<html>busy</html>'"),
    "cut": (always('{"choices": [{"te'), "parse", "not JSON"),
    "empty": (always(""), "parse", "not JSON"),
    "null": (always("null"), "parse", "not a JSON object"),
    "error with 200": (always('{"error": {"message": "full"}}'), "backend", "full"),
    "no choices": (always("{}"), "parse", "no choices"),
    "no logprobs": (at_first_choice(lambda c: c.pop("logprobs")), "parse", "no logprobs"),
    "null logprobs": (at_first_choice(lambda c: c.update(logprobs=None)), "parse", "no logprobs"),
    "no tops": (at_first_choice(lambda c: c["logprobs"].pop("top_logprobs")), "parse", "likeliest"),
    "NaN": (to_label(math.nan), "parse", "not JSON"),
    "null for a label": (to_label(None), "parse", "None for a probability"),
    "text for a label": (to_label("-1"), "parse", "'-1' for a probability"),
    "true for a label": (to_label(True), "parse", "True for a probability"),
    "positive": (to_label(0.5), "parse", "0.5 for a probability"),
    "more than 1": (
        at_first_choice(lambda c: top(c).update({"token_id:11": -0.1, "token_id:12": -0.1})),
        "parse",
        "more than 1",
    ),
    "a label is missing": (at_first_choice(lambda c: top(c).pop("token_id:11")), "parse", "other"),
    "another token": (
        at_first_choice(lambda c: top(c).update({"token_id:9": -9})),
        "parse",
        "other",
    ),
    "another model": (spoils(lambda r: r.update(model="gpt")), "parse", "another model's ('gpt')"),
    "too few": (spoils(lambda r: r["choices"].pop()), "parse", "0 answers to 1 questions"),
    "too many": (spoils(lambda r: r["choices"].append(r["choices"][0])), "parse", "2 answers to 1"),
    "out of range": (at_first_choice(lambda c: c.update(index=1)), "parse", "which question"),
    "index is text": (at_first_choice(lambda c: c.update(index="0")), "parse", "which question"),
    "no object": (spoils(lambda r: r.update(choices=[7])), "parse", "no choices"),
    "redirect": (always("", 307, Location="http://example.com/"), "backend", "redirect"),
    "400": (always("bad", 400), "backend", "answered 400: bad"),
    "413": (always("large", 413), "backend", "answered 413: large"),
    "422": (always("bad", 422), "backend", "answered 422: bad"),
}
ASKED_ONCE = ("redirect", "400", "413", "422")


@pytest.mark.parametrize("name", FAULTS)
async def test_a_bad_answer_is_a_failure_and_is_asked_for_a_bounded_number_of_times(
    server: Server, folder: Path, name: str
) -> None:
    act, stage, told = FAULTS[name]
    async with started(server, folder, retries=2) as backend:
        server.act = act
        (found,) = failures(await said(backend, sample("s", 1)))
    assert found.stage == stage
    assert told in found.message
    assert found.message.isprintable()
    assert len(server.bodies) == (1 if name in ASKED_ONCE else 3)


@pytest.mark.parametrize("name", FAULTS)
async def test_a_server_that_gets_well_in_time_answers(
    server: Server, folder: Path, name: str
) -> None:
    if name in ASKED_ONCE:
        return
    asked = samples(3, 2)
    async with started(server, folder, retries=2) as backend:
        server.act = first(1, FAULTS[name][0])
        found = await said(backend, asked)
    for one in asked:
        answer = found[one.number]
        assert isinstance(answer, Answer)
        assert answer.probabilities == pytest.approx(right(one))


async def test_answers_in_another_order_find_their_questions(server: Server, folder: Path) -> None:
    asked = samples(3, 2)
    async with started(server, folder) as backend:
        server.act = spoils(lambda reply: reply["choices"].reverse())
        found = await said(backend, asked)
    assert [found[one.number].probabilities for one in asked] == [  # type: ignore[union-attr]  # known to be one
        pytest.approx(right(one)) for one in asked
    ]


async def test_an_index_given_twice_is_no_answer(server: Server, folder: Path) -> None:
    asked = sample("s", 2)

    def all_first(reply: Body) -> None:
        for choice in reply["choices"]:
            choice["index"] = 0

    async with started(server, folder, retries=0) as backend:
        server.act = spoils(all_first)
        found = await said(backend, asked)
    assert [len(body["prompt"]) for _, body in server.bodies] == [2, 1, 1]  # alone it is clear
    for one in asked:
        answer = found[one.number]
        assert isinstance(answer, Answer)
        assert answer.probabilities == pytest.approx(right(one))


async def test_one_bad_answer_of_many_is_asked_again_alone(server: Server, folder: Path) -> None:
    asked = samples(3, 2)
    async with started(server, folder) as backend:
        server.act = first(1, to_label(0.5))
        found = await said(backend, asked)
    assert all(isinstance(answer, Answer) for answer in found.values())
    assert [len(body["prompt"]) for _, body in server.bodies] == [6, 1]


async def test_a_logarithm_a_little_over_0_is_rounding(server: Server, folder: Path) -> None:
    change = at_first_choice(lambda c: top(c).update({"token_id:11": 1e-7, "token_id:12": -99}))
    async with started(server, folder) as backend:
        server.act = change
        (answer,) = (await said(backend, sample("s", 1))).values()
    assert isinstance(answer, Answer)
    assert answer.probabilities == pytest.approx((1.0, 0.0))
    assert max(answer.probabilities) <= 1


# --- batches -------------------------------------------------------------------------------------


def dislikes(one: Decision, status: int) -> Act:
    """Refuses every batch that holds this question."""
    bad = [*one.prefix.ids, *one.suffix_ids]

    async def act(_: Server, __: web.Request, body: Body) -> web.Response | None:
        return refusal(status, "I cannot") if bad in body["prompt"] else None

    return act


async def test_one_refused_question_costs_no_other_its_answer(server: Server, folder: Path) -> None:
    asked = samples(8, 4)
    async with started(server, folder) as backend:
        server.act = dislikes(asked[13], 400)
        found = await said(backend, asked)
    assert found.pop(13) == Failure(
        "backend", 'the server answered 400: {"error": {"message": "I cannot"}}'
    )
    assert all(isinstance(answer, Answer) for answer in found.values())
    assert len(server.bodies) == 1 + 2 * 5


async def test_a_question_that_a_server_breaks_over_fails_alone(
    server: Server, folder: Path
) -> None:
    asked = samples(2, 4)
    async with started(server, folder, retries=4) as backend:
        server.act = dislikes(asked[5], 500)
        found = await said(backend, asked)
    assert failures({5: found.pop(5)})[0].message.endswith("(asked 5 times)")
    assert all(isinstance(answer, Answer) for answer in found.values())


@pytest.mark.parametrize("retries", [0, 2, 4])
async def test_of_64_questions_in_one_batch_only_the_one_at_fault_fails(
    server: Server, folder: Path, retries: int
) -> None:
    asked = samples(16, 4)
    async with started(server, folder, retries=retries) as backend:
        server.act = dislikes(asked[37], 500)
        found = await asyncio.wait_for(said(backend, asked), 60)
    assert len(server.bodies[0][1]["prompt"]) == 64
    failures({37: found.pop(37)})
    assert all(isinstance(answer, Answer) for answer in found.values())
    assert len(server.bodies) == 1 + 2 * 6 + retries


async def test_a_server_that_breaks_over_everything_is_asked_a_bounded_number_of_times(
    server: Server, folder: Path
) -> None:
    async with started(server, folder, retries=1) as backend:
        server.act = always("oops", 500)
        found = failures(await asyncio.wait_for(said(backend, samples(8)), 60))
    assert len(found) == 16
    assert len(server.bodies) == 15 + 2 * 16


# --- time ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", [hangs, drips])
async def test_the_deadline_holds_whatever_the_server_does(
    server: Server, folder: Path, act: Act
) -> None:
    async with started(server, folder, deadline_s=0.3) as backend:
        server.act = act
        found = failures(await asyncio.wait_for(said(backend, samples(3)), 60))
    assert set(found) == {Failure("backend", "no answer within 0.3 s")}


async def test_one_that_hangs_holds_up_no_other(server: Server, folder: Path) -> None:
    slow, *others = samples(4, 1)

    async def act(_: Server, __: web.Request, body: Body) -> None:
        if [*slow.prefix.ids, *slow.suffix_ids] in body["prompt"]:
            await asyncio.sleep(3600)

    async def asked() -> AsyncIterator[Decision]:
        yield slow
        await asyncio.sleep(0.05)
        for one in others:
            yield one

    async with started(server, folder, deadline_s=1) as backend:
        server.act = act
        order = [number async for number, _ in backend.decide(asked())]
    assert order == [1, 2, 3, 0]


async def test_the_last_reason_is_told_when_the_time_is_over(server: Server, folder: Path) -> None:
    async with started(server, folder, deadline_s=0.4, retries=100) as backend:
        server.act = always("oops", 500)
        (found,) = failures(await said(backend, sample("s", 1)))
    assert found.message == "no answer within 0.4 s; before that: the server answered 500: oops"


async def test_retry_after_is_waited_for(server: Server, folder: Path) -> None:
    times = []

    async def act(_: Server, __: web.Request, ___: Body) -> web.Response | None:
        times.append(time.monotonic())
        return refusal(429, "wait", Retry_After="0.3") if len(times) == 1 else None

    async with started(server, folder) as backend:
        server.act = act
        (answer,) = (await said(backend, sample("s", 1))).values()
    assert isinstance(answer, Answer)
    assert times[1] - times[0] >= 0.3


async def test_a_retry_after_past_the_deadline_is_not_waited_for(
    server: Server, folder: Path
) -> None:
    async with started(server, folder, deadline_s=500) as backend:
        server.act = always("wait", 429, Retry_After="600")
        (found,) = failures(await asyncio.wait_for(said(backend, sample("s", 1)), 60))
    assert "answered 429: wait" in found.message
    assert len(server.bodies) == 1


# --- size, and what is repeated of the server's own words ----------------------------------------


async def test_an_endless_answer_is_cut_short(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with started(server, folder, retries=0) as backend:
        monkeypatch.setattr(http_line, "MOST_BYTES", 2**20)
        server.act = always(b" " * (2**20 + 1))
        (found,) = failures(await said(backend, sample("s", 1)))
    assert found == Failure("backend", "the server answered more than 1 MB")


async def test_no_more_than_200_characters_of_a_refusal_are_repeated(
    server: Server, folder: Path
) -> None:
    async with started(server, folder) as backend:
        server.act = always("x\r\n\u202e\x07" * 5000, 400)
        (found,) = failures(await said(backend, sample("s", 1)))
    told = found.message.removeprefix("the server answered 400: ")
    assert len(told) == 200
    assert told.isprintable()


@pytest.mark.parametrize("status", [401, 403])
async def test_a_server_that_does_not_let_us_in_ends_the_job(
    server: Server, folder: Path, status: int
) -> None:
    async with started(server, folder) as backend:
        server.act = always("who are you", status)
        with pytest.raises(JudgeUnavailable, match=f"{status}: who are you.*\n  hint: put its key"):
            await said(backend, samples(3))
        fresh = OpenaiBackend(backend._spec)
        with pytest.raises(JudgeUnavailable, match="does not let us in"):
            await fresh.start()
        await fresh.aclose()
