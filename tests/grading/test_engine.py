from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing, suppress
from typing import Any

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from rlaif.grading.engine import finished_plans
from rlaif.grading.plan import Plan, Work
from rlaif.judging.scripted import ScriptedBackend
from rlaif.ports import Answer, Decision, TokenizerFiles
from rlaif.records.backends import ScriptedJudge
from rlaif.records.criterion import Judged
from rlaif.records.grade import Grade
from rlaif.records.judge import Judge
from rlaif.records.outcome import Failure, Skipped, Verdict
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample
from rlaif.runs.judge import ready

Make = Callable[..., Any]
Said = AsyncIterator[tuple[int, Answer | Failure]]
Asked = AsyncIterator[Decision]
SPEC = ScriptedJudge(judge="fake", version="1.0.0", backend="scripted")


class Recording(ScriptedBackend):
    """Says yes, or what `say` tells by criterion, and keeps every question in order."""

    def __init__(self, **say: float | Failure) -> None:
        super().__init__(SPEC, rule=self._answer)
        self.asked: list[Decision] = []
        self._say = say

    def _answer(self, decision: Decision) -> Answer | Failure:
        self.asked.append(decision)
        told = self._say.get(decision.criterion, 1.0)
        if isinstance(told, Failure):
            return told
        rest = [0.0] * len(decision.labels)
        rest[decision.best], rest[0] = told, 1 - told
        return Answer(tuple(rest))

    @property
    def criteria(self) -> list[str]:
        return [decision.criterion for decision in self.asked]


class Answering(ScriptedBackend):
    """Answers as the given generator does."""

    def __init__(self, decide: Callable[[Asked], Said]) -> None:
        super().__init__(SPEC)
        self._decide = decide

    async def decide(self, asked: Asked) -> Said:
        async for answered in self._decide(asked):
            yield answered


def about(value: float | None) -> Any:
    """Equal to `value` but for rounding."""
    return pytest.approx(value)


def best(decision: Decision) -> Answer:
    return Answer(tuple(float(i == decision.best) for i in range(len(decision.labels))))


def works(given: Iterable[Sample | Work]) -> AsyncIterator[Work]:
    async def stream() -> AsyncIterator[Work]:
        for one in given:
            yield one if isinstance(one, Work) else Work(one)

    return stream()


async def finished(
    given: Iterable[Sample | Work],
    rubric: Rubric,
    judge: Judge,
    backend: ScriptedBackend,
    **options: Any,
) -> dict[str, Plan]:
    async def run() -> dict[str, Plan]:
        found = {}
        async with ready(judge, backend) as asker:
            async for made in finished_plans(works(given), rubric, asker, **options):
                found[made.work.sample.sample_id] = made
        return found

    return await asyncio.wait_for(run(), 20)


async def one(
    given: Sample | Work, rubric: Rubric, judge: Judge, backend: ScriptedBackend, **options: Any
) -> Grade:
    (made,) = (await finished([given], rubric, judge, backend, **options)).values()
    return made.grade("fake")


def reasons(grade: Grade) -> dict[str, str]:
    told = {}
    for given in grade.outcomes:
        outcome = given.outcome
        if isinstance(outcome, Verdict):
            told[given.criterion] = given.answer or ""
        else:
            told[given.criterion] = (
                outcome.reason if isinstance(outcome, Skipped) else outcome.stage
            )
    return told


def is_alone() -> bool:
    return asyncio.all_tasks() == {asyncio.current_task()}


# Order: checks, gates, the rest


async def test_an_unmet_check_gate_means_that_the_judge_is_never_asked(
    rubric: Make, sample: Make, judge: Make
) -> None:
    asked = rubric(
        {"id": "a"},
        {"id": "g", "check": "contains", "text": "absent", "gate": True},
        {"id": "p", "check": "contains", "text": "4"},
        {"section": "s", "criteria": [{"id": "b"}]},
    )
    backend = Recording()
    grade = await one(sample(), asked, judge(), backend)
    assert backend.asked == []
    assert reasons(grade) == {"a": "gate", "g": "no", "p": "gate", "b": "gate"}
    assert (grade.score, grade.reason) == (0, "gate:g")


