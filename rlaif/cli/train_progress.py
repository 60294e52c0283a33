"""How a training goes, in lines: written over on a terminal, one a minute in a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TextIO

from rlaif.reporting.money import span
from rlaif.reporting.text import harmless

_EVERY_S = 60.0
_SHOWN = ("loss", "reward", "margin", "accuracy", "kl", "mean_length", "failed_rate")
"""Figures that are told, the most wanted first."""
_MOST = 4


class TrainLines:
    """Watches a training, and tells a person."""

    def __init__(self, out: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        """Write to `out`."""
        self._out, self._clock, self._live = out, clock, out.isatty()
        self._first: tuple[int, float] | None = None
        self._told_at = clock()
        self._last = self._said = ""
        """The state, and the one that stands in the output for good."""
        self._width = 0

    def note(self, text: str) -> None:
        """One line."""
        self._write(harmless(text), stays=True)

    def step(self, done: int, steps: int, figures: Mapping[str, float]) -> None:
        """Say how it stands, when it is time."""
        now = self._clock()
        self._first = self._first or (done, now)
        self._last = self._line(done, steps, figures, now)
        if self._live or done == 0 or now - self._told_at >= _EVERY_S:
            self._told_at = now
            self._write(self._last, stays=not self._live)

    def end(self) -> None:
        """Leave the last state to be seen."""
        if self._last != self._said:
            self._write(self._last, stays=True)

    def _line(self, done: int, steps: int, figures: Mapping[str, float], now: float) -> str:
        shown = [name for name in _SHOWN if name in figures][:_MOST]
        parts = [f"{done:,} of {steps:,} steps"]
        parts += [f"{name.replace('_', ' ')} {figures[name]:.3g}" for name in shown]
        before, began = self._first or (0, now)
        if done > before and done < steps:
            parts.append(f"{span((now - began) / (done - before) * (steps - done))} left")
        return ", ".join(parts)

    def _write(self, text: str, *, stays: bool) -> None:
        """A line; one that does not stay is written over by the next."""
        filled = text.ljust(self._width) if self._live else text
        self._width = 0 if stays else len(text)
        self._said = text if stays else self._said
        with suppress(OSError):  # a training whose terminal is gone goes on
            self._out.write(f"\r{filled}" if self._live else filled)
            self._out.write("\n" if stays else "")
            self._out.flush()
