"""Backends that stand before another one and pass on what it is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator

from rlaif.ports import Answer, Decision, Generated, JudgeBackend, Request, TokenizerFiles
from rlaif.records.outcome import Failure


class PassingOn:
    """Does what the backend behind it does."""

    def __init__(self, backend: JudgeBackend) -> None:
        """Stand before `backend`."""
        self._backend = backend

    @property
    def served(self) -> str:
        """As the backend says."""
        return self._backend.served

    @property
    def max_length(self) -> int | None:
        """As the backend says."""
        return self._backend.max_length

    @property
    def notes(self) -> tuple[str, ...]:
        """As the backend says."""
        return self._backend.notes

    def tokenizer(self) -> TokenizerFiles | None:
        """As the backend says."""
        return self._backend.tokenizer()

    async def start(self) -> None:
        """Start the backend."""
        await self._backend.start()

    async def aclose(self) -> None:
        """Close the backend."""
        await self._backend.aclose()

    def decide(self, asked: AsyncIterator[Decision]) -> AsyncIterator[tuple[int, Answer | Failure]]:
        """The backend's answers."""
        return self._backend.decide(asked)

    def generate(
        self, asked: AsyncIterator[Request]
    ) -> AsyncIterator[tuple[int, Generated | Failure]]:
        """The backend's texts."""
        return self._backend.generate(asked)


class Lent(PassingOn):
    """A backend that another one has started and will close: it is neither here."""

    async def start(self) -> None:
        """It is."""

    async def aclose(self) -> None:
        """It stays open for whom it belongs to."""
