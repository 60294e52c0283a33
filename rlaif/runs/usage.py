"""What a job cost its judge, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Protocol

from rlaif.grading.usage import Usage
from rlaif.reporting.text import count_of
from rlaif.storage.manifest import Spent


@contextmanager
def counted(run: Run, usage: Usage, note: Callable[[str], None]) -> Iterator[None]:
    """Put what the judge cost into the run's manifest at the end, however it comes, and tell it."""
    try:
        yield
    finally:
        if usage != Usage():
            run.spend(Spent.model_validate(asdict(usage)))
        for text in usage_notes(usage):
            note(text)


class Run(Protocol):
    """A run folder."""

    def spend(self, spent: Spent) -> None:
        """Add what a job cost its judge."""


def usage_notes(spent: Usage) -> Iterator[str]:
    """A line on what was computed, one on what was remembered; none where there is nothing."""
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
    if spent.recalled or spent.again:
        line = f"{count_of(spent.recalled, 'verdict')} of earlier runs taken from the cache"
        if spent.again:
            line += f"; {spent.again:,} asked for again, {spent.changed:,} came out otherwise"
        yield line
    if spent.changed:
        yield (
            "a judge that answers otherwise than before may have other weights under the same "
            "name: state its 'revision', or grade with --no-cache"
        )