async def test_judged_gates_are_asked_first_and_spare_the_rest(
    rubric: Make, sample: Make, judge: Make
) -> None:
    asked = rubric({"id": "a"}, {"id": "g", "gate": True}, {"id": "h", "gate": True}, {"id": "b"})
    met, unmet = Recording(), Recording(h=0.1)
    assert (await one(sample(), asked, judge(), met)).score == 1
    assert met.criteria == ["g", "h", "a", "b"]
    grade = await one(sample(), asked, judge(), unmet)
    assert unmet.criteria == ["g", "h"]
    assert reasons(grade) == {"a": "gate", "g": "yes", "h": "no", "b": "gate"}


async def test_an_unmet_gate_in_a_section_spares_that_section_alone(
    rubric: Make, sample: Make, judge: Make
) -> None:
    inner = {"section": "s", "criteria": [{"id": "b"}, {"id": "g", "gate": True}]}
    backend = Recording(g=0.0)
    grade = await one(sample(), rubric({"id": "a"}, inner), judge(), backend)
    assert backend.criteria == ["g", "a"]
    assert (grade.score, grade.sections) == (0.5, (("s", 0.0),))


async def test_a_gate_that_failed_spares_nothing(rubric: Make, sample: Make, judge: Make) -> None:
    backend = Recording(g=Failure("backend", "gone"))
    grade = await one(sample(), rubric({"id": "g", "gate": True}, {"id": "a"}), judge(), backend)
    assert reasons(grade) == {"g": "backend", "a": "yes"}
    assert (grade.score, grade.status, grade.reason) == (None, "failed", "failed:g")


async def test_an_unmet_gate_beside_a_missing_reference_scores_zero(
    rubric: Make, sample: Make, judge: Make
) -> None:
    asked = rubric({"id": "a", "needs": ["reference"]}, {"id": "g", "gate": True})
    grade = await one(sample(), asked, judge(), Recording(g=0.0))
    assert (grade.score, grade.status) == (0, "ok")


async def test_every_criterion_is_asked_where_gates_spare_none(
    rubric: Make, sample: Make, judge: Make
) -> None:
    asked = rubric({"id": "g", "gate": True}, {"id": "a"})
    backend = Recording(g=0.0)
    grade = await one(sample(), asked, judge(), backend, skip_by_gates=False)
    assert backend.criteria == ["g", "a"]
    assert grade.score == 0


async def test_a_prescreened_sample_asks_nothing_unless_the_prescreen_is_off(
    rubric: Make, sample: Make, judge: Make
) -> None:
    backend, asked = Recording(), rubric({"id": "a"})
    grade = await one(sample(completion=""), asked, judge(), backend)
    assert (backend.asked, grade.score, grade.reason) == ([], 0, "prescreen:empty")
    grade = await one(sample(completion=""), asked, judge(), backend, screen=False)
    assert (backend.criteria, grade.score) == (["a"], 1)


async def test_a_sample_to_which_nothing_applies_asks_nothing_and_has_no_score(
    rubric: Make, sample: Make, judge: Make
) -> None:
    backend = Recording()
    grade = await one(sample(), rubric({"id": "a", "when": {"k": 1}}), judge(), backend)
    assert backend.asked == []
    assert (grade.score, grade.status, grade.reason) == (None, "ok", "nothing_applies")


# Questions


async def test_a_samples_questions_arrive_together_and_share_one_prefix(
    rubric: Make, sample: Make, judge: Make
) -> None:
    asked = rubric(*({"id": f"c{i}"} for i in range(5)))
    backend = Recording()
    await finished([sample(f"s{i}") for i in range(8)], asked, judge(), backend)
    prefixes = [decision.prefix for decision in backend.asked]
    for first in range(0, 40, 5):
        assert len({id(prefix) for prefix in prefixes[first : first + 5]}) == 1
    assert len({id(prefix) for prefix in prefixes}) == 8
    assert backend.criteria == [f"c{i}" for i in range(5)] * 8


