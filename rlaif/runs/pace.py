"""How far a job is, how fast it goes now, and how long it will take at that pace."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from rlaif.grading.usage import Usage
from rlaif.runs.watching import Step

WINDOW_S = 60.0
"""The recent pace is that of so many seconds, or of `_LEAST_GRADES` where they took longer."""

_LEAST_GRADES = 20
_MARK_EVERY_S = 1.0
_SOONEST_S = 5.0
"""Nothing is foretold before the pace has been watched for so long."""


@dataclass(frozen=True, slots=True)
class View:
    """A job at one moment. All but `done` counts what this job did alone."""

    samples: int = 0
    done: int = 0
    """Samples with a grade, those of earlier jobs included."""
    new: int = 0
    """Grades that this job made."""
    failed: int = 0
    """Those of them without a score."""
    verdicts: int = 0
    stages: Mapping[str, int] = field(default_factory=dict)
    """Failures by stage."""
    usage: Usage = field(default_factory=Usage)
    begun: bool = False
    """Whether grading has begun: judge and samples are there."""
    elapsed_s: float = 0.0
    """Since grading began; before, since the job did."""
    idle_s: float = 0.0
    """Since the last grade, or since grading began."""
    grades_per_s: float | None = None
    """The recent pace; None while it cannot be told."""
    verdicts_per_s: float | None = None
    prompt_tokens_per_s: float | None = None
    """None where the backend does not count them."""

    @property
    def left_s(self) -> float | None:
        """How long the rest takes at the recent pace; None where that cannot be told."""
        if not self.grades_per_s or self.elapsed_s < _SOONEST_S:
            return None
        return (self.samples - self.done) / self.grades_per_s

    @property
    def mean_verdicts_per_s(self) -> float:
        """Over all of this job's time."""
        return self.verdicts / max(self.elapsed_s, 1e-9)

    @property
    def prompt_tokens(self) -> int:
        """Those that the judge was sent, computed or not."""
        return self.usage.computed + self.usage.cached

    @property
    def computed_before(self) -> float:
        """Share of the prompts' tokens that the judge had computed before, in [0, 1]."""
        return self.usage.cached / self.prompt_tokens if self.prompt_tokens else 0.0

    @property
    def expected_cost(self) -> Mapping[str, float]:
        """What this job will have cost at its end, by currency; empty where nobody can tell."""
        if self.new < _LEAST_GRADES or self.done >= self.samples:
            return {}
        times = 1 + (self.samples - self.done) / self.new
        return {currency: cost * times for currency, cost in self.usage.cost.items()}


class _Mark(NamedTuple):
    """How far the job was at one moment."""

    time: float
    grades: int
    verdicts: int
    tokens: int


class Pace:
    """Counts one job's steps. Its memory does not grow with them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Tell the time by `clock`, in seconds."""
        self._clock = clock
        self._samples = self._before = self._failed = 0
        self._stages: Counter[str] = Counter()
        self._usage = Usage()
        self._begun = False
        self._start(clock())

    def _start(self, now: float) -> None:
        self._began = self._last = now
        self._now = _Mark(now, 0, 0, 0)
        self._marks = deque([self._now])

    def begin(self, samples: int, done: int) -> None:
        """Grading starts now."""
        self._samples, self._before, self._begun = samples, done, True
        self._start(self._clock())

    def add(self, step: Step, usage: Usage) -> None:
        """Count a step. `usage` may go on growing: it is read when somebody looks."""
        now = self._last = self._clock()
        self._usage = usage
        self._failed += step.failed
        self._stages.update(step.stages)
        self._now = _Mark(
            now,
            self._now.grades + step.grades,
            self._now.verdicts + step.verdicts,
            usage.computed + usage.cached,
        )
        if now - self._marks[-1].time >= _MARK_EVERY_S:
            self._marks.append(self._now)
            self._forget(now)

    def view(self) -> View:
        """How it stands now."""
        now = self._clock()
        self._forget(now)
        since, reached = self._marks[0], self._now
        span = now - since.time
        known = span >= _MARK_EVERY_S and reached.grades > since.grades
        tokens = reached.tokens - since.tokens

        def rate(count: int) -> float | None:
            return count / span if known else None

        return View(
            samples=self._samples,
            done=self._before + reached.grades,
            new=reached.grades,
            failed=self._failed,
            verdicts=reached.verdicts,
            stages=dict(self._stages),
            usage=self._usage.copy(),
            begun=self._begun,
            elapsed_s=now - self._began,
            idle_s=now - self._last,
            grades_per_s=rate(reached.grades - since.grades),
            verdicts_per_s=rate(reached.verdicts - since.verdicts),
            prompt_tokens_per_s=rate(tokens) if tokens else None,
        )

    def _forget(self, now: float) -> None:
        """Let marks go that are older than the window, but for the last grades of a slow job."""
        marks, reached = self._marks, self._now.grades
        while len(marks) > 1 and marks[1].time <= now - WINDOW_S:
            if reached - marks[1].grades < _LEAST_GRADES:
                return
            marks.popleft()
