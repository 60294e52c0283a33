"""`rlaif loop`."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console
from rich.status import Status

from rlaif.cli.console import tell
from rlaif.errors import InputError
from rlaif.reporting.loop.plan_text import plan_text
from rlaif.reporting.text import count_of, harmless
from rlaif.runs.loop import Ended, run_loop
from rlaif.runs.loop_order import loop_order
from rlaif.runs.loop_report import planned
from rlaif.storage.loop_folder import make_loop

_EVERY_S = 60.0


def run(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="A loop file.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="DIR", help="The folder of the loop.", show_default=False
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Look at everything and say what would be done.")
    ] = False,
) -> None:
    """Train a policy round by round on its own graded completions, and stop when it goes wrong.

    Each round generates, grades, makes rows, trains, and evaluates on held-out prompts. Start the
    same command again and it goes on where it ended. It stops by itself when the held-out score
    falls, and when a held-out panel departs from the training judge, which is reward hacking.
    DIR/loop.html says how it stands. Exit status 1 when a rule stopped it, its name on standard
    error.
    """
    order = loop_order(config)
    if dry_run:
        tell(plan_text(planned(order)))
        return
    if out is None:
        raise InputError("say where the loop goes: --out DIR")
    make_loop(out)
    with _watching(sys.stderr) as watcher:
        if order.warning:
            watcher.note(order.warning)
        try:
            ended = run_loop(order, out, watcher)
        except KeyboardInterrupt:
            watcher.note("interrupted; what is done is kept, and the same command goes on")
            raise
    _say(ended, out)


def _say(ended: Ended, out: Path) -> None:
    first, best = ended.history[0].training.mean, ended.best.training.mean
    rounds = count_of(ended.history[-1].round, "round")
    scores = "" if first is None or best is None else f"; held-out score {first:.3f} -> {best:.3f}"
    tell(f"{rounds} done{scores} in round {ended.best.round}, whose model is {ended.best.model}")
    page = out / "loop.html"
    tell(f"The report lies in {page if page.exists() else out / 'loop.json'}")
    if ended.stop is not None:
        tell(f"stopped: {ended.stop.name}\n{ended.stop.told}", err=True)
        raise typer.Exit(1)


class _Lines:
    """A line a stage, and one a minute while it lasts, for logs and pipes."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._stage, self._told = out, "", time.monotonic()

    def note(self, text: str) -> None:
        with suppress(BrokenPipeError):
            self._out.write(f"{harmless(text)}\n")
            self._out.flush()

    def stage(self, told: str) -> None:
        self._stage, self._told = told, time.monotonic()
        self.note(told)

    def progress(self, told: str) -> None:
        if time.monotonic() - self._told >= _EVERY_S:
            self._told = time.monotonic()
            self.note(f"{self._stage}: {told}")


class _Spinner:
    """One line of a terminal that says what is being done."""

    def __init__(self, console: Console, status: Status) -> None:
        self._console, self._status, self._stage = console, status, ""

    def note(self, text: str) -> None:
        self._console.print(harmless(text), markup=False, highlight=False)

    def stage(self, told: str) -> None:
        if self._stage:
            self.note(f"{self._stage}: done")
        self._stage = told
        self._status.update(told)

    def progress(self, told: str) -> None:
        self._status.update(f"{self._stage}: {harmless(told)}")


@contextmanager
def _watching(out: TextIO) -> Iterator[_Lines | _Spinner]:
    if not out.isatty():
        yield _Lines(out)
        return
    console = Console(file=out)
    with console.status("looking at what is there") as status:
        yield _Spinner(console, status)
