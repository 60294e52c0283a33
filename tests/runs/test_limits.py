"""When a job ends itself: too many failed grades, or too much money."""

from __future__ import annotations

from typing import Any

import pytest

from rlaif.errors import InputError, Stopped
from rlaif.grading.usage import Usage
from rlaif.records.backends import OpenaiJudge
from rlaif.records.judge import Judge
from rlaif.records.panel import JuryJudge
from rlaif.runs.limits import Limits
from rlaif.storage.manifest import Spent
from tests.runs.clock import step

URL = "https://models.example/v1"
PRICE = {"input": 1, "output": 2}


def judge(name: str = "j", price: dict[str, Any] | None = None) -> Judge:
    stated = {"judge": name, "version": "1.0.0", "backend": "openai", "model": "m"}
    return Judge(OpenaiJudge.model_validate({**stated, "base_url": URL, "price": price}), "t")


def jury(*members: Judge) -> Judge:
    named = {"judge": "three", "version": "1.0.0", "jury": [m.name for m in members]}
    return Judge(JuryJudge.model_validate(named), "", members=members)


def spent_usage(cost: float, **more: Any) -> Usage:
    return Usage(asked=9, priced=9, computed=9000, cost={"USD": cost}, **more)


def test_so_many_failures_may_be_and_one_more_ends_the_job() -> None:
    guard = Limits(max_failures=3).guard(None, Spent())
    guard.check(step(5, 3, backend=4), Usage())
    with pytest.raises(Stopped) as stopped:
        guard.check(step(5, 1, backend=1, parse=2), Usage())
    assert str(stopped.value) == (
        "stopped after 4 failed grades (--max-failures 3): 5 backend, 2 parse\n"
        "  hint: what was graded is kept, and the same command goes on; --retry-failed asks again "
        "what failed"
    )


def test_none_may_fail() -> None:
    guard = Limits(max_failures=0).guard(None, Spent())
    guard.check(step(5), Usage())
    with pytest.raises(Stopped, match="after 1 failed grade "):
        guard.check(step(5, 1), Usage())


def test_without_limits_everything_goes_on() -> None:
    guard = Limits().guard(judge(), Spent(cost={"USD": 1e6}))
    guard.check(step(5, 5), spent_usage(1e6))


def test_a_budget_ends_the_job_when_it_is_used_up() -> None:
    guard = Limits(budget=2).guard(judge(price=PRICE), Spent())
    guard.check(step(), spent_usage(1.99))
    with pytest.raises(Stopped) as stopped:
        guard.check(step(), spent_usage(2.01))
    assert str(stopped.value) == (
        "stopped: the run has cost USD 2.01 (--budget 2)\n"
        "  hint: what was graded is kept, and the same command goes on with a larger --budget, "
        "which counts the run as a whole"
    )


def test_a_budget_counts_what_earlier_jobs_have_spent() -> None:
    earlier = Spent(cost={"USD": 1.5, "EUR": 50.0})
    guard = Limits(budget=2).guard(judge(price=PRICE), earlier)
    with pytest.raises(Stopped, match=r"cost USD 2\.10, USD 1\.50 of it in earlier jobs \("):
        guard.check(step(), spent_usage(0.6))


def test_a_budget_that_is_used_up_lets_nothing_start() -> None:
    with pytest.raises(Stopped, match=r"USD 2\.50, USD 2\.50 of it in earlier jobs"):
        Limits(budget=2).guard(judge(price=PRICE), Spent(cost={"USD": 2.5}))


def test_a_budget_needs_a_price_of_every_judge() -> None:
    members = jury(judge("a", PRICE), judge("b"), judge("c"))
    with pytest.raises(InputError) as refused:
        Limits(budget=2).guard(members, Spent())
    assert str(refused.value) == (
        "--budget: there is no price in the file of the judge b@1.0.0, c@1.0.0\n"
        "  hint: state there what a million tokens cost: price: {input: 0.15, output: 0.6}"
    )


def test_a_budget_needs_one_currency() -> None:
    members = jury(judge("a", PRICE), judge("b", {**PRICE, "currency": "EUR"}))
    with pytest.raises(InputError, match="--budget: the judges' prices are in EUR and USD"):
        Limits(budget=2).guard(members, Spent())


def test_a_budget_cannot_be_kept_where_the_server_counts_no_tokens() -> None:
    guard = Limits(budget=2).guard(judge(price=PRICE), Spent())
    guard.check(step(), Usage())
    with pytest.raises(Stopped, match="does not say how many tokens it used"):
        guard.check(step(), Usage(asked=5, priced=5, cost={"USD": 0.0}))


def test_where_nothing_is_asked_a_budget_limits_nothing() -> None:
    Limits(budget=0).guard(None, Spent()).check(step(), Usage())
