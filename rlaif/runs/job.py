"""What every job that writes a run needs: an end by signal, a timer, and its judge as text."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from rlaif.errors import RunError
from rlaif.records.identity import canonical
from rlaif.records.judge import Judge
from rlaif.storage.run_folder import Kept

_ENDS = (signal.SIGTERM, signal.SIGHUP)


class Ticking(Protocol):
    """A writer that wants to be told that time passes."""

    def tick(self) -> None:
        """Write if the oldest row has waited long enough."""


@asynccontextmanager
async def ticked(writer: Ticking) -> AsyncIterator[None]:
    """Let finished rows reach the disk also while a slow judge finishes no other."""

    async def tick() -> None:
        while True:
            await asyncio.sleep(1)
            with suppress(RunError):  # of a full disk: the next grade, or the end, tells it
                writer.tick()

    task = asyncio.create_task(tick())
    try:
        yield
    finally:
        task.cancel()


@contextmanager
def sigterm_interrupts() -> Iterator[None]:
    """SIGTERM ends the job as Ctrl-C does, and so does a terminal that is closed.

    Where one of them is ignored, as under nohup, it stays so.
    """

    def interrupt(number: int, _: object) -> None:
        if number == signal.SIGHUP:  # a terminal that closes may say so twice, or while we end
            signal.signal(number, signal.SIG_IGN)
        signal.raise_signal(signal.SIGINT)

    ends = [one for one in _ENDS if signal.getsignal(one) is not signal.SIG_IGN]
    before = [(one, signal.signal(one, interrupt)) for one in ends]
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if ignored:  # as for what a script begins with `&`; it is what the others are turned into
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        if ignored:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        for one, handler in before:
            if signal.getsignal(one) is not signal.SIG_IGN:
                signal.signal(one, handler)


def judge_to_keep(judge: Judge, served: str) -> Kept:
    """The judge's file and template as a run keeps them; `served`, what the backend found."""
    spec = judge.spec
    text = canonical(_as_kept(judge)).decode()
    return Kept(spec.judge, spec.version, judge.content_hash, text, ".json", served)


def _as_kept(judge: Judge) -> dict[str, Any]:
    kept: dict[str, Any] = {"judge": judge.spec.as_written(), "template": judge.template}
    if folder := named_beside(judge):
        kept["folder"] = folder
    if judge.members:
        kept["members"] = [_as_kept(member) for member in judge.members]
    return kept


def named_beside(judge: Judge) -> str:
    """Where the judge's file lies, where it names something that lies beside it; else nothing."""
    named = (getattr(judge.spec, name, None) for name in ("model", "tokenizer", "adapter"))
    if judge.folder is None or not any(_lies_in(judge.folder, one) for one in named if one):
        return ""
    return str(judge.folder)


def _lies_in(folder: Path, name: str) -> bool:
    return not Path(name).is_absolute() and (folder / name).exists()


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Look for cyclic garbage seldom while a job runs: it makes many objects, and hardly a cycle.

    What is there already is not looked at again. Python's own thresholds are put back at the end.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
