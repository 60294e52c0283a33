"""In which order samples are graded: each content once first, the longest first within a window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from rlaif.grading.plan import Work
from rlaif.records.sample import Sample
from rlaif.storage.failures import Retry
from rlaif.storage.pending import Pending
from rlaif.storage.queries import Which
from rlaif.storage.run_folder import RunFolder

WINDOW = 512
"""Samples that are looked at together. A long one begun last would keep a job waiting for it; a
larger window holds more text in memory and puts the samples of one prompt farther apart."""


def phases(run: RunFolder) -> tuple[Which, ...]:
    """What is graded one after the other, each once what came before is on disk.

    Samples with the content of an earlier one come last: by then its verdicts are on disk, and
    nothing is asked twice.
    """
    samples = run.manifest.samples
    return ("firsts", "twins") if samples and samples.twins else ("all",)


def works_of(run: RunFolder, under: str, retry_failed: Retry, phase: Which) -> Iterator[Work]:
    """What is to be graded in a phase, in the order in which to begin."""
    for one in longest_first(run.pending(under, retry_failed, phase)):
        yield Work(one.sample, one.sample_hash, one.attempt, one.prior)


def longest_first(pending: Iterable[Pending], window: int = WINDOW) -> Iterator[Pending]:
    """The same, each `window` of them sorted by the length of their text."""
    waiting = iter(pending)
    while some := list(islice(waiting, window)):
        yield from sorted(some, key=lambda one: -_length(one.sample))


def _length(sample: Sample) -> int:
    """Characters of prompt and completion; of messages about."""
    texts = (sample.prompt, sample.completion)
    return sum(len(text if isinstance(text, str) else str(text)) for text in texts)
