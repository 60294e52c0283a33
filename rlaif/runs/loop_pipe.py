"""What a child says, as long as the child itself is there to say it."""

from __future__ import annotations

import os
import selectors
from collections.abc import Callable, Iterator

_LOOK_S = 0.5
"""How often it is looked whether a child that says nothing is still there."""


def lines_of(pipe: int, gone: Callable[[], bool]) -> Iterator[bytes]:
    """The lines that come, until the pipe ends, or is empty and the child is `gone`.

    A process that the child has forked holds the pipe open: the end may come hours after the child.
    """
    kept = b""
    with selectors.DefaultSelector() as waiting:
        waiting.register(pipe, selectors.EVENT_READ)
        while True:
            ended = gone()  # asked before the pipe: what the child wrote last is then in it
            if waiting.select(0 if ended else _LOOK_S):
                if not (more := os.read(pipe, 65536)):
                    return
                *lines, kept = (kept + more).split(b"\n")
                yield from lines
            elif ended:
                return
