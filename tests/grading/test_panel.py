from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from rlaif.grading.engine import finished_plans
from rlaif.grading.plan import Work
from rlaif.grading.seat import Asker
from rlaif.judging.scripted import ScriptedBackend
from rlaif.ports import Answer, Decision
from rlaif.prompting.prompt import Prompter
from rlaif.prompting.template import JudgeTemplate
from rlaif.records.backends import ScriptedJudge
from rlaif.records.grade import Grade
from rlaif.records.judge import Judge
from rlaif.records.outcome import Failure, Verdict
from rlaif.records.panel import CascadeJudge, JuryJudge
from rlaif.records.rubric import Rubric
from rlaif.runs.judge import asker_of

Make = Callable[..., Any]
Says = float | Failure | list[float]


class Fake(ScriptedBackend):
    """Says yes with one probability to everything, or gives a distribution; counts."""

    def __init__(self, spec: ScriptedJudge, says: Says) -> None:
        super().__init__(spec, rule=self._answer)
        self._says = says
        self.asked: list[str] = []

    def _answer(self, decision: Decision) -> Answer | Failure:
        self.asked.append(decision.criterion)
        if isinstance(self._says, Failure):
            return self._says
        if isinstance(self._says, list):
            return Answer(tuple(self._says))
        return Answer((1 - self._says, self._says))


class Court:
    """Judges that say the given things, under one rule."""

    def __init__(self, template: str, rule: JuryJudge | CascadeJudge, *says: Says) -> None:
        names = [f"j{place}" for place in range(len(says))]
        specs = [
            ScriptedJudge(judge=name, version="1.0.0", backend="scripted", model=name)
            for name in names
        ]
        self.backends = [Fake(*one) for one in zip(specs, says, strict=True)]
        members = tuple(Judge(spec, template) for spec in specs)
        self.judge = Judge(rule, "", members=members)
        self._template = template

    def asker(self) -> Asker:
        prompters = [
            Prompter(JudgeTemplate(self._template), member.own.labels, None)
            for member in self.judge.members
        ]
        return asker_of(self.judge, self.backends, prompters)

    async def grade(self, rubric: Rubric, work: Work) -> Grade:
        async def works() -> Any:
            yield work

        async with asyncio.timeout(20):
            (made,) = [one async for one in finished_plans(works(), rubric, self.asker())]
        grade: Grade = made.grade(self.judge.name)
        return grade


def jury(rule: str = "mean", size: int = 2) -> JuryJudge:
    names = [f"j{place}" for place in range(size)]
    return JuryJudge.model_validate(
        {"judge": "panel", "version": "1.0.0", "jury": names, "rule": rule}
    )


def cascade(unsure: float = 0.2, size: int = 2) -> CascadeJudge:
    names = [f"j{place}" for place in range(size)]
    return CascadeJudge(judge="two", version="1.0.0", cascade=tuple(names), unsure=unsure)


@pytest.fixture
def court(judge: Make) -> Callable[..., Court]:
    def make(rule: JuryJudge | CascadeJudge, *says: Says) -> Court:
        return Court(judge().template, rule, *says)

    return make


@pytest.mark.parametrize(
    ("rule", "says", "value"),
    [
        ("mean", (0.9, 0.5, 0.1), 0.5),
        ("majority", (0.6, 0.7, 0.1), 2 / 3),
        ("minimum", (0.9, 0.3, 0.4), 0.3),
    ],
)
async def test_a_jury_makes_one_verdict_by_its_rule(
    rule: str, says: tuple[float, ...], value: float, rubric: Make, sample: Make, court: Make
) -> None:
    found = await court(jury(rule, 3), *says).grade(rubric({"id": "c"}), Work(sample()))
    assert found.score == pytest.approx(value)
    (outcome,) = found.outcomes
    assert isinstance(outcome.outcome, Verdict)
    assert [ballot.by for ballot in outcome.outcome.ballots] == ["j0@1.0.0", "j1@1.0.0", "j2@1.0.0"]
    assert [ballot.distribution[1] for ballot in outcome.outcome.ballots] == pytest.approx(says)


