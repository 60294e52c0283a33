"""What a job cost its judge gets into the run while it runs, and into words."""

from __future__ import annotations

import pytest

from rlaif.errors import RunError
from rlaif.grading.usage import Usage
from rlaif.runs.usage import Spending, counted, spent_lines, usage_notes
from rlaif.storage.manifest import Spent
from tests.runs.clock import Clock


class Ledger:
    """A run that adds up what is spent; its disk may be full."""

    def __init__(self) -> None:
        self.spent, self.times, self.full = Spent(), 0, False

    def spend(self, spent: Spent) -> None:
        if self.full:
            raise RunError("run: No space left on device")
        self.spent = self.spent.plus(spent)
        self.times += 1


def test_a_job_that_is_killed_loses_a_minute_of_what_it_cost_at_most() -> None:
    clock, ledger, usage = Clock(), Ledger(), Usage()
    spending = Spending(ledger, usage, clock)
    for _ in range(150):
        clock.now += 1
        usage.asked += 1
        usage.cost["USD"] = usage.asked / 4
        spending.tick()
    assert (ledger.times, ledger.spent.asked) == (2, 120)
    assert ledger.spent.cost == {"USD": pytest.approx(30.0)}
    spending.keep()
    spending.keep()
    assert (ledger.times, ledger.spent.asked) == (3, 150)
    assert ledger.spent.cost == {"USD": pytest.approx(37.5)}


def test_a_full_disk_is_told_at_the_end_and_not_by_the_timer() -> None:
    clock, ledger = Clock(), Ledger()
    spending = Spending(ledger, Usage(asked=1), clock)
    ledger.full = True
    clock.now += 60
    spending.tick()
    with pytest.raises(RunError):
        spending.keep()
    ledger.full = False
    spending.keep()
    assert ledger.spent.asked == 1


def test_whatever_ends_a_job_what_it_cost_is_kept_and_told() -> None:
    ledger, told = Ledger(), list[str]()
    usage = Usage(asked=4, computed=900, cached=100, priced=4, cost={"USD": 1.234})

    def job() -> None:
        with counted(ledger, usage, told.append):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        job()
    assert ledger.spent.cost == {"USD": 1.234}
    assert told == [
        "the judge answered 4 questions: 1,000 tokens of prompts, 10% of them computed before",
        "the judge cost USD 1.23",
    ]


def test_a_job_that_asked_nothing_writes_nothing() -> None:
    ledger = Ledger()
    with counted(ledger, Usage(), list[str]().append):
        pass
    assert ledger.times == 0


def test_questions_to_judges_without_a_price_are_no_part_of_the_cost() -> None:
    assert list(spent_lines(Spent(asked=10, priced=4, cost={"EUR": 0.5}))) == [
        "the judge cost EUR 0.50 for 4 of 10 questions: there is no price for the others"
    ]


def test_the_mend_for_a_judge_that_changed_is_for_the_one_who_runs_the_job() -> None:
    usage = Usage(recalled=20, again=5, changed=1)
    *_, mend = usage_notes(usage)
    assert "state its 'revision'" in mend
    assert list(spent_lines(usage)) == [
        "20 verdicts of earlier runs taken from the cache; 5 asked for again, 1 came out otherwise"
    ]
