"""Judges at work: each with a desk for labels and a desk for texts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from rlaif.grading.desk import Desk
from rlaif.grading.seat import Asker, Seat
from rlaif.grading.usage import Usage
from rlaif.ports import Answer, Decision, Generated, Request


@dataclass(frozen=True, slots=True)
class Sitting:
    """One judge at its desks."""

    seat: Seat
    labels: Desk[Decision, Answer]
    texts: Desk[Request, Generated]
    usage: Usage

    @property
    def broken(self) -> Exception | None:
        """What the judge broke with."""
        return self.labels.broken or self.texts.broken


@asynccontextmanager
async def sittings(asker: Asker) -> AsyncIterator[tuple[Sitting, ...]]:
    """Open the desks of every judge. Raises: whatever breaks one of them."""
    async with AsyncExitStack() as stack:
        opened = []
        for seat in asker.seats:
            labels: Desk[Decision, Answer] = Desk(seat.backend.decide)
            texts: Desk[Request, Generated] = Desk(seat.backend.generate)
            if seat.spec.reads_labels:
                await stack.enter_async_context(labels)
            if seat.spec.writes:
                await stack.enter_async_context(texts)
            opened.append(Sitting(seat, labels, texts, asker.usage))
        yield tuple(opened)


def broken_by(error: Exception, judges: Sequence[Sitting]) -> bool:
    """Whether that is what one of the judges broke with."""
    return any(error is judge.broken for judge in judges)