async def test_gates_and_the_rest_share_one_prefix(rubric: Make, sample: Make, judge: Make) -> None:
    backend = Recording()
    await one(sample(), rubric({"id": "a"}, {"id": "g", "gate": True}), judge(), backend)
    first, second = backend.asked
    assert first.prefix is second.prefix


async def test_three_hundred_criteria_are_asked_at_once(
    rubric: Make, sample: Make, judge: Make
) -> None:
    backend = Recording(**{f"c{i}": float(i % 3 == 0) for i in range(300)})
    grade = await one(sample(), rubric(*({"id": f"c{i}"} for i in range(300))), judge(), backend)
    assert len({decision.number for decision in backend.asked}) == 300
    assert grade.score == about(1 / 3)


async def test_two_criteria_that_ask_the_same_are_asked_once(
    rubric: Make, sample: Make, judge: Make
) -> None:
    asked = rubric({"id": "a", "ask": "Is it so?"}, {"id": "b", "ask": "Is it so?", "weight": -1})
    backend = Recording(a=0.75, b=0.25)
    grade = await one(sample(), asked, judge(), backend)
    assert grade.outcomes[0].key == grade.outcomes[1].key
    assert [given.value for given in grade.outcomes] == [0.75, 0.75]
    assert len(backend.asked) == 1


async def test_a_level_question_that_may_not_apply_has_one_answer_more(
    rubric: Make, sample: Make, judge: Make
) -> None:
    asked = rubric({"id": "l", "levels": ["poor", "good"], "allow_na": True}, {"id": "a"})

    def rule(decision: Decision) -> Answer:
        assert len(decision.labels) == len(decision.answers)
        return Answer((0.1, 0.2, 0.7) if decision.criterion == "l" else (0.0, 1.0))

    grade = await one(sample(), asked, judge(), ScriptedBackend(SPEC, rule=rule))
    assert reasons(grade) == {"l": "na", "a": "yes"}
    assert grade.score == 1
    kept = grade.outcomes[0].outcome
    assert isinstance(kept, Skipped)
    assert kept.verdict == Verdict((about(0.1), about(0.2), about(0.7)), 1)


async def test_a_samples_own_criteria_are_asked_after_the_rubrics(
    rubric: Make, sample: Make, judge: Make
) -> None:
    own = [{"id": "own", "ask": "Is it its own?", "weight": 3}]
    backend = Recording(own=0.0)
    grade = await one(sample(criteria=own), rubric({"id": "a"}), judge(), backend)
    assert backend.criteria == ["a", "own"]
    assert grade.score == 0.25
    alone = await one(sample(criteria=own), rubric(), judge(), Recording())
    assert reasons(alone) == {"own": "yes"}


# What is known already


async def again(
    grade: Grade, given: Sample, rubric: Rubric, judge: Judge, backend: Recording
) -> Grade:
    prior = {a.key: a.outcome for a in grade.outcomes if isinstance(a.outcome, Verdict)}
    return await one(Work(given, prior=prior), rubric, judge, backend)


async def test_known_verdicts_are_not_asked_again(rubric: Make, sample: Make, judge: Make) -> None:
    asked = rubric({"id": "a"}, {"id": "g", "gate": True}, {"id": "l", "levels": ["x", "y"]})
    first = await one(sample(), asked, judge(), Recording(a=0.25))
    backend = Recording()
    second = await again(first, sample(), asked, judge(), backend)
    assert backend.asked == []
    assert second == first


async def test_only_questions_that_changed_are_asked_again(
    rubric: Make, sample: Make, judge: Make
) -> None:
    first = await one(sample(), rubric({"id": "a"}, {"id": "b"}), judge(), Recording())
    changed = rubric(
        {"id": "renamed", "ask": "Is a so?", "weight": 7}, {"id": "b", "guidance": "Look twice."}
    )
    backend = Recording()
    await again(first, sample(), changed, judge(), backend)
    assert backend.criteria == ["b"]


