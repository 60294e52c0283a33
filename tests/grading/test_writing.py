from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from rlaif.errors import JudgeUnavailable
from rlaif.grading.engine import finished_plans
from rlaif.grading.plan import Work
from rlaif.judging.scripted import ScriptedBackend
from rlaif.ports import Generated, Request
from rlaif.records.grade import Grade
from rlaif.records.judge import Judge
from rlaif.records.outcome import Failure, Quote, Verdict
from rlaif.records.rubric import Rubric
from rlaif.runs.judge import ready

Make = Callable[..., Any]
Write = Callable[[Request], str | Generated | Failure]


class Writing(ScriptedBackend):
    """Writes by a function, and keeps what it was asked."""

    def __init__(self, judge: Judge, write: Write) -> None:
        super().__init__(judge.spec, write=self._note)  # type: ignore[arg-type]  # a scripted one
        self._say = write
        self.asked: list[Request] = []

    def _note(self, request: Request) -> str | Generated | Failure:
        self.asked.append(request)
        return self._say(request)


async def graded(rubric: Rubric, work: Work, judge: Judge, backend: Writing) -> Grade:
    async def works() -> AsyncIterator[Work]:
        yield work

    async with asyncio.timeout(20), ready(judge, backend, rubric=rubric) as asker:
        (made,) = [one async for one in finished_plans(works(), rubric, asker)]
    return made.grade("fake")


def words(count: int) -> str:
    return " ".join(f"word{n}" for n in range(count))


def verdict(label: str = "Yes", **more: Any) -> str:
    return json.dumps({"rationale": "It says so.", **more, "verdict": label})


def answers(**labels: str) -> str:
    told = [{"id": k, "rationale": "", "verdict": v} for k, v in labels.items()]
    return json.dumps({"answers": told})


def verdicts(grade: Grade) -> dict[str, str | None]:
    return {one.criterion: one.answer for one in grade.outcomes}


async def test_a_generated_verdict_keeps_its_rationale(
    rubric: Make, sample: Make, judge: Make
) -> None:
    given = judge(verdict="generated")
    backend = Writing(given, lambda _: verdict("No"))
    found = await graded(rubric({"id": "c"}), Work(sample()), given, backend)
    assert found.outcomes[0].outcome == Verdict((1.0, 0.0), None, "It says so.")
    assert found.score == 0
    (request,) = backend.asked
    assert request.schema
    assert [form.criterion for form in request.forms] == ["c"]
    assert sample().completion in request.turns[-1].text


async def test_quotations_are_looked_for_in_the_completion(
    rubric: Make, sample: Make, judge: Make
) -> None:
    given = judge(verdict="generated", evidence=True)
    told = verdict("Yes", evidence=["it IS  4,", "it is 5, surely"])
    found = await graded(rubric({"id": "c"}), Work(sample()), given, Writing(given, lambda _: told))
    (outcome,) = found.outcomes
    assert isinstance(outcome.outcome, Verdict)
    assert outcome.outcome.evidence == (Quote("it IS  4,", True), Quote("it is 5, surely", False))
    assert outcome.answer == "yes"


@pytest.mark.parametrize("text", ["I think so.", "", '{"verdict": "Maybe"}', '{"rationale": "x"'])
async def test_what_cannot_be_read_is_a_failure_and_no_number(
    text: str, rubric: Make, sample: Make, judge: Make
) -> None:
    given = judge(verdict="generated")
    found = await graded(rubric({"id": "c"}), Work(sample()), given, Writing(given, lambda _: text))
    outcome = found.outcomes[0].outcome
    assert isinstance(outcome, Failure)
    assert outcome.stage == "parse"
    assert (found.score, found.status) == (None, "failed")


async def test_a_text_that_was_cut_is_a_failure_that_names_the_key_to_raise(
    rubric: Make, sample: Make, judge: Make
) -> None:
    given = judge(verdict="generated")
    cut = Generated(verdict(), cut=True, tokens=256)
    found = await graded(rubric({"id": "c"}), Work(sample()), given, Writing(given, lambda _: cut))
    outcome = found.outcomes[0].outcome
    assert isinstance(outcome, Failure)
    assert "rationale_tokens" in outcome.message


async def test_a_judge_that_writes_knows_what_it_wrote_in_the_same_run(
    rubric: Make, sample: Make, judge: Make
) -> None:
    for mode in ("generated", "one_call"):
        given = judge(verdict=mode)
        backend = Writing(
            given,
            lambda request: answers(c="Yes") if "answers" in str(request.schema) else verdict(),
        )
        found = await graded(rubric({"id": "c"}), Work(sample()), given, backend)
        prior = {one.key: one.outcome for one in found.outcomes if isinstance(one.outcome, Verdict)}
        asked = len(backend.asked)
        again = Work(sample(), prior=prior)
        assert await graded(rubric({"id": "c"}), again, given, backend) == found
        assert len(backend.asked) == asked == 1


