"""What a job cost its judge, in words."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Protocol

from rlaif.errors import RunError
from rlaif.grading.usage import Usage
from rlaif.reporting.money import money
from rlaif.reporting.text import count_of
from rlaif.storage.manifest import Spent

_KEEP_EVERY_S = 60.0


class Run(Protocol):
    """A run folder."""

    def spend(self, spent: Spent) -> None:
        """Add what a job cost its judge."""


class Spending:
    """Puts what the judge cost into the run's manifest, bit by bit, so that a kill loses little."""

    def __init__(self, run: Run, usage: Usage, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep `usage`, which grows, in `run`; `clock` gives seconds."""
        self._run, self._usage, self._clock = run, usage, clock
        self._kept, self._at = Spent(), clock()

    def tick(self) -> None:
        """Keep it, if a minute has passed. A disk that is full is for the end to tell."""
        if self._clock() - self._at >= _KEEP_EVERY_S:
            with suppress(RunError):
                self.keep()

    def keep(self) -> None:
        """Add to the manifest what has come since the last time. Raises: RunError."""
        self._at = self._clock()
        now = Spent.model_validate(asdict(self._usage))
        if now != self._kept:
            self._run.spend(now.minus(self._kept))
            self._kept = now


@contextmanager
def counted(run: Run, usage: Usage, note: Callable[[str], None]) -> Iterator[Spending]:
    """Put what the judge cost into the run's manifest at the end, however it comes, and tell it.

    Who ticks what it gives has it in the manifest every minute too.
    """
    spending = Spending(run, usage)
    try:
        yield spending
    finally:
        spending.keep()
        for text in usage_notes(usage):
            note(text)


def usage_notes(spent: Usage) -> Iterator[str]:
    """What was spent, and what to do about a judge that has changed."""
    yield from spent_lines(spent)
    if spent.changed:
        yield (
            "a judge that answers otherwise than before may have other weights under the same "
            "name: state its 'revision', or grade with --no-cache"
        )


def spent_lines(spent: Usage | Spent) -> Iterator[str]:
    """A line each on what was computed, what it cost, what was remembered; none for nothing."""
    prompt = spent.computed + spent.cached
    if prompt:
        line = (
            f"the judge answered {count_of(spent.asked, 'question')}: {prompt:,} tokens of prompts"
        )
        if spent.cached:
            line += f", {spent.cached / prompt:.0%} of them computed before"
        if spent.written:
            line += f"; {spent.written:,} tokens written"
        yield line
    if spent.cost:
        line = f"the judge cost {money(spent.cost)}"
        if spent.priced < spent.asked:
            line += f" for {spent.priced:,} of {count_of(spent.asked, 'question')}"
            line += ": there is no price for the others"
        yield line
    if spent.recalled or spent.again:
        line = f"{count_of(spent.recalled, 'verdict')} of earlier runs taken from the cache"
        if spent.again:
            line += f"; {spent.again:,} asked for again, {spent.changed:,} came out otherwise"
        yield line
