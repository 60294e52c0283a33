"""Several who watch one job: each is told in its own rhythm, and none can harm the job.

A thread keeps the time, so that a judge that hangs is told of as well.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, Protocol

from rlaif.grading.usage import Usage
from rlaif.runs.pace import Pace, View
from rlaif.runs.watching import Step

How = Literal["ended", "interrupted", "error"]
"""How a job came to its end."""

_LAST_WORDS_S = 2.0
"""Seconds that a listener who is being told something may go on at the end."""


class Listener(Protocol):
    """One who watches. What it raises ends its watching, and not the job."""

    name: str
    """What it is, for a person: `the log job.jsonl`."""
    every_s: float
    """How often it wants to be told how things stand."""

    def note(self, text: str) -> None:
        """One line for a person."""

    def begin(self, view: View) -> None:
        """Grading starts."""

    def tick(self, view: View) -> None:
        """`every_s` have passed."""

    def end(self, view: View, how: How, error: BaseException | None) -> None:
        """The job is over. `error`: what ended it."""


@dataclass(slots=True)
class _Place:
    """A listener, and when it is told next."""

    listener: Listener
    due: float


class Hub:
    """A watcher that tells several listeners."""

    def __init__(
        self, listeners: Sequence[Listener], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Tell each of them, by `clock`."""
        self._clock = clock
        self._pace = Pace(clock)
        self._counting = threading.Lock()
        self._telling = threading.RLock()
        now = clock()
        self._places = [_Place(one, now + one.every_s) for one in listeners]

    def note(self, text: str) -> None:
        """One line for a person; let go where a listener has been stuck for long."""
        if self._telling.acquire(timeout=_LAST_WORDS_S):
            try:
                self._tell(self._places, lambda listener: listener.note(text))
            finally:
                self._telling.release()

    def begin(self, samples: int, done: int) -> None:
        """Grading starts: from now on every rhythm is counted."""
        with self._counting:
            self._pace.begin(samples, done)
        view, now = self.view(), self._clock()
        for place in self._places:
            place.due = now + place.listener.every_s
        self._tell(self._places, lambda listener: listener.begin(view))

    def graded(self, step: Step, usage: Usage) -> None:
        """Count; the listeners hear of it when they are due."""
        with self._counting:
            self._pace.add(step, usage)

    def end(self, how: How, error: BaseException | None) -> None:
        """Tell every listener how it ended."""
        view = self.view()
        if self._telling.acquire(timeout=_LAST_WORDS_S):  # else one of them is stuck
            try:
                self._tell(self._places, lambda listener: listener.end(view, how, error))
            finally:
                self._telling.release()

    def view(self) -> View:
        """How the job stands."""
        with self._counting:
            return self._pace.view()

    def tick(self) -> float:
        """Tell those who are due; the seconds until the next one is."""
        now = self._clock()
        due = [place for place in self._places if place.due <= now]
        for place in due:
            late = now - place.due
            place.due = now + place.listener.every_s - late % place.listener.every_s
        if due:
            view = self.view()
            self._tell(due, lambda listener: listener.tick(view))
        return min((p.due for p in self._places), default=now + 1.0) - self._clock()

    def _tell(self, places: Sequence[_Place], call: Callable[[Listener], None]) -> None:
        failed: list[tuple[_Place, Exception]] = []
        with self._telling:
            for place in list(places):
                try:
                    call(place.listener)
                except Exception as error:  # noqa: BLE001 - who only watches never ends a job
                    failed.append((place, error))
            for place, reason in failed:
                self._leave(place, reason)

    def _leave(self, place: _Place, error: Exception) -> None:
        if place not in self._places:
            return
        self._places = [one for one in self._places if one is not place]
        self.note(f"{place.listener.name} is given up, and the job goes on: {_named(error)}")


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


@contextmanager
def listening(hub: Hub) -> Iterator[Hub]:
    """Keep the time for a hub while a job runs, and tell its listeners how the job ended."""
    over = threading.Event()
    keeper = threading.Thread(target=_keep_time, args=(hub, over), name="rlaif-watch", daemon=True)
    keeper.start()
    how: How = "error"
    reason: BaseException | None = None
    try:
        yield hub
        how = "ended"
    except BaseException as error:
        how, reason = ("interrupted" if isinstance(error, KeyboardInterrupt) else "error"), error
        raise
    finally:
        over.set()
        keeper.join(_LAST_WORDS_S)
        hub.end(how, reason)


def _keep_time(hub: Hub, over: threading.Event) -> None:
    while not over.wait(max(hub.tick(), 0.01)):
        pass
