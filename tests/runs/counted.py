"""A judge of a server that is not there: its backend answers by a hash and says what it cost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from rlaif.authoring.judge_file import load_judge
from rlaif.judging.scripted_rules import answer_of, text_of
from rlaif.ports import Answer, Decision, Generated, Request, TokenizerFiles, estimated_tokens
from rlaif.records.backends import OpenaiJudge, ScriptedJudge
from rlaif.records.identity import digest
from rlaif.records.judge import Judge
from rlaif.records.outcome import Failure

_RULE = ScriptedJudge(judge="rule", version="1.0.0", backend="scripted", answers="hash")


def served_judge(name: str = "served", **more: Any) -> Judge:
    """A judge whose verdicts the cache keeps."""
    stated = {"judge": name, "version": "1.0.0", "backend": "openai", "model": "m"}
    address = {"base_url": "https://models.example/v1", "api": "chat"}
    template = load_judge("scripted").template
    return Judge(OpenaiJudge.model_validate({**stated, **address, **more}), template)


class CountedBackend:
    """Answers each question, and counts tokens as a server would that computes every prompt."""

    max_length: int | None = None
    notes: tuple[str, ...] = ()
    started = asked = tokens = 0
    failing = 0.0
    """Share of the questions that fail."""

    def __init__(self, judge: Judge) -> None:
        self.served = judge.own.model

    def tokenizer(self) -> TokenizerFiles | None:
        return None

    async def start(self) -> None:
        CountedBackend.started += 1
        self.served = f"{self.served}, as found"

    async def aclose(self) -> None:
        pass

    async def decide(
        self, asked: AsyncIterator[Decision]
    ) -> AsyncIterator[tuple[int, Answer | Failure]]:
        async for one in asked:
            if int(digest(one.key)[:8], 16) / 2**32 < self.failing:
                yield one.number, Failure("backend", "gone")
                continue
            found = answer_of(one, _RULE)
            assert isinstance(found, Answer)
            tokens = one.prefix.tokens + estimated_tokens(one.question)
            self._count(tokens)
            yield one.number, Answer(found.probabilities, tokens, 0)

    async def generate(
        self, asked: AsyncIterator[Request]
    ) -> AsyncIterator[tuple[int, Generated | Failure]]:
        async for one in asked:
            tokens = estimated_tokens("\n".join(turn.text for turn in one.turns))
            self._count(tokens)
            written = text_of(one, _RULE)
            text = written.text if isinstance(written, Generated) else str(written)
            yield one.number, Generated(text, tokens=9, tokens_computed=tokens)

    def _count(self, tokens: int) -> None:
        CountedBackend.asked += 1
        CountedBackend.tokens += tokens


def put_in_place(patched: pytest.MonkeyPatch, failing: float = 0.0) -> type[CountedBackend]:
    """Let it stand for every backend; its counts begin at 0."""
    for name in ("rlaif.runs.backends", "rlaif.runs.unstarted"):
        patched.setattr(f"{name}.backend_of", CountedBackend)
    for name in ("started", "asked", "tokens"):
        patched.setattr(CountedBackend, name, 0)
    patched.setattr(CountedBackend, "failing", failing)
    return CountedBackend
