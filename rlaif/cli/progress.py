"""How a job goes: a bar with rate and time left on a terminal, plain lines in a pipe."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from rlaif.records.grade import Grade
from rlaif.records.outcome import Failure, Verdict
from rlaif.reporting.text import count_of, harmless
from rlaif.runs.grade import Watcher

_LINE_EVERY_S = 60.0


class PlainLines:
    """One line a minute, for logs and pipes."""

    def __init__(self, out: TextIO) -> None:
        """Write to `out`."""
        self._out = out
        self._tally = _Tally()

    def note(self, text: str) -> None:
        """One line; a job whose log nobody reads any more goes on."""
        with suppress(BrokenPipeError):
            self._out.write(f"{harmless(text)}\n")
            self._out.flush()

    def begin(self, samples: int, done: int) -> None:
        """Say what is to be done."""
        self._tally.begin(samples, done)
        before = f", {done:,} of them done before" if done else ""
        self.note(f"grading {count_of(samples, 'sample')}{before}")

    def graded(self, grade: Grade) -> None:
        """Count, and now and then say so."""
        self._tally.add(grade)
        if self._tally.due(_LINE_EVERY_S) or self._tally.done == self._tally.samples:
            self.note(self._tally.line())


class Bar:
    """A bar on a terminal."""

    def __init__(self, console: Console, progress: Progress) -> None:
        """Draw by `progress` on `console`."""
        self._console, self._progress = console, progress
        self._task: TaskID | None = None
        self._tally = _Tally()

    def note(self, text: str) -> None:
        """One line above the bar."""
        self._console.print(harmless(text), markup=False, highlight=False)

    def begin(self, samples: int, done: int) -> None:
        """Show the bar."""
        self._tally.begin(samples, done)
        self._task = self._progress.add_task("grading", total=samples, completed=done, rate="")

    def graded(self, grade: Grade) -> None:
        """Move the bar."""
        self._tally.add(grade)
        if self._task is not None:
            self._progress.update(self._task, advance=1, rate=self._tally.short())


class _Tally:
    """Counts since the job began."""

    def __init__(self) -> None:
        self.samples = self.done = self.verdicts = 0
        self._failures: Counter[str] = Counter()
        self._began = self._said = time.monotonic()

    def begin(self, samples: int, done: int) -> None:
        self.samples, self.done = samples, done
        self._began = self._said = time.monotonic()

    def add(self, grade: Grade) -> None:
        self.done += 1
        for answered in grade.outcomes:
            self.verdicts += isinstance(answered.outcome, Verdict)
            if isinstance(answered.outcome, Failure):
                self._failures[answered.outcome.stage] += 1

    def due(self, every_s: float) -> bool:
        now = time.monotonic()
        if now - self._said < every_s:
            return False
        self._said = now
        return True

    def short(self) -> str:
        rate = self.verdicts / max(time.monotonic() - self._began, 1e-9)
        failed = self._failures.total()
        return f"{rate:,.1f} verdicts/s" + (f", {failed:,} failed" if failed else "")

    def line(self) -> str:
        failures = ", ".join(f"{n:,} {stage}" for stage, n in self._failures.most_common())
        tail = f" ({failures})" if failures else ""
        return f"{self.done:,} of {count_of(self.samples, 'sample')}, {self.short()}{tail}"


@contextmanager
def watcher_for(out: TextIO) -> Iterator[Watcher]:
    """A bar where `out` is a terminal, lines where it is not."""
    if not out.isatty():
        yield PlainLines(out)
        return
    console = Console(file=out)
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=console,
    )
    with progress:
        yield Bar(console, progress)
