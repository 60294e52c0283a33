"""What a reasoning model thinks before its verdict: a text of its own, put back into the prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlaif.grading.sitting import Sitting
from rlaif.ports import Generated, Prefix, Request
from rlaif.records.outcome import Failure
from rlaif.records.subject import Turn

Start = tuple[str, Prefix, str, tuple[int, ...]]
"""The key of a question, what stands before it, its text, and its ids."""


@dataclass(frozen=True, slots=True)
class Thought:
    """What the judge thought about one question."""

    ids: tuple[int, ...]
    """The thought, closed, as it stands before the verdict."""
    text: str


async def thoughts(starts: Sequence[Start], sitting: Sitting) -> list[Thought | Failure]:
    """What the judge thinks about each question, for a backend that takes ids.

    A thought that reaches its budget is ended there, and the verdict is read all the same.
    """
    seat = sitting.seat
    requests = [
        Request(
            number=sitting.texts.number(),
            turns=asked_in(prefix, text),
            ids=(*prefix.ids, *ids),
            max_tokens=seat.spec.thinking_tokens,
            key=key,
            temperature=seat.spec.temperature,
            seed=seed_of(key),
            stops=seat.prompter.closing_stop,
            thinking=True,
            about=prefix.hash,
        )
        for key, prefix, text, ids in starts
    ]
    found: list[Thought | Failure] = []
    for answer in await sitting.texts.ask(requests):
        if isinstance(answer, Generated):
            sitting.usage.count(answer, sitting.seat.spec.price)
            ids = seat.prompter.without_control(answer.ids)
            found.append(Thought((*ids, *seat.prompter.closing_ids), answer.text.strip()))
        else:
            found.append(answer)
    return found


def asked_in(prefix: Prefix, text: str) -> tuple[Turn, ...]:
    """The messages with the question behind the sample."""
    *before, last = prefix.turns
    return (*before, Turn(last.role, last.text + text))


def seed_of(key: str) -> int:
    """A seed that follows from what is asked, so that the same vote is the same."""
    return int(key[:7], 16)
