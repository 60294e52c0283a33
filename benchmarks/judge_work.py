"""Questions for benchmarks that ask a backend directly: random tokens, laid out as one wishes."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rlaif.ports import Answer, Decision, JudgeBackend, Prefix

Layout = Literal["sample first", "criterion first"]


@dataclass(frozen=True)
class Shape:
    """Tokens of each part, and how many there are."""

    samples: int
    criteria: int
    preamble: int = 60
    sample: int = 200
    criterion: int = 40

    def distinct(self) -> int:
        """Tokens that must be computed once: preamble, samples, every criterion of each."""
        return self.preamble + self.samples * (self.sample + self.criteria * self.criterion)


def questions(shape: Shape, layout: Layout, vocabulary: int, seed: int) -> list[Decision]:
    """Every criterion of every sample, a sample's together; other tokens for another seed."""
    draw = random.Random(seed)  # noqa: S311 - no secret

    def ids(count: int) -> tuple[int, ...]:
        return tuple(draw.randrange(100, vocabulary) for _ in range(count))

    preamble = ids(shape.preamble)
    criteria = [ids(shape.criterion) for _ in range(shape.criteria)]
    made: list[Decision] = []
    for sample in range(shape.samples):
        own = ids(shape.sample)
        first = Prefix((), preamble + own, hash=f"{seed} {sample}", head=shape.preamble)
        for number, criterion in enumerate(criteria):
            prefix, suffix = first, criterion
            if layout == "criterion first":
                name = f"{seed} {sample} {number}"
                prefix = Prefix((), preamble + criterion, hash=name, head=shape.preamble)
                suffix = own
            made.append(_decision(len(made), prefix, suffix))
    return made


def _decision(number: int, prefix: Prefix, suffix: tuple[int, ...]) -> Decision:
    return Decision(
        number=number, prefix=prefix, question="", suffix_ids=suffix, labels=("No", "Yes"),
        label_ids=(1770, 5345), key=str(number), criterion=str(number), answers=("no", "yes"),
        best=1,
    )  # fmt: skip


@dataclass(frozen=True)
class Took:
    """What answering cost."""

    seconds: float
    verdicts: int
    computed: int
    cached: int

    @property
    def rate(self) -> float:
        """Verdicts a second."""
        return self.verdicts / self.seconds


async def answered(backend: JudgeBackend, asked: Sequence[Decision]) -> Took:
    """Ask them all at once. Raises: SystemExit where one fails."""

    async def stream() -> AsyncIterator[Decision]:
        for decision in asked:
            yield decision
            await asyncio.sleep(0)

    began, computed, cached, verdicts = time.perf_counter(), 0, 0, 0
    async for _, answer in backend.decide(stream()):
        if not isinstance(answer, Answer):
            raise SystemExit(f"no answer: {answer.message}")
        computed += answer.tokens_computed
        cached += answer.tokens_cached
        verdicts += 1
    return Took(time.perf_counter() - began, verdicts, computed, cached)