async def test_another_completion_or_another_judge_is_asked_everything(
    rubric: Make, sample: Make, judge: Make
) -> None:
    asked = rubric({"id": "a"})
    first = await one(sample(), asked, judge(), Recording())
    for changed, by in [(sample(completion="It is 5."), judge()), (sample(), judge("hash"))]:
        backend = Recording()
        await again(first, changed, asked, by, backend)
        assert backend.criteria == ["a"]


async def test_the_samples_id_is_no_part_of_what_is_asked(
    rubric: Make, sample: Make, judge: Make
) -> None:
    keys = {
        (await one(sample(name, completion="It is 4."), rubric({"id": "a"}), judge(), Recording()))
        .outcomes[0]
        .key
        for name in ("s1", "s2")
    }
    assert len(keys) == 1


async def test_a_known_verdict_fails_where_more_label_mass_is_asked_for_now(
    rubric: Make, sample: Make, judge: Make
) -> None:
    asked = rubric({"id": "a"})

    def rule(decision: Decision) -> Answer:
        return Answer((0.1, 0.2))

    first = await one(sample(), asked, judge(), ScriptedBackend(SPEC, rule=rule))
    backend = Recording()
    second = await again(first, sample(), asked, judge(min_label_mass=0.5), backend)
    assert backend.asked == []
    assert reasons(second) == {"a": "label_mass"}


# Failures, and what breaks


async def test_a_backends_failure_is_an_outcome_and_leaves_no_score(
    rubric: Make, sample: Make, judge: Make
) -> None:
    backend = Recording(b=Failure("backend", "deadline"))
    grade = await one(sample(), rubric({"id": "a"}, {"id": "b"}), judge(), backend)
    assert grade.outcomes[1].outcome == Failure("backend", "deadline")
    assert (grade.score, grade.raw_score, grade.status) == (None, None, "failed")


async def test_too_little_label_mass_is_a_failure(rubric: Make, sample: Make, judge: Make) -> None:
    backend = ScriptedBackend(SPEC, rule=lambda _: Answer((0.01, 0.02)))
    assert reasons(await one(sample(), rubric({"id": "a"}), judge(), backend)) == {
        "a": "label_mass"
    }


async def test_a_broken_judge_stops_the_job_and_grades_nothing_unanswered(
    rubric: Make, sample: Make, judge: Make, caplog: pytest.LogCaptureFixture
) -> None:
    async def decide(asked: Asked) -> Said:
        for _ in range(3):
            decision = await anext(asked)
            yield decision.number, best(decision)
        raise OSError("out of memory")

    found: list[str] = []

    async def run() -> None:
        async with ready(judge(), Answering(decide)) as asker:
            given = works(sample(f"s{i}") for i in range(50))
            async for made in finished_plans(given, rubric({"id": "a"}), asker):
                found.append(made.work.sample.sample_id)

    with pytest.raises(OSError, match="out of memory") as raised:
        await asyncio.wait_for(run(), 5)
    assert sorted(found) == ["s0", "s1", "s2"]
    assert not hasattr(raised.value, "__notes__"), "no one sample is at fault"
    assert is_alone()
    assert not caplog.records, "no task complains of an error that nobody fetched"


async def test_what_was_answered_is_handed_out_before_the_error_that_came_with_it(
    rubric: Make, sample: Make, judge: Make
) -> None:
    async def decide(asked: Asked) -> Said:
        held = [await anext(asked) for _ in range(20)]
        for decision in held[:19]:
            yield decision.number, best(decision)
        raise OSError("broken")

    found = 0
    async with ready(judge(), Answering(decide)) as asker:
        plans = finished_plans(
            works(sample(f"s{i}") for i in range(20)), rubric({"id": "a"}), asker
        )
        with suppress(OSError):
            async for _ in plans:
                found += 1
    assert found == 19


