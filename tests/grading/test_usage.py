"""What a job cost its judge, counted where the answers come in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import cast

import pytest

from rlaif.grading.engine import finished_plans
from rlaif.grading.plan import Work
from rlaif.grading.usage import Usage, total
from rlaif.judging.scripted import ScriptedBackend
from rlaif.ports import Answer, Decision, Generated, Request
from rlaif.records.backends import ScriptedJudge
from rlaif.records.outcome import Failure
from rlaif.records.price import Price
from rlaif.runs.judge import ready
from tests.conftest import MakeJudge, MakeRubric, MakeSample

Said = AsyncIterator[tuple[int, Answer | Failure]]
Wrote = AsyncIterator[tuple[int, Generated | Failure]]
PRICE = Price(input=1, cached=0.5, output=10, currency="EUR")


def test_an_answer_costs_its_prompt_and_one_token() -> None:
    usage = Usage()
    usage.count(Answer((0.5, 0.5), tokens_computed=1_000_000, tokens_cached=2_000_000), PRICE)
    assert usage.cost == {"EUR": pytest.approx(2.00001)}
    assert (usage.asked, usage.priced, usage.written) == (1, 1, 0)


def test_a_text_costs_what_was_written() -> None:
    usage = Usage()
    usage.count(Generated("so", tokens=100_000), PRICE)
    assert usage.cost == {"EUR": pytest.approx(1.0)}
    assert usage.written == 100_000


def test_without_a_price_nothing_is_known_to_cost_anything() -> None:
    usage = Usage()
    usage.count(Answer((0.5, 0.5), tokens_computed=1_000_000))
    assert (usage.asked, usage.priced, usage.cost) == (1, 0, {})


def test_judges_with_prices_in_two_currencies_are_counted_apart() -> None:
    usage = Usage()
    dear = Price(input=3, output=3)
    for price in (PRICE, dear, None):
        usage.count(Answer((1.0,), tokens_computed=1_000_000), price)
    assert usage.cost == {"EUR": pytest.approx(1.00001), "USD": pytest.approx(3.000003)}
    assert (usage.asked, usage.priced) == (3, 2)


def test_several_workers_together_cost_the_sum() -> None:
    one = Usage(asked=2, computed=5, cost={"EUR": 1.0})
    other = Usage(asked=3, recalled=1, priced=3, cost={"EUR": 0.5, "USD": 2.0})
    both = Usage(asked=5, computed=5, recalled=1, priced=3, cost={"EUR": 1.5, "USD": 2.0})
    assert total([one, other]) == both
    assert total([]) == Usage()
    assert one == Usage(asked=2, computed=5, cost={"EUR": 1.0})


class Counting(ScriptedBackend):
    """Says of every answer and of every text that its prompt had 1,000 tokens."""

    async def decide(self, asked: AsyncIterator[Decision]) -> Said:
        async for number, answer in super().decide(asked):
            assert isinstance(answer, Answer)
            yield number, replace(answer, tokens_computed=1000)

    async def generate(self, asked: AsyncIterator[Request]) -> Wrote:
        async for number, text in super().generate(asked):
            assert isinstance(text, Generated)
            yield number, replace(text, tokens=50, tokens_computed=1000)


@pytest.mark.parametrize(
    ("verdict", "cost"), [("label_probability", 0.00202), ("generated", 0.003)]
)
async def test_every_question_is_paid_at_its_judges_price(
    sample: MakeSample, rubric: MakeRubric, judge: MakeJudge, verdict: str, cost: float
) -> None:
    priced = judge("best", verdict=verdict, price=PRICE)
    backend = Counting(cast("ScriptedJudge", priced.spec))

    async def works() -> AsyncIterator[Work]:
        yield Work(sample())

    async with ready(priced, backend) as asker:
        two = rubric({"id": "a"}, {"id": "b"})
        assert [made async for made in finished_plans(works(), two, asker)]
    assert asker.usage.cost == {"EUR": pytest.approx(cost)}
    assert (asker.usage.asked, asker.usage.priced) == (2, 2)