async def test_the_minimum_of_a_fault_is_of_the_judge_that_sees_it_most(
    rubric: Make, sample: Make, court: Make
) -> None:
    given = rubric({"id": "good"}, {"id": "bad", "weight": -1})
    found = await court(jury("minimum"), 0.2, 0.7).grade(given, Work(sample()))
    values = {one.criterion: one.value for one in found.outcomes}
    assert values == pytest.approx({"good": 0.2, "bad": 0.7})


async def test_a_jury_fails_where_one_of_its_judges_fails(
    rubric: Make, sample: Make, court: Make
) -> None:
    given = court(jury(), 1.0, Failure("backend", "it is down"))
    found = await given.grade(rubric({"id": "c"}), Work(sample()))
    assert (found.score, found.status) == (None, "failed")
    assert found.outcomes[0].outcome == Failure("backend", "j1@1.0.0: it is down")


async def test_what_a_jury_said_in_the_same_run_is_not_asked_again(
    rubric: Make, sample: Make, court: Make
) -> None:
    first = court(jury(), 0.9, 0.7)
    found = await first.grade(rubric({"id": "c"}), Work(sample()))
    prior = {one.key: one.outcome for one in found.outcomes if isinstance(one.outcome, Verdict)}
    again = court(jury(), 0.9, 0.7)
    assert await again.grade(rubric({"id": "c"}), Work(sample(), prior=prior)) == found
    assert [backend.asked for backend in again.backends] == [[], []]


async def test_another_rule_or_another_judge_is_another_key(
    rubric: Make, sample: Make, court: Make
) -> None:
    async def key(given: Court) -> str:
        found = await given.grade(rubric({"id": "c"}), Work(sample()))
        return found.outcomes[0].key

    keys = [
        await key(court(jury("mean"), 1.0, 1.0)),
        await key(court(jury("majority"), 1.0, 1.0)),
        await key(court(jury("mean", 3), 1.0, 1.0, 1.0)),
        await key(court(cascade(0.2), 1.0, 1.0)),
        await key(court(cascade(0.3), 1.0, 1.0)),
    ]
    assert len(set(keys)) == 5


async def test_a_cascade_asks_the_next_judge_only_where_the_one_before_is_unsure(
    rubric: Make, sample: Make, court: Make
) -> None:
    sure = court(cascade(0.2), 0.95, 0.1)
    assert (await sure.grade(rubric({"id": "c"}), Work(sample()))).score == pytest.approx(0.95)
    assert sure.backends[1].asked == []
    unsure = court(cascade(0.2), 0.7, 0.1)
    found = await unsure.grade(rubric({"id": "c"}), Work(sample()))
    assert found.score == pytest.approx(0.1)
    verdict = found.outcomes[0].outcome
    assert isinstance(verdict, Verdict)
    assert [one.by for one in verdict.ballots] == ["j0@1.0.0", "j1@1.0.0"]


async def test_a_cascade_goes_on_where_a_judge_failed(
    rubric: Make, sample: Make, court: Make
) -> None:
    given = court(cascade(), Failure("backend", "down"), 0.8)
    assert (await given.grade(rubric({"id": "c"}), Work(sample()))).score == pytest.approx(0.8)


async def test_a_cascade_whose_last_judge_fails_has_no_verdict(
    rubric: Make, sample: Make, court: Make
) -> None:
    given = court(cascade(), 0.6, Failure("backend", "down"))
    found = await given.grade(rubric({"id": "c"}), Work(sample()))
    assert (found.score, found.reason) == (None, "failed:c")


async def test_a_majority_that_says_does_not_apply_leaves_the_fraction(
    rubric: Make, sample: Make, court: Make
) -> None:
    na, yes = [0.0, 0.1, 0.9], [0.0, 0.9, 0.1]
    given = rubric({"id": "c", "allow_na": True}, {"id": "d", "allow_na": True, "weight": 2})
    found = await court(jury("majority", 3), na, na, yes).grade(given, Work(sample()))
    assert (found.score, found.reason) == (None, "nothing_applies")
