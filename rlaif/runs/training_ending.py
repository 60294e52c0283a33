"""Ctrl-C and SIGTERM while a trainer runs: the first ends it after its step, the second at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rlaif.runs.job import sigterm_interrupts


@contextmanager
def ending(tell: Callable[[str], None]) -> Iterator[Callable[[], bool]]:
    """What says whether an end is wanted, while signals want one instead of breaking off.

    Only the main thread hears signals; in another one nothing is changed.
    """
    wanted = threading.Event()

    def want(number: int, frame: Any) -> None:
        if wanted.is_set():
            signal.default_int_handler(number, frame)
        wanted.set()
        tell("ending after this step, with a checkpoint; once more ends at once")

    if threading.current_thread() is not threading.main_thread():
        yield wanted.is_set
        return
    with sigterm_interrupts():
        before = signal.signal(signal.SIGINT, want)
        try:
            yield wanted.is_set
        finally:
            signal.signal(signal.SIGINT, before)
