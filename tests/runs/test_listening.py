"""Several who watch one job: each in its rhythm, and none harms it."""

from __future__ import annotations

import threading

import pytest

from rlaif.grading.usage import Usage
from rlaif.runs.listening import How, Hub, listening
from rlaif.runs.pace import View
from tests.runs.clock import Clock, step


class Noting:
    """Writes down what it hears."""

    def __init__(self, name: str = "the list", every_s: float = 60.0) -> None:
        self.name, self.every_s = name, every_s
        self.heard: list[str] = []
        self.views: list[View] = []

    def note(self, text: str) -> None:
        self.heard.append(text)

    def begin(self, view: View) -> None:
        self.heard.append(f"begin {view.samples}")

    def tick(self, view: View) -> None:
        self.heard.append(f"tick {view.done}")
        self.views.append(view)

    def end(self, view: View, how: How, error: BaseException | None) -> None:
        self.heard.append(f"{how} {view.done}")


class Broken(Noting):
    """Cannot be told anything but notes."""

    def tick(self, view: View) -> None:
        raise OSError(28, "No space left on device")


def test_a_judge_that_hangs_is_told_of_every_minute() -> None:
    clock, lines = Clock(), Noting()
    hub = Hub([lines], clock)
    hub.begin(10, 2)
    for _ in range(3 * 60 + 5):
        clock.now += 1
        hub.tick()
    assert lines.heard == ["begin 10", "tick 2", "tick 2", "tick 2"]
    assert [view.idle_s for view in lines.views] == [60, 120, 180]


def test_grades_alone_say_nothing_before_a_minute_is_over() -> None:
    clock, lines = Clock(), Noting()
    hub = Hub([lines], clock)
    hub.begin(1000, 0)
    for _ in range(119):
        clock.now += 1
        hub.graded(step(), Usage())
        hub.tick()
    assert lines.heard == ["begin 1000", "tick 60"]


def test_a_timer_that_was_late_keeps_to_its_minutes() -> None:
    clock, lines = Clock(), Noting()
    hub = Hub([lines], clock)
    hub.begin(10, 0)
    clock.now += 70
    assert hub.tick() == 50
    clock.now += 50
    hub.tick()
    assert [view.elapsed_s for view in lines.views] == [70, 120]


def test_each_is_told_in_its_own_rhythm() -> None:
    clock, often, seldom = Clock(), Noting(every_s=10), Noting(every_s=60)
    hub = Hub([often, seldom], clock)
    hub.begin(10, 0)
    for _ in range(60):
        clock.now += 1
        hub.tick()
    assert (len(often.views), len(seldom.views)) == (6, 1)


def test_one_who_cannot_be_told_is_given_up_and_the_others_hear_why() -> None:
    clock, lines, broken = Clock(), Noting(), Broken("the display")
    hub = Hub([broken, lines], clock)
    hub.begin(10, 0)
    for _ in range(2):
        clock.now += 60
        hub.tick()
    assert lines.heard == [
        "begin 10",
        "tick 0",
        "the display is given up, and the job goes on: OSError: [Errno 28] No space left on device",
        "tick 0",
    ]


def test_a_clock_of_its_own_tells_while_the_job_is_stuck() -> None:
    told = threading.Event()

    class Waiting(Noting):
        def tick(self, view: View) -> None:
            told.set()

    with listening(Hub([Waiting(every_s=0.01)])) as hub:
        hub.begin(1, 0)
        assert told.wait(10)


@pytest.mark.parametrize(
    ("error", "how"),
    [(None, "ended"), (KeyboardInterrupt(), "interrupted"), (ValueError("x"), "error")],
)
def test_everybody_is_told_how_it_ended(error: BaseException | None, how: str) -> None:
    lines = Noting()

    def job() -> None:
        with listening(Hub([lines])):
            if error is not None:
                raise error

    if error is None:
        job()
    else:
        with pytest.raises(type(error)):
            job()
    assert lines.heard == [f"{how} 0"]
    assert not [t for t in threading.enumerate() if t.name == "rlaif-watch"]
