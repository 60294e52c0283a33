"""Texts that are sampled in one batch, each by its own seed."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer

from rlaif.judging.transformers_draw import Draws, EndsAt
from rlaif.judging.transformers_writer import TransformersWriter
from rlaif.ports import Generated, Request
from rlaif.records.outcome import Failure
from tests.judging.conftest import tokens


@pytest.fixture
async def writer(folder: Path, judge: Callable[..., Any]) -> AsyncIterator[TransformersWriter]:
    made = TransformersWriter(judge(folder))
    await made.start()
    yield made
    await made.aclose()


def request(number: int, length: int = 12, most: int = 9, **more: Any) -> Request:
    given = {"temperature": 1.0, "seed": number, "together": True, **more}
    return Request(number, (), tokens(length, length), most, str(number), **given)


async def texts(writer: TransformersWriter, *requests: Request) -> dict[int, Generated]:
    async def asked() -> AsyncIterator[Request]:
        for one in requests:
            yield one

    return {n: text async for n, text in writer.generate(asked()) if isinstance(text, Generated)}


async def test_a_text_is_the_same_alone_and_beside_others(writer: TransformersWriter) -> None:
    requests = [request(n, 5 + 7 * (n % 3)) for n in range(8)]
    together = await texts(writer, *requests)
    for one in requests:
        assert (await texts(writer, one))[one.number] == together[one.number]
    assert len({text.ids for text in together.values()}) == 8


async def test_temperature_zero_takes_the_most_probable_tokens_beside_sampled_ones(
    writer: TransformersWriter,
) -> None:
    cold = request(0, temperature=0.0)
    alone = await texts(writer, Request(0, (), cold.ids, cold.max_tokens, "0"))
    beside = await texts(writer, cold, request(1), request(2))
    assert beside[0] == alone[0]


async def test_a_text_ends_at_its_stop_text_and_the_others_go_on(
    writer: TransformersWriter, folder: Path
) -> None:
    whole = await texts(writer, request(0, most=12), request(1, most=12))
    words = Tokenizer.from_file(str(folder / "tokenizer.json"))
    said = [words.decode([token]) for token in whole[0].ids]
    stop = next(text for text in said[3:] if text.strip())
    ended = await texts(writer, request(0, most=12, stop_texts=(stop,)), request(1, most=12))
    assert ended[0].text == whole[0].text[: whole[0].text.index(stop)]
    assert not ended[0].cut
    assert ended[0].tokens < whole[0].tokens
    assert ended[1] == whole[1]


def draws(scores: torch.Tensor, count: int, **more: Any) -> Counter[int]:
    """How often each token is drawn for equal logits."""
    batch = [request(n, most=1, **more) for n in range(count)]
    ids = torch.zeros((count, 3), dtype=torch.long)
    left = Draws(batch, 3, torch.device("cpu"))(ids, scores.repeat(count, 1))
    return Counter(left.argmax(-1).tolist())


def test_tokens_are_drawn_as_often_as_they_are_probable() -> None:
    shares = torch.tensor([0.5, 0.3, 0.15, 0.05])
    found = draws(shares.log(), 4000)
    for token, share in enumerate(shares.tolist()):
        assert abs(found[token] / 4000 - share) < 0.03


def test_a_low_temperature_sharpens() -> None:
    found = draws(torch.tensor([0.6, 0.4]).log(), 2000, temperature=0.5)
    assert abs(found[0] / 2000 - 0.36 / 0.52) < 0.03


def test_top_p_leaves_the_most_probable_tokens_that_reach_it() -> None:
    shares = torch.tensor([0.2, 0.5, 0.05, 0.25])
    assert set(draws(shares.log(), 500, top_p=0.7)) == {1, 3}
    assert set(draws(shares.log(), 50, top_p=0.01)) == {1}


def test_a_token_without_probability_is_never_drawn() -> None:
    scores = torch.tensor([0.0, -torch.inf, 0.0, -torch.inf])
    assert set(draws(scores, 500)) == {0, 2}


def test_logits_that_are_no_numbers_are_an_error() -> None:
    with pytest.raises(RuntimeError, match="not numbers"):
        draws(torch.tensor([torch.nan, 0.0]), 1)


async def test_a_broken_row_fails_alone(writer: TransformersWriter) -> None:
    loaded = writer._writing
    assert loaded is not None
    inner = loaded._model.generate

    def generate(input_ids: torch.Tensor, **more: Any) -> Any:
        if (input_ids[:, -1] == 299).any():
            raise RuntimeError("bad row")
        return inner(input_ids=input_ids, **more)

    loaded._model.generate = generate
    bad = Request(9, (), (5, 6, 299), 9, "9", temperature=1.0, together=True)
    found = [x async for x in writer.generate(_stream(request(0), bad, request(1)))]
    assert {n for n, text in found if isinstance(text, Failure)} == {9}
    assert {n for n, text in found if isinstance(text, Generated)} == {0, 1}


async def _stream(*requests: Request) -> AsyncIterator[Request]:
    for one in requests:
        yield one


def test_a_stop_text_of_several_tokens_is_seen_when_its_last_one_is_there() -> None:
    parts = {1: "a", 2: "St", 3: "op", 4: "b"}
    ends = EndsAt([request(0, stop_texts=("Stop",))], 1, lambda ids: "".join(parts[n] for n in ids))
    assert ends(torch.tensor([[9, 1, 2]]), None).tolist() == [False]
    assert ends(torch.tensor([[9, 1, 2, 3]]), None).tolist() == [True]
    assert ends(torch.tensor([[9, 1, 2, 3, 4]]), None).tolist() == [True]


async def test_an_adapter_changes_what_is_written_and_what_it_is_known_by(
    writer: TransformersWriter, folder: Path, judge: Callable[..., Any], tmp_path: Path, model: Any
) -> None:
    peft = pytest.importorskip("peft")
    torch.manual_seed(1)
    adapted = peft.get_peft_model(
        copy.deepcopy(model),
        peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False),
    )
    adapted.save_pretrained(str(tmp_path / "lora"))
    other = TransformersWriter(judge(folder), tmp_path, adapter="lora")
    await other.start()
    asked = [request(n) for n in range(4)]
    plain, changed = await texts(writer, *asked), await texts(other, *asked)
    await other.aclose()
    assert other.served.startswith(f"{writer.served} adapter ")
    assert plain != changed
