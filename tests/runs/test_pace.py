"""How far a job is, how fast it goes now, and what is foretold of it."""

from __future__ import annotations

import pytest

from rlaif.grading.usage import Usage
from rlaif.runs.pace import Pace
from tests.runs.clock import Clock, step


def paced(samples: int = 1000, done: int = 0) -> tuple[Pace, Clock]:
    clock = Clock()
    pace = Pace(clock)
    pace.begin(samples, done)
    return pace, clock


def run_on(pace: Pace, clock: Clock, seconds: int, usage: Usage, grades: int = 1) -> None:
    """So many grades a second, of 200 prompt tokens each."""
    for _ in range(seconds):
        clock.now += 1
        usage.asked += 5 * grades
        usage.computed += 150 * grades
        usage.cached += 50 * grades
        pace.add(step(grades), usage)


def test_the_rate_is_that_of_the_last_minute_and_not_of_the_whole_job() -> None:
    pace, clock = paced()
    run_on(pace, clock, 100, Usage(), grades=4)
    run_on(pace, clock, 100, usage := Usage(), grades=1)
    view = pace.view()
    assert view.verdicts_per_s == 5
    assert view.grades_per_s == 1
    assert view.mean_verdicts_per_s == 12.5
    assert (view.done, view.new, view.verdicts) == (500, 500, 2500)
    assert view.left_s == 500
    assert view.prompt_tokens == usage.computed + usage.cached
    assert view.computed_before == 0.25


def test_nothing_is_foretold_before_the_pace_is_known() -> None:
    pace, clock = paced()
    assert pace.view().left_s is None
    clock.now += 4
    pace.add(step(), Usage())
    view = pace.view()
    assert view.verdicts_per_s == 1.25
    assert view.left_s is None
    clock.now += 1
    assert pace.view().left_s == 999 / (1 / 5)


def test_only_what_this_job_does_makes_its_pace() -> None:
    pace, clock = paced(samples=1000, done=900)
    run_on(pace, clock, 10, Usage())
    view = pace.view()
    assert (view.done, view.new) == (910, 10)
    assert view.left_s == 90


def test_a_job_that_stands_still_slows_down_and_says_for_how_long() -> None:
    pace, clock = paced()
    run_on(pace, clock, 30, Usage())
    clock.now += 170
    view = pace.view()
    assert view.idle_s == 170
    assert view.grades_per_s is not None
    assert view.grades_per_s < 0.2


def test_a_slow_jobs_pace_is_that_of_its_last_grades() -> None:
    pace, clock = paced()
    for _ in range(50):
        clock.now += 90
        pace.add(step(), Usage())
    assert pace.view().grades_per_s == pytest.approx(1 / 90)


def test_a_part_of_many_grades_counts_as_so_many() -> None:
    pace, clock = paced(samples=10_000)
    for _ in range(4):
        clock.now += 30
        pace.add(step(256), Usage())
    assert pace.view().grades_per_s == pytest.approx(256 / 30)


def test_what_is_kept_of_the_pace_does_not_grow_with_the_job() -> None:
    pace, clock = paced(samples=100_000)
    for _ in range(20_000):
        clock.now += 0.4
        pace.add(step(), Usage())
    assert len(pace._marks) < 70


def test_a_backend_that_counts_no_tokens_has_no_rate_of_them() -> None:
    pace, clock = paced()
    clock.now += 10
    pace.add(step(), Usage(asked=5))
    assert pace.view().prompt_tokens_per_s is None


def test_the_cost_of_the_whole_follows_from_what_was_graded() -> None:
    pace, clock = paced(samples=300, done=100)
    clock.now += 10
    pace.add(step(50), Usage(asked=250, priced=250, cost={"EUR": 2.0}))
    assert pace.view().expected_cost == {"EUR": pytest.approx(8.0)}


def test_a_few_grades_foretell_no_cost() -> None:
    pace, clock = paced(samples=300)
    clock.now += 10
    pace.add(step(19), Usage(cost={"EUR": 2.0}))
    assert pace.view().expected_cost == {}


def test_a_view_stays_what_it_was_while_the_usage_grows() -> None:
    pace, clock = paced()
    usage = Usage(cost={"USD": 1.0})
    clock.now += 1
    pace.add(step(), usage)
    view = pace.view()
    usage.cost["USD"] = 2.0
    usage.asked = 9
    assert (view.usage.cost, view.usage.asked) == ({"USD": 1.0}, 0)
    assert pace.view().usage.cost == {"USD": 2.0}
