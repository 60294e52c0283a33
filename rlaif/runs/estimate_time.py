"""How long a job takes: a few of its questions really asked, and timed once the judge is warm."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing
from itertools import pairwise
from random import Random

from rlaif.grading.engine import finished_plans
from rlaif.grading.plan import Work
from rlaif.grading.seat import Asker
from rlaif.ports import Sandbox
from rlaif.records.rubric import Rubric
from rlaif.reporting.estimated import Timed

_STRETCHES = 4
"""What was timed is cut into so many, to see how the rate varies."""
_WARM_UP = 5
"""One of so many samples is asked before the clock runs."""
_NONE_ANSWERED = (
    "none of the questions that were tried was answered: how long it takes is not known"
)


class Sampled:
    """Draws samples evenly out of a stream, and holds no more than are wanted."""

    def __init__(self, questions: int, seed: int = 0) -> None:
        """So many questions are wanted; a sample has one at least."""
        self._most = questions
        self._random = Random(seed)  # noqa: S311 - a draw, and no secret
        self._works: list[Work] = []
        self._seen = 0

    def offer(self, work: Work) -> None:
        """One more sample; each has the same chance."""
        self._seen += 1
        if len(self._works) < self._most:
            self._works.append(work)
        elif (place := self._random.randrange(self._seen)) < self._most:
            self._works[place] = work

    def works(self, questions: int, samples: int) -> list[Work]:
        """Those drawn, as many as have the questions that are wanted by the mean."""
        each = questions / max(samples, 1)
        count = max(round(self._most / each), 1)
        return self._random.sample(self._works, min(count, len(self._works)))


async def time_of(
    works: Sequence[Work],
    rubric: Rubric,
    asker: Asker,
    sandbox: Sandbox,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[Timed | None, list[str]]:
    """Ask about the samples, some of them before the clock runs; what is found, and notes.

    Args: `asker`, whose judge is started; its cache keeps the answers. `clock` gives seconds.
    """
    warm_up = len(works) // _WARM_UP or len(works) // 2
    await _asked(works[:warm_up], rubric, asker, sandbox, clock)
    marks = await _asked(works[warm_up:], rubric, asker, sandbox, clock)
    asked = asker.usage.asked
    rates = list(_rates(marks, _STRETCHES))
    whole = next(iter(_rates(marks, 1)), 0.0)
    if not whole:
        return None, [_NONE_ANSWERED]
    return Timed(asked, whole, min(rates), max(rates), asker.cache is not None), []


async def _asked(
    works: Sequence[Work],
    rubric: Rubric,
    asker: Asker,
    sandbox: Sandbox,
    clock: Callable[[], float],
) -> list[tuple[float, int]]:
    """(time, questions answered until then), at the start and after every sample."""
    marks = [(clock(), asker.usage.asked)]

    async def each() -> AsyncIterator[Work]:
        for work in works:
            yield work

    async with aclosing(finished_plans(each(), rubric, asker, sandbox=sandbox)) as plans:
        async for _ in plans:
            marks.append((clock(), asker.usage.asked))
    return marks


def _rates(marks: Sequence[tuple[float, int]], stretches: int) -> Iterator[float]:
    """Questions a second in each of so many stretches; fewer where there is less to cut."""
    last = len(marks) - 1
    cuts = sorted({round(last * n / stretches) for n in range(stretches + 1)})
    for first, past in pairwise(cuts):
        (begun, before), (ended, after) = marks[first], marks[past]
        if ended > begun and after > before:
            yield (after - before) / (ended - begun)