@pytest.mark.parametrize("wrong", [0, 10_000])
async def test_a_wrong_number_from_a_backend_is_an_error_and_no_hang(
    rubric: Make, sample: Make, judge: Make, wrong: int
) -> None:
    async def decide(asked: Asked) -> Said:
        async for decision in asked:
            yield decision.number if decision.number < 5 else wrong, best(decision)

    given = [sample(f"s{i}") for i in range(10)]
    with pytest.raises(RuntimeError, match=f"question {wrong}, which nobody waits for"):
        await finished(given, rubric({"id": "a"}), judge(), Answering(decide))


async def test_a_backend_that_ends_early_is_an_error(
    rubric: Make, sample: Make, judge: Make
) -> None:
    async def decide(asked: Asked) -> Said:
        decision = await anext(asked)
        yield decision.number, best(decision)

    given = [sample(f"s{i}") for i in range(10)]
    with pytest.raises(RuntimeError, match="ended before"):
        await finished(given, rubric({"id": "a"}), judge(), Answering(decide))


async def test_an_answer_with_too_few_probabilities_is_a_failure(
    rubric: Make, sample: Make, judge: Make
) -> None:
    backend = ScriptedBackend(SPEC, rule=lambda _: Answer((0.5, 0.5)))
    asked = rubric({"id": "l", "levels": ["x", "y", "z"]})
    made = (await finished([sample("odd one")], asked, judge(), backend))["odd one"]
    outcome = made.given["l"].outcome
    assert isinstance(outcome, Failure)
    assert outcome.stage == "backend"


async def test_a_source_that_breaks_ends_the_job_with_its_error(
    rubric: Make, sample: Make, judge: Make
) -> None:
    def given() -> Iterable[Sample]:
        yield sample("s0")
        raise OSError("the disk is out")

    with pytest.raises(OSError, match="the disk is out"):
        await finished(given(), rubric({"id": "a"}), judge(), Recording())
    assert is_alone()


# Many samples at once


async def test_a_question_that_hangs_holds_up_no_other_sample(
    rubric: Make, sample: Make, judge: Make
) -> None:
    release = asyncio.Event()

    async def decide(asked: Asked) -> Said:
        hanging = await anext(asked)
        count = 0
        async for decision in asked:
            yield decision.number, best(decision)
            count += 1
            if count == 39:
                await release.wait()
                yield hanging.number, best(hanging)

    found = []
    async with ready(judge(), Answering(decide)) as asker:
        given = works(sample(f"s{i}") for i in range(40))
        async for made in finished_plans(given, rubric({"id": "a"}), asker, in_flight=4):
            found.append(made.work.sample.sample_id)
            if len(found) == 39:
                release.set()
    assert found[-1] == "s0"
    assert len(found) == 40


@pytest.mark.parametrize("in_flight", [1, 3, 7])
async def test_as_many_samples_are_pulled_as_may_be_under_way_and_no_more(
    rubric: Make, sample: Make, judge: Make, in_flight: int
) -> None:
    pulled = done = most = 0

    async def given() -> AsyncIterator[Work]:
        nonlocal pulled, most
        for i in range(10 * in_flight):
            pulled += 1
            most = max(most, pulled - done)
            yield Work(sample(f"s{i}"))

    async def decide(asked: Asked) -> Said:
        held: list[Decision] = []
        async for decision in asked:
            held.append(decision)
            while len(held) == in_flight or (pulled == 10 * in_flight and held):
                one = held.pop()
                yield one.number, best(one)

    async def run() -> None:
        nonlocal done
        async with ready(judge(), Answering(decide)) as asker:
            plans = finished_plans(given(), rubric({"id": "a"}), asker, in_flight=in_flight)
            async for _ in plans:
                done += 1

    await asyncio.wait_for(run(), 10)
    assert (done, most) == (10 * in_flight, in_flight)


