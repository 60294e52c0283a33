"""What the judge finds out about a server, and what it then asks and reads."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rlaif.errors import JudgeUnavailable
from rlaif.judging.http_faults import Broken
from rlaif.judging.openai_backend import OpenaiBackend
from rlaif.judging.openai_labels import among_likeliest
from rlaif.judging.openai_survey import TEXT_ONLY
from rlaif.ports import Answer, Decision
from rlaif.records.outcome import Failure
from tests.judging.misbehaving import (
    Body,
    Server,
    always,
    failures,
    hurry,
    logarithm,
    right,
    said,
    sample,
    samples,
    serving,
    spec_for,
    started,
    stream,
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as (one,):
        yield one


# --- token ids -----------------------------------------------------------------------------------


async def test_all_questions_go_as_token_ids_in_one_request(server: Server, folder: Path) -> None:
    asked = samples(3, 5)
    async with started(server, folder) as backend:
        found = await said(backend, asked)
    assert [path for path, _ in server.bodies] == ["completions"]
    assert server.prompts == [[*one.prefix.ids, *one.suffix_ids] for one in asked]
    for one in asked:
        answer = found[one.number]
        assert isinstance(answer, Answer)
        assert answer.probabilities == pytest.approx(right(one))


async def test_a_request_has_64_questions_and_a_samples_stay_together(
    server: Server, folder: Path
) -> None:
    async with started(server, folder) as backend:
        await said(backend, samples(20, 5) + sample("large", 90, 1000))
    sizes = [len(body["prompt"]) for _, body in server.bodies]
    assert sorted(sizes) == [40, 60, 90]


async def test_a_body_larger_than_a_megabyte_is_sent(server: Server, folder: Path) -> None:
    server.max_model_len = None
    large = sample("large", 8, size=8)
    for one in large:
        object.__setattr__(one, "suffix_ids", (123456,) * 30_000)
    async with started(server, folder) as backend:
        found = await said(backend, large)
    assert all(isinstance(answer, Answer) for answer in found.values())
    assert [len(body["prompt"]) for _, body in server.bodies] == [8]


async def test_what_the_server_had_computed_before_is_told(server: Server, folder: Path) -> None:
    server.cached = 20
    async with started(server, folder) as backend:
        found = await said(backend, sample("s", 3))
    counts = [(a.tokens_computed, a.tokens_cached) for a in found.values() if isinstance(a, Answer)]
    assert counts == [(11, 0), (2, 9), (0, 11)]


async def test_the_tokenizer_is_there_before_the_start_and_after(
    server: Server, folder: Path
) -> None:
    backend = OpenaiBackend(spec_for(server, folder))
    assert backend.tokenizer() is not None
    async with started(server, folder) as backend:
        assert backend.tokenizer() is not None
        assert backend.notes == (
            f"m at {server.url}, asked by token ids, the labels' own probabilities",
        )


async def test_a_server_without_the_labels_own_probabilities_gives_the_likeliest(
    server: Server, folder: Path
) -> None:
    server.can.discard("exact")
    (one,) = sample("s", 1)
    object.__setattr__(one, "label_ids", (101, 5000))
    async with started(server, folder) as backend:
        (answer,) = (await said(backend, [one])).values()
    assert isinstance(answer, Answer)
    ids = [*one.prefix.ids, *one.suffix_ids]
    least = min(logarithm(ids, 100 + n) for n in range(20))
    shown = [math.exp(logarithm(ids, 100 + n)) for n in range(20)]
    left = max(min(math.exp(least), 1 - sum(shown)), 0.0)
    assert answer.probabilities[1] / answer.probabilities[0] == pytest.approx(left / shown[1])
    assert sum(answer.probabilities) == pytest.approx(shown[1])
    assert "20 likeliest" in backend.served


async def test_a_server_that_takes_one_prompt_gets_one_a_request(
    server: Server, folder: Path
) -> None:
    server.can.discard("many")
    asked = samples(2, 2)
    async with started(server, folder) as backend:
        found = await said(backend, asked)
    assert [len(body["prompt"]) for _, body in server.bodies] == [1] * 4
    assert all(isinstance(answer, Answer) for answer in found.values())


async def test_a_server_with_another_tokenizer_gets_no_token_ids(
    server: Server, folder: Path
) -> None:
    backend = OpenaiBackend(spec_for(server, folder))
    await backend.start()  # the server names every token otherwise
    await backend.aclose()
    assert backend.tokenizer() is None
    assert any("tokens are not those of the judge's tokenizer" in note for note in backend.notes)
    pinned = OpenaiBackend(spec_for(server, folder, api="completions"))
    with pytest.raises(JudgeUnavailable, match="tokens are not those"):
        await pinned.start()
    await pinned.aclose()


async def test_a_prompt_that_is_too_long_never_reaches_the_server(
    server: Server, folder: Path
) -> None:
    server.max_model_len = 60
    fits, too_long = sample("s", 2)
    object.__setattr__(too_long, "suffix_ids", (5,) * 51)
    async with started(server, folder) as backend:
        assert backend.max_length == 60
        found = await said(backend, [fits, too_long])
    assert isinstance(found[0], Answer)
    assert found[1] == Failure("length", "60 tokens; the judge takes 59")
    assert len(server.prompts) == 1


async def test_the_judge_files_limit_counts_where_it_is_the_smaller(
    server: Server, folder: Path
) -> None:
    async with started(server, folder, max_length=100) as backend:
        assert backend.max_length == 100


# --- chat and JSON -------------------------------------------------------------------------------


async def test_without_a_tokenizer_the_likeliest_tokens_of_a_chat_are_read(server: Server) -> None:
    async with started(server) as backend:
        found = await said(backend, sample("s", 2))
        assert backend.tokenizer() is None
    (_, first), (_, second) = server.bodies
    assert first["messages"] == [
        {"role": "system", "content": "You judge."},
        {"role": "user", "content": "The sample.\nIs it 0?"},
    ]
    assert second["messages"][1]["content"].endswith("Is it 1?")
    assert first["top_logprobs"] == 20
    for answer in found.values():
        assert isinstance(answer, Answer)
        assert answer.probabilities == pytest.approx((0.05, 0.7))  # "Yes" and " Yes", not "yes"
    assert TEXT_ONLY in backend.notes
    assert "'m' is no folder and no name on the hub" in backend.notes[1]


async def test_a_label_outside_the_likeliest_tokens_has_at_most_the_lasts(server: Server) -> None:
    (one,) = sample("s", 1)
    object.__setattr__(one, "labels", ("Never", "Yes"))
    async with started(server) as backend:
        (answer,) = (await said(backend, [one])).values()
    assert isinstance(answer, Answer)
    assert answer.probabilities[0] / answer.probabilities[1] == pytest.approx(0.001 / 0.7)
    assert sum(answer.probabilities) == pytest.approx(0.7)  # what was seen of the labels


async def test_where_no_label_is_among_the_likeliest_tokens_there_is_no_answer(
    server: Server,
) -> None:
    (one,) = sample("s", 1)
    object.__setattr__(one, "labels", ("A", "B"))
    async with started(server) as backend:
        (found,) = failures(await said(backend, [one]))
    assert found == Failure(
        "label_mass", "no label is among the 5 likeliest tokens that the server shows"
    )
    assert len(server.bodies) == 1  # asked again it would say the same


def spread(*shown: tuple[str | int, float]) -> dict[str | int, float]:
    return {name: math.log(share) for name, share in shown}


def test_what_is_not_shown_adds_nothing_to_the_labels_mass() -> None:
    tops = spread(("I", 0.6), ("The", 0.2), ("Yes", 0.08), ("As", 0.05), ("It", 0.04))
    found = among_likeliest(tops, [("No", " No"), ("Yes", " Yes")])
    assert isinstance(found, tuple)
    assert sum(found) == pytest.approx(0.08)
    assert found[0] / found[1] == pytest.approx(0.03 / 0.08)  # no more than what is left


def test_ten_labels_of_which_few_are_shown_do_not_add_up_to_more_than_1() -> None:
    tops = spread(("A", 0.5), ("B", 0.3), ("the", 0.05), ("C", 0.05), ("D", 0.045))
    found = among_likeliest(tops, [(label,) for label in "ABCDEFGHIJ"])
    assert isinstance(found, tuple)
    assert sum(found) == pytest.approx(0.895)
    assert found[4] < found[3]
    assert found[0] / found[1] == pytest.approx(5 / 3)


def test_labels_that_are_shown_with_more_than_1_together_are_no_answer() -> None:
    with pytest.raises(Broken, match="more than 1"):
        among_likeliest(spread(("A", 0.7), ("B", 0.6)), [("A",), ("B",), ("C",)])


async def test_a_server_without_probabilities_is_asked_for_json(server: Server) -> None:
    server.can.discard("logprobs")
    async with started(server) as backend:
        found = await said(backend, sample("s", 1))
    assert found == {0: Answer((0.0, 1.0))}
    (_, body) = server.bodies[0]
    schema = body["response_format"]["json_schema"]["schema"]
    assert schema["properties"] == {"verdict": {"type": "string", "enum": ["No", "Yes"]}}
    assert TEXT_ONLY in backend.notes


@pytest.mark.parametrize(
    "text", ["", "Yes", '{"verdict": "yes"}', '{"verdict": 1}', '["Yes"]', '{"verdict": "Yes"']
)
async def test_json_that_is_no_verdict_is_a_failure(server: Server, text: str) -> None:
    async with started(server, api="json", retries=0) as backend:
        server.text = text
        (found,) = failures(await said(backend, sample("s", 1)))
    assert found == Failure("parse", "the judge's answer is not the JSON that was asked for")


async def test_a_verdict_in_a_code_block_is_read(server: Server) -> None:
    async with started(server, api="json") as backend:
        server.text = '```json\n{"verdict": "No"}\n```'
        assert await said(backend, sample("s", 1)) == {0: Answer((1.0, 0.0))}


@pytest.mark.parametrize(
    ("refused", "instead"),
    [
        ("max_tokens", {"max_completion_tokens": 1}),
        ("chat_template_kwargs", {}),
        ("top_logprobs", {"top_logprobs": 5}),
    ],
)
async def test_what_a_server_refuses_by_name_is_not_sent_again(
    server: Server, refused: str, instead: Body
) -> None:
    async def act(_: Server, __: Any, body: Body) -> Any:
        if refused in body and body[refused] != instead.get(refused):
            told = f"Unsupported parameter: '{refused}'"
            return await always(told, 400)(server, __, body)
        return None

    server.act = act
    async with started(server) as backend:
        found = await said(backend, sample("s", 1))
    assert isinstance(found[0], Answer)
    ((_, body),) = server.bodies
    assert {name: body[name] for name in instead} == instead
    assert instead or refused not in body


# --- what is known by what -----------------------------------------------------------------------


async def test_what_is_served_names_the_model_the_weights_and_the_way(
    server: Server, folder: Path
) -> None:
    server.root = "/weights/m-v2"
    async with started(server, folder, revision="abc") as backend:
        assert backend.served == (
            "m@abc (/weights/m-v2), asked by token ids, the labels' own probabilities"
        )


async def test_where_and_how_fast_it_is_asked_is_no_part_of_what_is_served(folder: Path) -> None:
    async with (
        serving(2) as (one, other),
        started(one, folder) as first,
        started(other, folder, concurrency=3) as second,
    ):
        assert first.served == second.served


async def test_a_server_may_call_the_model_by_a_longer_name(server: Server) -> None:
    server.said_model = "m-2026-01-01"
    async with started(server) as backend:
        found = await said(backend, sample("s", 1))
    assert isinstance(found[0], Answer)
    assert backend.served.startswith("m (m-2026-01-01), asked by")


async def test_options_are_part_of_every_body(server: Server, folder: Path) -> None:
    async with started(server, folder, options={"priority": 3, "top_k": 5}) as backend:
        await said(backend, sample("s", 1))
    ((_, body),) = server.bodies
    assert (body["priority"], body["top_k"], body["model"]) == (3, 5, "m")


async def test_values_for_the_chat_template_go_along_with_ours(server: Server) -> None:
    more = {"chat_template_kwargs": {"reasoning_effort": "low"}}
    async with started(server, options=more) as backend:
        await said(backend, sample("s", 1))
    ((_, body),) = server.bodies
    assert body["chat_template_kwargs"] == {"reasoning_effort": "low", "enable_thinking": False}


@pytest.mark.parametrize(
    "name",
    [
        *("model", "prompt", "messages", "stream", "seed", "temperature", "max_tokens"),
        *("logprobs", "top_logprobs", "logprob_token_ids", "truncate_prompt_tokens", "logit_bias"),
    ],
)
def test_no_option_changes_what_is_asked_of_whom(name: str) -> None:
    with pytest.raises(ValidationError, match=f"the option '{name}' cannot be set here"):
        spec_for([], base_url="https://judge.example/v1", options={name: 1})


# --- servers that are of no use ------------------------------------------------------------------

RUBBISH = {
    "500": (always("oops", 500), "backend", "answered 500: oops"),
    "html": (always("<html>busy</html>"), "parse", "not JSON: '<html>busy</html>'"),
    "cut": (always('{"choices": [{"te'), "parse", "not JSON"),
    "empty": (always(""), "parse", "not JSON"),
    "prose": (
        always(
            '{"choices": [{"index": 0, "message": {"content": "I think so"}, "logprobs": null}]}'
        ),
        "parse",
        "no logprobs",
    ),
    "list": (always("[1]"), "parse", "not a JSON object"),
}


@pytest.mark.parametrize("fault", RUBBISH)
@pytest.mark.parametrize("models", [True, False])
async def test_a_server_that_answers_rubbish_fails_every_question(
    server: Server, fault: str, models: bool
) -> None:
    server.act, stage, told = RUBBISH[fault]
    if not models:
        server.can.discard("models")
    async with started(server, retries=1) as backend:
        found = failures(await said(backend, samples(2)))
    assert {one.stage for one in found} == {stage}
    assert all(told in one.message for one in found)
    assert server.bodies == []


async def test_an_unknown_model_says_which_there_are(server: Server) -> None:
    server.act = always('{"error": "no such model"}', 404)
    server.model = "other"
    backend = OpenaiBackend(spec_for(server))
    with pytest.raises(JudgeUnavailable, match="no model 'm'\n  hint: it has other"):
        await backend.start()
    await backend.aclose()


async def test_a_wrong_path_says_what_the_address_is_to_be(server: Server) -> None:
    server.can = set()
    backend = OpenaiBackend(spec_for(server))
    with pytest.raises(JudgeUnavailable, match="'base_url' goes up to /v1"):
        await backend.start()
    await backend.aclose()


async def test_a_way_that_is_named_is_the_only_one_that_is_tried(
    server: Server, folder: Path
) -> None:
    async with started(server, folder, api="json") as backend:
        assert backend.tokenizer() is None
        assert backend.served == "m, asked by chat, JSON by a schema"
    server.can.discard("chat")
    pinned = OpenaiBackend(spec_for(server, folder, api="chat"))
    with pytest.raises(JudgeUnavailable, match="does not take questions"):
        await pinned.start()
    await pinned.aclose()


async def test_a_tokenizer_that_is_named_must_be_there(server: Server, tmp_path: Path) -> None:
    backend = OpenaiBackend(spec_for(server, tmp_path))
    with pytest.raises(JudgeUnavailable, match=r"no tokenizer\.json"):
        await backend.start()
    await backend.aclose()


# --- coming to an end ----------------------------------------------------------------------------


async def test_leaving_early_ends_every_request(server: Server, folder: Path) -> None:
    async with started(server, folder, concurrency=2) as backend:
        server.latency_s = 0.01
        answers = backend.decide(stream(samples(200)))
        async for _ in answers:
            break
        await answers.aclose()  # type: ignore[attr-defined]  # a generator
        await asyncio.sleep(0.05)
        assert server.under_way == 0
        again = await said(backend, samples(2))
    assert all(isinstance(answer, Answer) for answer in again.values())


async def test_questions_that_break_off_end_the_answers_with_their_error(
    server: Server, folder: Path
) -> None:
    async def broken() -> AsyncIterator[Decision]:
        yield sample("s", 1)[0]
        raise OSError("no more questions")

    async def read(backend: OpenaiBackend) -> None:
        async for _ in backend.decide(broken()):
            pass

    async with started(server, folder) as backend:
        with pytest.raises(OSError, match="no more questions"):
            await asyncio.wait_for(read(backend), 5)


async def test_a_job_that_is_stopped_leaves_nothing_behind(server: Server, folder: Path) -> None:
    before = asyncio.all_tasks()
    async with started(server, folder) as backend:
        server.latency_s = 60
        job = asyncio.create_task(said(backend, samples(5)))
        await asyncio.sleep(0.05)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        assert [t for t in asyncio.all_tasks() - before if "rlaif" in repr(t.get_coro())] == []


async def test_a_job_that_is_stopped_while_a_request_fills_up_keeps_no_place(
    server: Server, folder: Path
) -> None:
    async with started(server, folder, concurrency=1) as backend:
        for pauses in range(12):
            job = asyncio.create_task(said(backend, samples(3)))
            for _ in range(pauses):
                await asyncio.sleep(0)
            job.cancel()
            await asyncio.gather(job, return_exceptions=True)
        found = await asyncio.wait_for(said(backend, samples(3)), 30)
    assert all(isinstance(answer, Answer) for answer in found.values())


async def test_a_field_left_out_is_part_of_what_a_verdict_is_known_by(server: Server) -> None:
    async def act(_: Server, __: Any, body: Body) -> Any:
        unknown = {"chat_template_kwargs"} & body.keys()
        told = f"Unsupported parameter: {unknown}"
        return await always(told, 400)(server, __, body) if unknown else None

    server.act = act
    async with started(server) as backend:
        assert backend.served == (
            "m, asked by chat, the 20 likeliest tokens, without chat_template_kwargs"
        )


async def test_fewer_likeliest_tokens_are_part_of_it_too(server: Server) -> None:
    async def act(_: Server, __: Any, body: Body) -> Any:
        refuses = body.get("top_logprobs") == 20
        return await always("top_logprobs is at most 5", 400)(server, __, body) if refuses else None

    server.act = act
    async with started(server) as backend:
        assert backend.served == "m, asked by chat, the 5 likeliest tokens"
        assert backend.notes[0].endswith("asked by chat, the 5 likeliest tokens")


async def test_the_same_answers_whatever_the_concurrency(server: Server, folder: Path) -> None:
    asked = samples(60, 3)
    found = []
    for concurrency in (1, 7, 64):
        async with started(server, folder, concurrency=concurrency) as backend:
            found.append(await said(backend, asked))
    assert found[0] == found[1] == found[2]
