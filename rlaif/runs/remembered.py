"""What a session knows of its judge: how many questions were asked, and every answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator

from rlaif.grading.plan import Plan
from rlaif.ports import Answer, Decision, Generated, JudgeBackend, Request
from rlaif.records.outcome import Failure, Skipped, Verdict
from rlaif.runs.passing_on import PassingOn

MOST_KEPT = 500_000
"""Verdicts that are remembered besides those of the last pass."""


class Counted(PassingOn):
    """A backend that counts its questions by criterion."""

    def __init__(self, backend: JudgeBackend) -> None:
        """Stand before `backend`."""
        super().__init__(backend)
        self.asked: Counter[str] = Counter()

    def decide(self, asked: AsyncIterator[Decision]) -> AsyncIterator[tuple[int, Answer | Failure]]:
        """The backend's answers."""

        async def counted() -> AsyncIterator[Decision]:
            async for decision in asked:
                self.asked[decision.criterion] += 1
                yield decision

        return super().decide(counted())

    def generate(
        self, asked: AsyncIterator[Request]
    ) -> AsyncIterator[tuple[int, Generated | Failure]]:
        """The backend's texts; a request counts for every criterion that it asks about."""

        async def counted() -> AsyncIterator[Request]:
            async for request in asked:
                self.asked.update(form.criterion for form in request.forms)
                yield request

        return super().generate(counted())


class Memory:
    """Verdicts by what exactly was asked; the oldest are let go where there are too many."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        """Remember nothing yet."""
        self._most = most
        self.verdicts: dict[str, Verdict] = {}

    def keep(self, made: Plan) -> None:
        """Remember what is answered in a plan, as what was used last."""
        for answered in made.given.values():
            outcome = answered.outcome
            verdict = outcome.verdict if isinstance(outcome, Skipped) else outcome
            if answered.key and isinstance(verdict, Verdict):
                self.verdicts.pop(answered.key, None)
                self.verdicts[answered.key] = verdict

    def forget(self, used: int) -> None:
        """Let go of the oldest, but not of the `used` last ones."""
        for _ in range(len(self.verdicts) - max(used, self._most)):
            del self.verdicts[next(iter(self.verdicts))]
