"""The fake that ships: answers by rule, with no model, for tests and for trying things out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from rlaif.ports import Answer, Decision, TokenizerFiles
from rlaif.records.backends import ScriptedJudge
from rlaif.records.identity import digest
from rlaif.records.outcome import Failure

Rule = Callable[[Decision], Answer | Failure]


class ScriptedBackend:
    """Answers each question by the judge file's rule, or by a function given in Python."""

    max_length: int | None = None
    notes: tuple[str, ...] = ()

    def __init__(
        self, spec: ScriptedJudge, folder: Path | None = None, rule: Rule | None = None
    ) -> None:
        """Answer by `rule`, or as `spec` says; there is nothing to find in `folder`."""
        self._spec = spec
        self._rule = rule or self._by_spec
        self.served = "scripted" if rule is None else "scripted by a function"

    def tokenizer(self) -> TokenizerFiles | None:
        """None: the fake takes text."""
        return None

    async def start(self) -> None:
        """Nothing to load."""

    async def decide(
        self, asked: AsyncIterator[Decision]
    ) -> AsyncIterator[tuple[int, Answer | Failure]]:
        """Answers in the order of the questions, each after the stated latency."""
        if not self._spec.latency_s:
            async for decision in asked:
                yield decision.number, self._rule(decision)
            return
        async for answered in self._slowly(asked):
            yield answered

    async def aclose(self) -> None:
        """Nothing to let go of."""

    async def _slowly(
        self, asked: AsyncIterator[Decision]
    ) -> AsyncIterator[tuple[int, Answer | Failure]]:
        """Each question takes the latency by itself, all of them at the same time."""
        due: asyncio.Queue[Decision | None] = asyncio.Queue()

        async def one(decision: Decision) -> None:
            await asyncio.sleep(self._spec.latency_s)
            due.put_nowait(decision)

        async def read() -> None:
            try:
                async with asyncio.TaskGroup() as group:
                    async for decision in asked:
                        group.create_task(one(decision))
            finally:
                due.put_nowait(None)

        reader = asyncio.create_task(read())
        try:
            while (decision := await due.get()) is not None:
                yield decision.number, self._rule(decision)
            await reader
        finally:
            reader.cancel()
            await asyncio.wait({reader})

    def _by_spec(self, decision: Decision) -> Answer | Failure:
        number = int(digest(decision.prefix.hash, decision.question), 16)
        if self._spec.failure_share and number % 9973 / 9973 < self._spec.failure_share:
            return Failure("backend", "a failure that the judge file asks for")
        count = len(decision.labels)
        if self._spec.answers == "hash":
            weights = [1 + int(digest(str(number), str(i)), 16) % 997 for i in range(count)]
            return Answer(tuple(w / sum(weights) for w in weights))
        best = decision.best
        if isinstance(self._spec.answers, dict):
            told = self._spec.answers.get(decision.criterion)
            if told not in decision.answers:
                return Failure("parse", f"the judge file has no answer to '{decision.criterion}'")
            best = decision.answers.index(told)
        return Answer(tuple(float(place == best) for place in range(count)))