async def test_a_source_that_lets_wait_holds_up_no_finished_sample(
    rubric: Make, sample: Make, judge: Make
) -> None:
    graded = asyncio.Event()

    async def given() -> AsyncIterator[Work]:
        for i in range(3):
            yield Work(sample(f"s{i}"))
            await graded.wait()
            graded.clear()

    async def run() -> int:
        count = 0
        async with ready(judge(), Recording()) as asker:
            async for _ in finished_plans(given(), rubric({"id": "a"}), asker):
                count += 1
                graded.set()
        return count

    assert await asyncio.wait_for(run(), 5) == 3


async def test_closing_early_leaves_nothing_pending(
    rubric: Make, sample: Make, judge: Make
) -> None:
    async def decide(asked: Asked) -> Said:
        decision = await anext(asked)
        yield decision.number, best(decision)
        await asyncio.Event().wait()

    async def run() -> None:
        async with ready(judge(), Answering(decide)) as asker:
            given = works(sample(f"s{i}") for i in range(1000))
            async with aclosing(finished_plans(given, rubric({"id": "a"}), asker)) as plans:
                async for _ in plans:
                    break

    await asyncio.wait_for(run(), 5)
    assert is_alone()


async def test_cancelling_leaves_nothing_pending(
    rubric: Make, sample: Make, judge: Make, caplog: pytest.LogCaptureFixture
) -> None:
    backend = ScriptedBackend(SPEC.model_copy(update={"latency_s": 60}))

    async def run() -> None:
        async with ready(judge(), backend) as asker:
            given = works(sample(f"s{i}") for i in range(1000))
            async with aclosing(finished_plans(given, rubric({"id": "a"}), asker)) as plans:
                async for _ in plans:
                    pass

    job = asyncio.create_task(run())
    await asyncio.sleep(0.05)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert is_alone()
    assert not caplog.records


async def test_no_samples_are_no_grades(rubric: Make, judge: Make) -> None:
    assert await finished([], rubric({"id": "a"}), judge(), Recording()) == {}


async def test_the_grades_do_not_depend_on_how_many_are_under_way(
    rubric: Make, sample: Make, judge: Make
) -> None:
    asked = rubric({"id": "a"}, {"id": "g", "gate": True}, {"id": "l", "levels": ["x", "y", "z"]})
    spec = SPEC.model_copy(update={"answers": "hash", "failure_share": 0.1})
    given = [sample(f"s{i}") for i in range(40)]
    runs = [
        await finished(given, asked, judge(), ScriptedBackend(spec), in_flight=n) for n in (1, 256)
    ]
    first, second = ({name: made.grade("j") for name, made in run.items()} for run in runs)
    assert first == second
    assert set(Counter(grade.status for grade in first.values())) == {"ok", "failed"}


# Prompts as token ids


class Reading(Recording):
    """Takes ids of a tokenizer with one token a byte, and so many of them."""

    def __init__(self, max_length: int) -> None:
        super().__init__()
        self.max_length = max_length

    def tokenizer(self) -> TokenizerFiles:
        letters = sorted(pre_tokenizers.ByteLevel.alphabet())
        merges = [("Y", "e"), ("Ye", "s"), ("N", "o")]
        pieces = [*letters, *("".join(pair) for pair in merges)]
        tokenizer = Tokenizer(models.BPE({p: i for i, p in enumerate(pieces)}, merges))
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.add_special_tokens(["<|s|>", "<|e|>"])
        template = "{% for m in messages %}<|s|>{{ m.content }}<|e|>{% endfor %}<|s|>"
        return TokenizerFiles(json.dumps(json.loads(tokenizer.to_str())), template, {})


def words(count: int) -> str:
    """So many tokens of text that repeats nothing."""
    return " ".join(str(n) for n in range(count))[:count]


async def test_a_completion_too_long_for_the_judge_is_prescreened(
    rubric: Make, sample: Make, judge: Make
) -> None:
    asked = rubric({"id": "p", "check": "contains", "text": "1"}, {"id": "a"})
    backend = Reading(4000)
    grade = await one(sample(completion=words(2001)), asked, judge(), backend)
    assert backend.asked == []
    assert (grade.score, grade.status, grade.reason) == (0, "ok", "prescreen:too_long")
    assert reasons(grade) == {"p": "prescreen:too_long", "a": "prescreen:too_long"}
    grade = await one(sample(completion=words(2000)), asked, judge(), backend)
    assert (backend.criteria, grade.score) == (["a"], 1)


