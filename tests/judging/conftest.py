"""A model of a few thousand random weights, saved as a model is, and questions to ask it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from rlaif.judging.loading import loading
from rlaif.judging.packed import Row
from rlaif.judging.transformers_backend import TransformersBackend
from rlaif.ports import Answer, Decision, Prefix
from rlaif.records.backends import TransformersJudge
from rlaif.records.outcome import Failure

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TINY: dict[str, Any] = {
    "vocab_size": 320,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 4096,
    "initializer_range": 0.3,  # answers that differ from question to question
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
Answered = dict[int, Answer | Failure]


def tiny(kind: Any, config: Any, **more: Any) -> Any:
    """A random model, the same every time."""
    torch.manual_seed(0)
    return kind(config(**{**TINY, **more})).eval()


def _tokenizer() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=310,
        show_progress=False,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(["Yes\nNo\n" * 20], trainer)
    tokenizer.add_tokens([AddedToken("<think>", special=False, normalized=False)])
    roles = {"eos_token": "<|im_end|>"}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, chat_template=CHATML, **roles)


def save(model: Any, folder: Path) -> Path:
    with loading():
        model.save_pretrained(str(folder))
        _tokenizer().save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """More gain a tiny model nothing, and cost much where the machine is busy."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def model() -> Any:
    return tiny(LlamaForCausalLM, LlamaConfig)


@pytest.fixture(scope="session")
def folder(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model on disk, as transformers loads it."""
    return save(model, tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    """The tiny model's folder, to be changed at will."""
    return shutil.copytree(folder, tmp_path / "copy")


@pytest.fixture(scope="session")
def make_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """`make_folder(kind, config, **more)`: another model on disk."""

    def make(kind: Any, config: Any, **more: Any) -> Path:
        return save(tiny(kind, config, **more), tmp_path_factory.mktemp("other") / "model")

    return make


def spec_of(folder: Path | str, **more: Any) -> TransformersJudge:
    given = {"device": "cpu", "dtype": "float32", "model": str(folder), **more}
    return TransformersJudge.model_validate(
        {"judge": "tiny", "version": "1.0.0", "backend": "transformers", **given}
    )


@pytest.fixture(scope="session")
def judge() -> Callable[..., TransformersJudge]:
    """`judge(folder, batch_tokens=64)`: a judge file's content."""
    return spec_of


@pytest.fixture
async def backend(folder: Path) -> AsyncIterator[TransformersBackend]:
    """The tiny model, loaded."""
    made = TransformersBackend(spec_of(folder))
    await made.start()
    yield made
    await made.aclose()


def tokens(count: int, seed: int = 0) -> tuple[int, ...]:
    """Token ids without a pattern, the same every time."""
    return tuple((7919 * (place + 31 * seed) ** 2 + 13 * seed + 5) % 300 for place in range(count))


def ask_of(
    prefix: Prefix, number: int, length: int = 5, labels: Sequence[int] = (7, 11)
) -> Decision:
    return Decision(
        number=number, prefix=prefix, question="?", suffix_ids=tokens(length, number + 50),
        labels=tuple(map(str, labels)), label_ids=tuple(labels), key=str(number), criterion="c",
        answers=("no", "yes"), best=1,
    )  # fmt: skip


@pytest.fixture(scope="session")
def rows() -> Callable[[Sequence[int], Sequence[int]], list[Row]]:
    """`rows([30, 12], [5, 9])`: a row for each length of a prefix, all with questions as long."""

    def make(prefixes: Sequence[int], questions: Sequence[int]) -> list[Row]:
        made = []
        for place, size in enumerate(prefixes):
            prefix = Prefix((), tokens(size, place))
            decisions = [
                ask_of(prefix, place * 100 + n, length) for n, length in enumerate(questions)
            ]
            made.append(Row(prefix.ids, tuple(decisions)))
        return made

    return make


@pytest.fixture(scope="session")
def decisions(rows: Callable[..., list[Row]]) -> Callable[..., list[Decision]]:
    """`decisions([30, 12], [5, 9])`: the same, one after another."""

    def make(prefixes: Sequence[int], questions: Sequence[int]) -> list[Decision]:
        return [d for row in rows(prefixes, questions) for d in row.decisions]

    return make


async def stream(given: Sequence[Decision]) -> AsyncIterator[Decision]:
    for decision in given:
        yield decision


@pytest.fixture(scope="session")
def answers() -> Callable[..., Any]:
    """Asks a backend; the answers by number, each exactly once."""

    async def ask(backend: TransformersBackend, given: Sequence[Decision]) -> Answered:
        found: Answered = {}
        async for number, answer in backend.decide(stream(given)):
            assert number not in found
            found[number] = answer
        assert found.keys() == {d.number for d in given}
        return found

    return ask


@pytest.fixture(scope="session")
def expected() -> Callable[[Any, Decision], list[float]]:
    """The model's own softmax at the labels, by one plain call."""

    @torch.inference_mode()
    def ask(model: Any, decision: Decision) -> list[float]:
        ids = torch.tensor([[*decision.prefix.ids, *decision.suffix_ids]])
        logits = model(input_ids=ids).logits[0, -1].float()
        chosen: list[float] = logits.softmax(0)[list(decision.label_ids)].tolist()
        return chosen

    return ask


@pytest.fixture(scope="session")
def smollm2() -> Any:
    """The shipped judge's model in float32."""
    from transformers import AutoModelForCausalLM

    from rlaif import load_judge
    from rlaif.judging.weights import find_weights

    spec = load_judge("smollm2-135m").spec
    assert isinstance(spec, TransformersJudge)
    source = find_weights(spec, None).source
    return AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32).eval()
