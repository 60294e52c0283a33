"""The fake generator that ships: canned criteria, with no model, for tests and dry runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from rlaif.ports import Generated, Request, TokenizerFiles
from rlaif.records.backends import ScriptedJudge
from rlaif.records.identity import digest
from rlaif.records.outcome import Failure

Write = Callable[[Request], str | Generated | Failure]

_CANNED = (
    "[good, essential] Does the completion answer what the prompt asks?",
    "[good, essential] Is every fact that the completion states right?",
    "[good, important] Does the completion keep to the form that the prompt asks for?",
    "[good, important] Does the completion say what it is not sure of?",
    "[good, minor] Is the completion written in whole sentences?",
    "[good, minor] Does the completion come to an end of its own?",
    "[fault, essential] Does the completion advise something that could do harm?",
    "[fault, important] Does the completion contradict itself?",
    "[fault, important] Does the completion speak of things that nobody asked about?",
    "[fault, minor] Does the completion say the same thing twice?",
)


class ScriptedGenerator:
    """Writes the same list for the same request, its order by the request's hash."""

    max_length: int | None = None
    notes: tuple[str, ...] = ()

    def __init__(
        self, spec: ScriptedJudge, folder: Path | None = None, rule: Write | None = None
    ) -> None:
        """Write by `rule`, or the canned list; there is nothing to find in `folder`."""
        self._spec = spec
        self._rule = rule or self._canned
        self.served = "scripted" if rule is None else "scripted by a function"

    def tokenizer(self) -> TokenizerFiles | None:
        """None: the fake takes text."""
        return None

    async def start(self) -> None:
        """Nothing to load."""

    async def generate(
        self, asked: AsyncIterator[Request]
    ) -> AsyncIterator[tuple[int, Generated | Failure]]:
        """Texts in the order of the requests, each after the stated latency."""
        async for request in asked:
            await asyncio.sleep(self._spec.latency_s)
            written = self._rule(request)
            yield request.number, Generated(written) if isinstance(written, str) else written

    async def aclose(self) -> None:
        """Nothing to let go of."""

    def _canned(self, request: Request) -> str | Failure:
        number = int(digest(request.key), 16)
        if self._spec.failure_share and number % 9973 / 9973 < self._spec.failure_share:
            return Failure("backend", "a failure that the judge file asks for")
        first = number % len(_CANNED)
        lines = enumerate((*_CANNED[first:], *_CANNED[:first]), 1)
        return "Here are the criteria:\n\n" + "\n".join(f"{place}. {text}" for place, text in lines)
