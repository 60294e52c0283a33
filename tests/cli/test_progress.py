"""What a person sees of a job, on a terminal of 80 and of 40 columns, and in a log.

RLAIF_GOLDEN=write writes the golden texts anew.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from rich.console import Console

from rlaif.cli.progress import Lines, frame
from rlaif.cli.progress_line import line
from rlaif.grading.usage import Usage
from rlaif.reporting.money import money, span
from rlaif.runs.listening import Hub
from rlaif.runs.pace import View
from tests.runs.clock import Clock, step

GOLDEN = Path(__file__).parent / "golden_progress"


def at_work(
    seconds: int, *, samples: int = 10_000, done: int = 0, idle: int = 0, share: float = 0.75
) -> View:
    """A job of two grades a second whose judge has a price, some time after its beginning."""
    clock = Clock()
    hub = Hub([], clock)
    hub.begin(samples, done)
    usage = Usage()
    for second in range(seconds):
        clock.now += 1
        usage.asked += 10
        usage.priced += 10
        usage.recalled += second % 3 == 0
        usage.computed += round(2000 * (1 - share))
        usage.cached += round(2000 * share)
        usage.cost["USD"] = usage.cost.get("USD", 0.0) + 0.0004
        stage = {7: "backend", 20: "parse"}.get(second % 50, "")
        hub.graded(step(2, 1 if stage else 0, **({stage: 3} if stage else {})), usage)
    clock.now += idle
    return hub.view()


def starting() -> View:
    clock = Clock()
    hub = Hub([], clock)
    clock.now += 125
    return hub.view()


def plain() -> View:
    """A backend that counts no tokens and has no price."""
    clock = Clock()
    hub = Hub([], clock)
    hub.begin(800, 200)
    for _ in range(90):
        clock.now += 1
        hub.graded(step(), Usage(asked=5))
    return hub.view()


VIEWS = {
    "starting": starting(),
    "first-seconds": at_work(3),
    "at-work": at_work(1500),
    "goes-on-from-an-earlier-job": at_work(300, samples=1_000_000, done=600_000),
    "hangs": at_work(300, idle=190),
    "counts-no-tokens": plain(),
    "all-graded": at_work(500, samples=1000),
}


def drawn(view: View, width: int, *, last: bool) -> str:
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(frame(view, last=last))
    return out.getvalue()


@pytest.mark.parametrize("name", VIEWS)
def test_progress_looks_like_this(name: str) -> None:
    view = VIEWS[name]
    shown = [f"80 columns\n{drawn(view, 80, last=False)}", f"40\n{drawn(view, 40, last=False)}"]
    shown.append(f"a line a minute\n{line(view)}\n")
    shown.append(f"the last line\n{line(view, last=True)}\n")
    text = "\n".join(row.rstrip() for row in "\n".join(shown).splitlines()) + "\n"
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("RLAIF_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_every_golden_text_has_its_view() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(VIEWS)


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("name", VIEWS)
def test_no_line_is_wider_than_the_terminal_and_none_is_cut(name: str, width: int) -> None:
    rows = drawn(VIEWS[name], width, last=False).splitlines()
    assert max(map(len, rows)) <= width
    assert "…" not in "".join(rows)


def test_a_log_gets_a_line_a_minute_and_one_at_the_end() -> None:
    out, clock = io.StringIO(), Clock()
    hub = Hub([Lines(out)], clock)
    hub.note("the judge is there")
    hub.begin(1000, 0)
    for _ in range(130):
        clock.now += 1
        hub.graded(step(), Usage())
        hub.tick()
    hub.end("interrupted", KeyboardInterrupt())
    assert out.getvalue().splitlines() == [
        "the judge is there",
        "grading 1,000 samples",
        "60 of 1,000 samples, 5.0 verdicts/s, 15 min left",
        "120 of 1,000 samples, 5.0 verdicts/s, 14 min left",
        "130 of 1,000 samples, 5.0 verdicts/s",
    ]


def test_a_job_that_never_began_has_no_last_line() -> None:
    out = io.StringIO()
    hub = Hub([Lines(out)], Clock())
    hub.end("error", ValueError())
    assert out.getvalue() == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((0, "0 s"), (59.4, "59 s"), (59.6, "1 min"), (3599, "59 min"), (3600, "1 h")),
        *((7500, "2 h 5 min"), (86_400, "1 d"), (187_200, "2 d 4 h")),
    ],
)
def test_spans_of_time_in_words(seconds: float, words: str) -> None:
    assert span(seconds) == words


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        *((0.0, "USD 0.00"), (1234.5, "USD 1,234.50"), (0.1, "USD 0.10")),
        *((0.0123, "USD 0.012"), (0.00042, "USD 0.00042"), (1e-7, "USD 0.0001 at most")),
    ],
)
def test_sums_of_money_in_words(amount: float, words: str) -> None:
    assert money({"USD": amount}) == words


def test_two_currencies_stand_beside_each_other() -> None:
    assert money({"USD": 2.0, "EUR": 1.0}) == "EUR 1.00 and USD 2.00"