async def test_a_prompt_too_long_for_the_judge_is_a_failure(
    rubric: Make, sample: Make, judge: Make
) -> None:
    backend = Reading(4000)
    grade = await one(sample(prompt=words(4000)), rubric({"id": "a"}), judge(), backend)
    assert backend.asked == []
    assert (grade.score, grade.status) == (None, "failed")
    assert reasons(grade) == {"a": "length"}


async def test_whose_fault_a_prompt_that_does_not_fit_is(
    rubric: Make, sample: Make, judge: Make
) -> None:
    """What the policy did not write leaves it a quarter of the window, or there is no verdict."""
    backend, asked = Reading(4000), rubric({"id": "a"})
    await one(sample(completion="x"), asked, judge(), backend)
    others = len(backend.asked[0].prefix.ids) + len(backend.asked[0].suffix_ids) - 1
    least = -(-others * 4 // 3)
    fits = await one(sample(completion="x"), asked, judge(), Reading(least))
    assert reasons(fits) == {"a": "yes"}
    for completion in ("x", words(least // 4)):
        grade = await one(sample(completion=completion), asked, judge(), Reading(least - 2))
        assert reasons(grade) == {"a": "length"}
    room = least - others
    long = await one(sample(completion=words(room)), asked, judge(), Reading(least))
    assert (long.score, long.reason) == (0, "prescreen:too_long")
    short = await one(sample(completion=words(room - 1)), asked, judge(), Reading(least))
    assert short.score == 1


async def test_tool_output_is_not_the_policys_length(
    rubric: Make, sample: Make, judge: Make
) -> None:
    turns = [
        {"role": "assistant", "content": "Let me look it up for you."},
        {"role": "tool", "content": words(2100)},
        {"role": "assistant", "content": "It is a tree."},
    ]
    grade = await one(sample(completion=turns), rubric({"id": "a"}), judge(), Reading(4000))
    assert grade.score == 1


async def test_one_question_too_long_fails_alone(rubric: Make, sample: Make, judge: Make) -> None:
    asked = rubric({"id": "a"}, {"id": "b", "guidance": words(4000)})
    assert reasons(await one(sample(), asked, judge(), Reading(4000))) == {
        "a": "yes",
        "b": "length",
    }


async def test_where_nothing_is_screened_a_long_completion_is_asked_if_it_fits(
    rubric: Make, sample: Make, judge: Make
) -> None:
    asked = rubric({"id": "p", "check": "contains", "text": "1"}, {"id": "a"})
    given = sample(completion=words(2001))
    grade = await one(given, asked, judge(), Reading(4000), screen=False)
    assert reasons(grade) == {"p": "yes", "a": "yes"}
    given = sample(completion=words(8000))
    grade = await one(given, asked, judge(), Reading(4000), screen=False)
    assert reasons(grade) == {"p": "yes", "a": "length"}


async def test_text_that_cannot_be_written_as_a_prompt_fails_every_judged_criterion(
    rubric: Make, sample: Make, judge: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = rubric(
        {"id": "g", "gate": True}, {"id": "p", "check": "contains", "text": "4"}, {"id": "a"}
    )
    async with ready(judge(), Recording()) as asker:

        def refuse(subject: Any) -> None:
            raise ValueError("no such text")

        monkeypatch.setattr(asker.seats[0].prompter, "prefix", refuse)
        plans = finished_plans(works([sample()]), asked, asker)
        (made,) = [made async for made in plans]
    grade = made.grade("j")
    assert reasons(grade) == {"g": "render", "p": "yes", "a": "render"}
    assert (grade.score, grade.reason) == (None, "failed:g,a")
    assert all(isinstance(c, Judged) for c in (asked.items[0], asked.items[2]))