async def test_votes_are_asked_with_seeds_of_their_own(
    rubric: Make, sample: Make, judge: Make
) -> None:
    given = judge(verdict="generated", temperature=0.7, votes=3)
    labels = iter(["Yes", "No", "Yes"])
    backend = Writing(given, lambda _: verdict(next(labels)))
    found = await graded(rubric({"id": "c"}), Work(sample()), given, backend)
    assert found.outcomes[0].value == pytest.approx(2 / 3)
    assert len({request.seed for request in backend.asked}) == 3
    assert {request.temperature for request in backend.asked} == {0.7}
    seeds = {request.seed for request in backend.asked}
    labels = iter(["Yes", "No", "Yes"])
    backend = Writing(given, lambda _: verdict(next(labels)))
    await graded(rubric({"id": "c"}), Work(sample()), given, backend)
    assert {request.seed for request in backend.asked} == seeds


async def test_one_call_answers_all_criteria_of_a_sample(
    rubric: Make, sample: Make, judge: Make
) -> None:
    given = judge(verdict="one_call")
    backend = Writing(given, lambda _: answers(d="No", c="Yes"))
    found = await graded(rubric({"id": "c"}, {"id": "d"}), Work(sample()), given, backend)
    assert verdicts(found) == {"c": "yes", "d": "no"}
    (request,) = backend.asked
    assert [form.criterion for form in request.forms] == ["c", "d"]


@pytest.mark.parametrize("told", [answers(c="Yes"), answers(c="Yes", d="Perhaps")])
async def test_what_one_call_left_out_or_said_wrongly_is_asked_again_by_itself(
    told: str, rubric: Make, sample: Make, judge: Make
) -> None:
    given = judge(verdict="one_call")
    backend = Writing(given, lambda r: told if len(r.forms) > 1 else answers(d="No"))
    found = await graded(rubric({"id": "c"}, {"id": "d"}), Work(sample()), given, backend)
    assert verdicts(found) == {"c": "yes", "d": "no"}
    assert [[form.criterion for form in request.forms] for request in backend.asked] == [
        ["c", "d"],
        ["d"],
    ]


@pytest.mark.parametrize(
    "told",
    [
        '{"answers": [{"id": "c", "rationale": "", "verdict": "Yes"}, '
        '{"id": "d", "rationale": "", "verdict": "Yes"}, '
        '{"id": "d", "rationale": "", "verdict": "No"}]}',
        answers(c="Yes", d="Yes", e="No"),
    ],
)
async def test_a_list_with_an_id_twice_or_unknown_is_forged_perhaps_and_all_is_asked_again(
    told: str, rubric: Make, sample: Make, judge: Make
) -> None:
    given = judge(verdict="one_call")
    backend = Writing(
        given, lambda r: told if len(r.forms) > 1 else answers(**{r.forms[0].criterion: "No"})
    )
    found = await graded(rubric({"id": "c"}, {"id": "d"}), Work(sample()), given, backend)
    assert verdicts(found) == {"c": "no", "d": "no"}
    assert [len(request.forms) for request in backend.asked] == [2, 1, 1]


async def test_what_cannot_be_read_by_itself_either_fails_alone(
    rubric: Make, sample: Make, judge: Make
) -> None:
    given = judge(verdict="one_call")
    backend = Writing(given, lambda r: answers(c="Yes") if len(r.forms) > 1 else "no idea")
    found = await graded(rubric({"id": "c"}, {"id": "d"}), Work(sample()), given, backend)
    assert verdicts(found) == {"c": "yes", "d": None}
    assert found.reason == "failed:d"


async def test_of_a_list_that_was_cut_only_the_rest_is_asked_again(
    rubric: Make, sample: Make, judge: Make
) -> None:
    given = judge(verdict="one_call")
    whole = answers(c="Yes", d="No")
    cut = Generated(whole[: whole.index('"d"')], cut=True, tokens=512)
    backend = Writing(given, lambda r: cut if len(r.forms) > 1 else answers(d="No"))
    found = await graded(rubric({"id": "c"}, {"id": "d"}), Work(sample()), given, backend)
    assert verdicts(found) == {"c": "yes", "d": "no"}
    assert [len(request.forms) for request in backend.asked] == [2, 1]


async def test_thoughts_that_a_server_leaves_in_its_text_are_taken_out(
    rubric: Make, sample: Make, judge: Make
) -> None:
    given = judge(verdict="generated", thinking=True)
    told = '<think>{"verdict": "No"} or so?</think>' + verdict("Yes")
    backend = Writing(given, lambda r: told if r.schema else "hm")
    found = await graded(rubric({"id": "c"}), Work(sample()), given, backend)
    assert verdicts(found) == {"c": "yes"}


