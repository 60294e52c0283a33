"""A process of its own around one engine: `python -m rlaif.judging.vllm_worker FD`.

It ends when the job does, however that ends, and takes with it every process that it started.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import queue
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Protocol

from rlaif.judging.vllm_wire import Message, packed, receive

_PR_SET_PDEATHSIG = 1
_Inbox = queue.SimpleQueue[Message]


class Engine(Protocol):
    """What computes."""

    @property
    def facts(self) -> Message:
        """What a job has to know of the model."""

    @property
    def busy(self) -> bool:
        """Whether a step would compute anything."""

    def take(self, message: Message) -> None:
        """Take in an `ask`, a `write` or a `drop`."""

    def step(self) -> Message:
        """Compute on; the `answers`, `texts` and `refused` that are done, perhaps none."""

    def close(self) -> None:
        """Let go of everything."""


Build = Callable[[Message], Engine]


def work(wire: socket.socket, build: Build) -> None:
    """Build an engine as the first message says, and answer until told to end."""
    start = receive(wire)
    if start is None:
        return
    inbox: _Inbox = queue.SimpleQueue()
    threading.Thread(target=_read, args=(wire, inbox), daemon=True).start()
    if cores := start["cores"]:
        os.sched_setaffinity(0, cores)
    try:
        engine = build(start)
    except Exception as error:  # noqa: BLE001 - told to the job, which knows what to make of it
        traceback.print_exc()
        wire.sendall(packed({"kind": "failed", "type": type(error).__name__, "text": str(error)}))
        return
    wire.sendall(packed({"kind": "ready", **engine.facts}))
    try:
        _answer(wire, inbox, engine)
    finally:
        engine.close()


def _answer(wire: socket.socket, inbox: _Inbox, engine: Engine) -> None:
    """Take in whatever has come, compute one step, tell what is done; until told to end."""
    while True:
        for message in _come(inbox, wait=not engine.busy):
            if message["kind"] == "end":
                return
            engine.take(message)
        if any((done := engine.step()).values()):
            wire.sendall(packed({"kind": "done", **done}))


def _come(inbox: _Inbox, *, wait: bool) -> Iterator[Message]:
    """The messages that are there, or with `wait` the next one and those behind it."""
    with contextlib.suppress(queue.Empty):
        if wait:
            yield inbox.get()
        while True:
            yield inbox.get_nowait()


def _read(wire: socket.socket, inbox: _Inbox) -> None:
    while (message := receive(wire)) is not None:
        inbox.put(message)
    end_all()


def end_all() -> None:
    """End this process and all that it started."""
    if os.getsid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _alone() -> None:
    """Leave Ctrl-C to the job, and end when it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def main(build: Build | None = None) -> None:
    """Run the worker on the socket that the command line names by its number."""
    _alone()
    with socket.socket(fileno=int(sys.argv[1])) as wire:
        work(wire, build or _vllm)


def _vllm(start: Message) -> Engine:
    from rlaif.judging.vllm_engine import VllmEngine  # takes ten seconds

    return VllmEngine(start)


if __name__ == "__main__":
    main()
