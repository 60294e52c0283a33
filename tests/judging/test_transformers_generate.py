"""Free text from a model of random weights, run by transformers."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer

from rlaif.judging import transformers_backend, transformers_generate
from rlaif.judging.model_loading import load_model
from rlaif.judging.transformers_backend import TransformersBackend
from rlaif.ports import Decision, Generated, Request
from rlaif.records.outcome import Failure
from tests.judging.conftest import tokens

Texts = dict[int, Generated | Failure]


def request(number: int, length: int = 12, most: int = 9, **more: Any) -> Request:
    return Request(number, (), tokens(length, number), most, str(number), **more)


async def texts(generator: TransformersBackend, *requests: Request) -> Texts:
    async def asked() -> AsyncIterator[Request]:
        for one in requests:
            yield one

    return {number: text async for number, text in generator.generate(asked())}


@pytest.fixture
async def generator(folder: Path, judge: Callable[..., Any]) -> AsyncIterator[Any]:
    made = TransformersBackend(judge(folder))
    await made.start()
    yield made
    await made.aclose()


def words(folder: Path) -> Tokenizer:
    return Tokenizer.from_file(str(folder / "tokenizer.json"))


@torch.inference_mode()
def by_hand(model: Any, ids: tuple[int, ...], most: int, end: int) -> list[int]:
    """The most probable tokens, one plain forward pass each."""
    row, found = list(ids), []
    for _ in range(most):
        token = int(model(input_ids=torch.tensor([row])).logits[0, -1].argmax())
        if token == end:
            break
        found.append(token)
        row.append(token)
    return found


async def test_a_batch_of_unlike_lengths_writes_what_each_would_write_alone(
    generator: TransformersBackend, folder: Path, model: Any
) -> None:
    requests = [request(n, length) for n, length in enumerate((5, 40, 17))]
    found = await texts(generator, *requests)
    for one in requests:
        wanted = by_hand(model, one.ids, one.max_tokens, 2)
        text = found[one.number]
        assert isinstance(text, Generated)
        assert text.text == words(folder).decode(wanted)
        assert (text.ids, text.tokens) == (tuple(wanted), len(wanted))
        assert text.cut == (len(wanted) == one.max_tokens)
        assert text.tokens_computed == len(one.ids)


async def test_sampling_depends_on_the_seed_alone(generator: TransformersBackend) -> None:
    before = torch.get_rng_state()
    one, two = (request(0, temperature=1.0, seed=seed) for seed in (1, 2))
    first, other, again = [(await texts(generator, r))[0] for r in (one, two, one)]
    assert first == again != other
    assert torch.equal(before, torch.get_rng_state())


async def test_a_prompt_too_long_is_a_failure_and_no_other_is_harmed(
    folder: Path, judge: Callable[..., Any]
) -> None:
    generator = TransformersBackend(judge(folder, max_length=30))
    await generator.start()
    found = await texts(generator, request(0), request(1, length=25))
    assert isinstance(found[0], Generated)
    assert found[1] == Failure("length", "prompt and text are 34 tokens; the model takes 30")


async def test_what_breaks_one_request_breaks_no_other(generator: TransformersBackend) -> None:
    broken = Request(1, (), (3, 10**6), 9, "beyond the vocabulary")
    found = await texts(generator, request(0), broken, request(2))
    assert isinstance(found[0], Generated)
    assert isinstance(found[2], Generated)
    failure = found[1]
    assert isinstance(failure, Failure)
    assert (failure.stage, failure.message[:16]) == ("backend", "the model broke:")


async def test_a_text_ends_before_the_tokens_that_its_request_names(
    generator: TransformersBackend, model: Any
) -> None:
    one, other = request(0), request(1)
    wanted = by_hand(model, one.ids, 9, 2)
    stop = wanted[3]
    found = await texts(generator, replace(one, stops=(stop,)), other)
    text = found[0]
    assert isinstance(text, Generated)
    assert (list(text.ids), text.cut) == (wanted[: wanted.index(stop)], False)
    assert getattr(found[1], "ids", None) == tuple(by_hand(model, other.ids, 9, 2))


async def test_a_schema_is_not_held_to_and_that_is_said_once(
    generator: TransformersBackend,
) -> None:
    before = generator.notes
    found = await texts(generator, request(0), request(1, schema={}), request(2, schema={}))
    assert all(isinstance(text, Generated) for text in found.values())
    told = [note for note in generator.notes if note not in before]
    assert len(told) == 1
    assert "not held to their form" in told[0]


async def test_writing_and_judging_share_one_model_and_never_run_it_together(
    folder: Path,
    judge: Callable[..., Any],
    model: Any,
    decisions: Callable[..., list[Decision]],
    answers: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded: list[object] = []

    def load(*given: Any) -> Any:
        loaded.append(given)
        return load_model(*given)

    monkeypatch.setattr(transformers_backend, "load_model", load)
    backend = TransformersBackend(judge(folder, batch_tokens=60))
    await backend.start()
    given = decisions([30, 12, 25, 18], [5, 6])
    asked = [request(n, length) for n, length in enumerate((5, 40, 17))]
    alone = await answers(backend, given), await texts(backend, *asked)
    running: set[int] = set()
    threads: set[int] = set()

    def hook(*_: object) -> None:
        running.add(threading.get_ident())
        threads.add(threading.get_ident())
        assert len(running) == 1
        time.sleep(0.002)  # for another to come in, if any could

    backend._model.register_forward_pre_hook(hook)
    backend._model.register_forward_hook(lambda *_: running.clear())
    together = await asyncio.gather(answers(backend, given), texts(backend, *asked))
    assert tuple(together) == alone
    assert len(loaded) == 1
    assert len(threads) > 1
    await backend.aclose()


async def test_left_early_the_model_stops_writing(
    generator: TransformersBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator._writing._ends = ()  # type: ignore[union-attr]  # no token ends the text
    begun = threading.Event()
    until = transformers_generate._until

    def heard(stopped: threading.Event) -> Callable[[torch.Tensor, object], torch.Tensor]:
        goes_on = until(stopped)

        def stop(ids: torch.Tensor, scores: object) -> torch.Tensor:
            begun.set()
            return goes_on(ids, scores)

        return stop

    monkeypatch.setattr(transformers_generate, "_until", heard)
    most = (generator.max_length or 0) - 100
    task = asyncio.create_task(texts(generator, request(0, most=most)))
    assert await asyncio.to_thread(begun.wait, 60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    # the next one waits for the model, which 3,996 tokens would keep for longer
    found = await asyncio.wait_for(texts(generator, request(1)), 20)
    assert isinstance(found[1], Generated)