async def test_a_thought_that_does_not_end_is_no_answer(
    rubric: Make, sample: Make, judge: Make
) -> None:
    given = judge(verdict="generated")
    found = await graded(
        rubric({"id": "c"}), Work(sample()), given, Writing(given, lambda _: f"<think>{verdict()}")
    )
    assert found.reason == "failed:c"


async def test_what_several_votes_became_is_not_asked_again_in_the_same_run(
    rubric: Make, sample: Make, judge: Make
) -> None:
    given = judge(verdict="generated", temperature=0.7, votes=3)
    backend = Writing(given, lambda _: verdict())
    found = await graded(rubric({"id": "c"}), Work(sample()), given, backend)
    prior = {one.key: one.outcome for one in found.outcomes if isinstance(one.outcome, Verdict)}
    again = await graded(rubric({"id": "c"}), Work(sample(), prior=prior), given, backend)
    assert again == found
    assert len(backend.asked) == 3


async def test_a_judge_asked_in_text_takes_no_completion_that_is_too_long_for_it(
    rubric: Make, sample: Make, judge: Make
) -> None:
    given = judge()
    backend = Writing(given, lambda _: verdict())
    backend.max_length = 2000
    long = await graded(rubric({"id": "c"}), Work(sample(completion=words(600))), given, backend)
    assert (long.score, long.reason) == (0.0, "prescreen:too_long")
    short = await graded(rubric({"id": "c"}), Work(sample()), given, backend)
    assert short.score == 1.0


async def test_a_judge_that_would_write_more_than_half_of_its_window_is_refused(
    rubric: Make, judge: Make, sample: Make
) -> None:
    given = judge(verdict="generated", rationale_tokens=600)
    backend = Writing(given, lambda _: verdict())
    backend.max_length = 1000
    with pytest.raises(JudgeUnavailable, match="rationale_tokens"):
        await graded(rubric({"id": "c"}), Work(sample()), given, backend)


@pytest.mark.parametrize("criteria", [1, 12])
async def test_how_long_a_completion_may_be_does_not_follow_how_many_criteria_there_are(
    criteria: int, rubric: Make, sample: Make, judge: Make
) -> None:
    given = judge(verdict="one_call", rationale_tokens=256)
    backend = Writing(given, lambda r: answers(**{form.criterion: "Yes" for form in r.forms}))
    backend.max_length = 8192
    made = rubric(*({"id": f"c{i}"} for i in range(criteria)))
    found = await graded(made, Work(sample(completion=words(900))), given, backend)
    assert found.score == 1.0
    assert backend.asked[0].max_tokens == min(256 * criteria, 2048)


async def test_a_gate_is_asked_before_the_one_call(rubric: Make, sample: Make, judge: Make) -> None:
    given = judge(verdict="one_call")
    backend = Writing(given, lambda r: answers(**{form.criterion: "No" for form in r.forms}))
    made = rubric({"id": "g", "gate": True}, {"id": "c"}, {"id": "d"})
    found = await graded(made, Work(sample()), given, backend)
    assert found.reason == "gate:g"
    assert [len(request.forms) for request in backend.asked] == [1]


async def test_a_judge_thinks_before_it_answers_in_labels(
    rubric: Make, sample: Make, judge: Make
) -> None:
    given = judge(thinking=True)
    backend = Writing(given, lambda _: Generated(" It adds up. ", tokens=4))
    found = await graded(rubric({"id": "c"}), Work(sample()), given, backend)
    (outcome,) = found.outcomes
    assert outcome.outcome == Verdict((0.0, 1.0), 1.0, "It adds up.")
    (request,) = backend.asked
    assert (request.thinking, request.schema, request.max_tokens) == (True, None, 1024)


async def test_a_thought_that_fails_is_a_failure(rubric: Make, sample: Make, judge: Make) -> None:
    given = judge(thinking=True)
    backend = Writing(given, lambda _: Failure("backend", "it is down"))
    found = await graded(rubric({"id": "c"}), Work(sample()), given, backend)
    assert found.outcomes[0].outcome == Failure("backend", "it is down")


async def test_the_shipped_fake_answers_in_every_way_of_reading(
    rubric: Make, sample: Make, judge: Make
) -> None:
    made = rubric(
        {"id": "c"}, {"id": "d", "levels": ["bad", "good"]}, {"id": "e", "allow_na": True}
    )
    for mode in ("label_probability", "generated", "one_call", "holistic"):
        given = judge(verdict=mode)

        async def works() -> AsyncIterator[Work]:
            yield Work(sample())

        async with asyncio.timeout(20), ready(given, rubric=made) as asker:
            (plan,) = [one async for one in finished_plans(works(), made, asker)]
        assert plan.grade("fake").score == 1.0, mode
