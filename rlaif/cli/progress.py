"""How a job goes: a bar with rate and time left on a terminal, plain lines in a pipe."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rlaif.cli.progress_line import facts, line
from rlaif.reporting.text import count_of, harmless
from rlaif.runs.listening import How, Listener
from rlaif.runs.pace import View


class Lines:
    """One line a minute, for logs and pipes."""

    name = "the progress on standard error"
    every_s = 60.0

    def __init__(self, out: TextIO) -> None:
        """Write to `out`."""
        self._out = out

    def note(self, text: str) -> None:
        """One line; a job whose log nobody reads any more goes on."""
        with suppress(BrokenPipeError):
            self._out.write(f"{harmless(text)}\n")
            self._out.flush()

    def begin(self, view: View) -> None:
        """Say what is to be done."""
        before = f", {view.done:,} of them done before" if view.done else ""
        self.note(f"grading {count_of(view.samples, 'sample')}{before}")

    def tick(self, view: View) -> None:
        """Say how it stands."""
        self.note(line(view))

    def end(self, view: View, how: How, error: BaseException | None) -> None:
        """Say how far it came."""
        if view.begun:
            self.note(line(view, last=True))


class Bar:
    """A bar on a terminal."""

    name = "the bar on the terminal"
    every_s = 0.5

    def __init__(self, console: Console) -> None:
        """Draw on `console`."""
        self._console = console
        self._live = Live(console=console, auto_refresh=False)

    def note(self, text: str) -> None:
        """One line above the bar."""
        self._console.print(harmless(text), markup=False, highlight=False)

    def begin(self, view: View) -> None:
        """Show the bar."""
        self._draw(view)

    def tick(self, view: View) -> None:
        """Move the bar."""
        self._draw(view)

    def end(self, view: View, how: How, error: BaseException | None) -> None:
        """Leave the last state of the bar on the screen."""
        if self._live.is_started:
            self._live.update(frame(view, last=True) if view.begun else Text())
            self._live.stop()

    def _draw(self, view: View) -> None:
        self._live.start()
        self._live.update(frame(view), refresh=True)


def frame(view: View, *, last: bool = False) -> RenderableType:
    """The bar, and below it whatever there is to say, as wide as the terminal."""
    told = _Facts(facts(view, last=last))
    if not view.begun:
        return told
    share = view.done / view.samples if view.samples else 1.0
    bar = Table.grid(expand=True, padding=(0, 1, 0, 0))
    bar.add_column(no_wrap=True)
    bar.add_column(ratio=1)
    bar.add_column(no_wrap=True)
    drawn = ProgressBar(total=max(view.samples, 1), completed=view.done)
    bar.add_row("grading", drawn, f"{view.done:,}/{view.samples:,} {int(100 * share)}%")
    return Group(bar, told)


class _Facts:
    """Phrases with commas between them; a line ends between two phrases where it can."""

    def __init__(self, phrases: Sequence[str]) -> None:
        self._phrases = phrases

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        rows: list[str] = []
        for number, phrase in enumerate(self._phrases, 1):
            text = phrase if number == len(self._phrases) else f"{phrase},"
            if rows and len(rows[-1]) + 1 + len(text) <= options.max_width:
                rows[-1] += f" {text}"
            else:
                rows.append(text)
        yield from (Text(row, overflow="fold") for row in rows)


def shown_on(out: TextIO) -> Listener:
    """A bar where `out` is a terminal, lines where it is not."""
    return Bar(Console(file=out)) if out.isatty() else Lines(out)
