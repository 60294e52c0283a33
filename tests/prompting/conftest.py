"""Tokenizers of every kind, small enough to build in a moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from rlaif import load_judge
from rlaif.ports import TokenizerFiles
from rlaif.prompting.codec import Codec
from rlaif.prompting.prompt import Prompter
from rlaif.prompting.template import JudgeTemplate
from rlaif.records.backends import TransformersJudge
from rlaif.records.criterion import Judged
from rlaif.records.judge_base import Labels
from rlaif.records.subject import Subject, Turn
from tests.prompting.chat_templates import TEMPLATES, TOKENS

ROOT = Path(__file__).parents[2]
CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|eot_id|>")
ADDED = ("<think>", "</think>", "<tool_call>")
ROLES = {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "unk_token": "<|endoftext|>"}
TEXTS = (
    "Yes\nNo\nYes\nNo\nYes or No",
    "A question about the completion, answered with the letter of one level.",
    "im_start im_end endoftext think tool_call user assistant system",
)


def byte_level(**model: Any) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(**model))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        show_progress=False,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(TEXTS * 4, trainer)
    tokenizer.add_tokens([AddedToken(text, special=False, normalized=False) for text in ADDED])
    return tokenizer


def files_of(
    tokenizer: Tokenizer, template: str | None = CHATML, roles: dict[str, str] = ROLES
) -> TokenizerFiles:
    return TokenizerFiles(tokenizer.to_str(), template, roles)


@pytest.fixture(scope="session")
def files() -> TokenizerFiles:
    """A byte-level BPE tokenizer with a ChatML template."""
    return files_of(byte_level())


@pytest.fixture(scope="session")
def codec(files: TokenizerFiles) -> Codec:
    return Codec(files)


@pytest.fixture(scope="session")
def default() -> JudgeTemplate:
    """The template that ships."""
    return JudgeTemplate((ROOT / "judges" / "default.jinja2").read_text())


@pytest.fixture(scope="session")
def prompter(default: JudgeTemplate, codec: Codec) -> Prompter:
    return Prompter(default, Labels(), codec)


def subject_of(
    completion: str | Sequence[tuple[str, str]],
    prompt: str | Sequence[tuple[str, str]] = "What is 17 * 24?",
    reference: str | None = None,
) -> Subject:
    asked = [("user", prompt)] if isinstance(prompt, str) else prompt
    said = [("assistant", completion)] if isinstance(completion, str) else completion
    turns = tuple(Turn(role, text) for role, text in said)
    return Subject(
        tuple(Turn(role, text) for role, text in asked), turns, turns[-1].text, "", reference
    )


@pytest.fixture(scope="session")
def subject() -> Callable[..., Subject]:
    """`subject("408", reference="408")`; a chat is a list of (role, text)."""
    return subject_of


@pytest.fixture(scope="session")
def ask() -> Callable[..., Judged]:
    """`ask("Is it right?", guidance="...", levels=["bad", "good"])`."""

    def make(text: str, **more: Any) -> Judged:
        return Judged.model_validate({"id": "c", "ask": text, **more})

    return make


@pytest.fixture(scope="session")
def reasoning_files() -> Callable[[str], TokenizerFiles]:
    """`reasoning_files("channels")`: a tokenizer with its control tokens, and its template."""

    def make(style: str) -> TokenizerFiles:
        tokens = [token for token in TOKENS[style] if token not in ADDED]
        tokenizer = byte_level()
        tokenizer.add_special_tokens([AddedToken(token, special=True) for token in tokens])
        return files_of(tokenizer, TEMPLATES[style])

    return make


@pytest.fixture(scope="session")
def smollm2() -> Any:
    """The shipped judge's backend, not started, and its tokenizer as transformers reads it."""
    from transformers import AutoTokenizer

    from rlaif.judging.transformers_backend import TransformersBackend
    from rlaif.judging.weights import find_weights

    spec = load_judge("smollm2-135m").spec
    assert isinstance(spec, TransformersJudge)
    tokenizer = AutoTokenizer.from_pretrained(find_weights(spec, None).source)
    return TransformersBackend(spec), tokenizer


@pytest.fixture(scope="session")
def smollm2_codec(smollm2: Any) -> Codec:
    return Codec(smollm2[0].tokenizer())
