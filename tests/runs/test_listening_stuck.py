"""Listeners that hang, and signals that were switched off."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from typing import Any

import pytest

from rlaif.errors import RunError
from rlaif.runs import listening as module
from rlaif.runs.job import sigterm_interrupts, ticked
from rlaif.runs.listening import Hub, listening


class Stuck:
    """One whose log lies on a file server that does not answer."""

    name = "the log"
    every_s = 0.01

    def __init__(self) -> None:
        self.free = threading.Event()

    def note(self, text: str) -> None:
        """Nothing."""

    def begin(self, view: Any) -> None:
        """Nothing."""

    def tick(self, view: Any) -> None:
        self.free.wait(30)

    def end(self, view: Any, how: Any, error: Any) -> None:
        """Nothing."""


def test_a_job_ends_although_a_listener_is_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LAST_WORDS_S", 0.05)
    stuck = Stuck()
    hub = Hub([stuck])
    with listening(hub):
        time.sleep(0.1)
        hub.note("goes by")
    assert not stuck.free.is_set()
    stuck.free.set()


def test_sigterm_ends_a_job_that_a_script_began_in_the_background() -> None:
    """Such a script switches SIGINT off for what it begins with `&`."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with pytest.raises(KeyboardInterrupt), sigterm_interrupts():
            signal.raise_signal(signal.SIGTERM)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


async def test_a_write_by_the_clock_that_fails_is_tried_again() -> None:
    class Full:
        ticks = 0

        def tick(self) -> None:
            self.ticks += 1
            if self.ticks == 1:
                raise RunError("no space left")

    real = asyncio.sleep
    full = Full()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("rlaif.runs.job.asyncio.sleep", lambda _: real(0.001))
        async with ticked(full):
            await real(0.1)
    assert full.ticks > 1
