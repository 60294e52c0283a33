"""Pairs to preferences: what is asked, what is not, and that a and b can change places."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlaif.authoring.judge_file import load_judge
from rlaif.grading.pair_asking import Comparer
from rlaif.grading.pair_engine import finished_pairs
from rlaif.grading.pair_plan import PairWork
from rlaif.judging.scripted import ScriptedBackend
from rlaif.ports import Answer, Decision
from rlaif.prompting.pair_prompt import PairPrompter
from rlaif.prompting.template import JudgeTemplate
from rlaif.records.backends import ScriptedJudge
from rlaif.records.identity import digest
from rlaif.records.judge import Judge
from rlaif.records.judge_base import Labels
from rlaif.records.outcome import Failure, Verdict
from rlaif.records.pair import Pair
from rlaif.records.preference import Preference
from rlaif.records.rubric import Rubric
from rlaif.runs.judge import asker_of

Make = Callable[..., Any]
TEMPLATE = load_judge("scripted").template
PROMPTER = PairPrompter(JudgeTemplate(TEMPLATE), Labels(), None)


class Recording(ScriptedBackend):
    """Prefers the first by `say[criterion]`, or the completion that holds "best"."""

    def __init__(self, **say: float | Failure) -> None:
        super().__init__(spec(), rule=self._answer)
        self.asked: list[Decision] = []
        self._say = say

    def _answer(self, decision: Decision) -> Answer | Failure:
        self.asked.append(decision)
        told = self._say.get(decision.criterion)
        if isinstance(told, Failure):
            return told
        if told is None:
            first = decision.prefix.turns[-1].text.partition("end of first")[0]
            told = float("best" in first)
        return Answer((1 - told, 0.0, told, *[0.0] * (len(decision.labels) - 3)))


def spec(pairwise: Any = "both") -> ScriptedJudge:
    return ScriptedJudge(judge="fake", version="1.0.0", backend="scripted", pairwise=pairwise)


def pair(pair_id: str = "p", **more: Any) -> Pair:
    texts = {"completion_a": "It is the best one.", "completion_b": "It is another one."}
    return Pair(pair_id=pair_id, prompt="Which?", **{**texts, **more})


async def compared(
    works: Iterable[PairWork], rubric: Rubric, backend: ScriptedBackend, pairwise: str = "both"
) -> dict[str, Preference]:
    judge = Judge(spec(pairwise), TEMPLATE)
    asker = asker_of(judge, [backend], [PROMPTER])
    comparer = Comparer(asker, (PROMPTER,), judge.spec.pairwise)
    found = {}
    async for made in finished_pairs(works, rubric, comparer, in_flight=3):
        found[made.work.pair.pair_id] = made.preference("fake")
    return found


async def one(given: Pair, rubric: Rubric, backend: ScriptedBackend, **more: Any) -> Preference:
    (found,) = (await compared([PairWork(given, **more)], rubric, backend)).values()
    return found


# What is asked


async def test_every_question_is_asked_in_both_orders_and_orders_share_their_prefix(
    rubric: Make,
) -> None:
    backend = Recording()
    found = await one(pair(), rubric({"id": "c0"}, {"id": "c1", "weight": -1}), backend)
    assert [d.criterion for d in backend.asked] == ["c0", "c1", "c0", "c1"]
    prefixes = [d.prefix for d in backend.asked]
    assert prefixes[0] is prefixes[1] is not prefixes[2] is prefixes[3]
    assert [c.answer for c in found.criteria] == ["a", "b"]
    assert (found.answer, found.value) == ("tie", 0.5)


async def test_a_judge_that_always_says_first_prefers_nobody(rubric: Make) -> None:
    found = await one(pair(), rubric({"id": "c0"}), Recording(c0=0.9))
    assert (found.answer, found.criteria[0].flipped) == ("tie", True)


async def test_many_pairs_come_back_each_with_its_own(rubric: Make) -> None:
    backend = Recording()
    works = [PairWork(pair(f"p{n}", completion_a=f"best {n}, I say")) for n in range(20)]
    found = await compared(works, rubric({"id": "c0"}), backend)
    assert {name: p.answer for name, p in found.items()} == {f"p{n}": "a" for n in range(20)}


async def test_a_known_verdict_is_not_asked_again(rubric: Make) -> None:
    asked, first = rubric({"id": "c0"}, {"id": "c1"}), Recording()
    before = await one(pair(), asked, first)
    keys = before.criteria[0].keys
    outcomes = before.criteria[0].outcomes
    prior = {k: o for k, o in zip(keys, outcomes, strict=True) if isinstance(o, Verdict)}
    again = Recording()
    after = await one(pair(), asked, again, prior=prior)
    assert [d.criterion for d in again.asked] == ["c1", "c1"]
    assert after.criteria == before.criteria


async def test_a_failure_of_one_question_leaves_no_preference(rubric: Make) -> None:
    backend = Recording(c1=Failure("backend", "gone"))
    found = await one(pair(), rubric({"id": "c0"}, {"id": "c1"}), backend)
    assert (found.answer, found.value, found.status, found.reason) == (
        None,
        None,
        "failed",
        "failed:c1",
    )


async def test_checks_ask_nothing_and_need_no_judge(rubric: Make) -> None:
    backend = Recording()
    asked = rubric({"id": "k", "check": "contains", "text": "best"})
    found = await one(pair(), asked, backend)
    assert (backend.asked, found.answer, found.margin) == ([], "a", 1)
    assert all(found.criteria[0].keys)


async def test_a_gate_check_that_one_side_misses_decides_and_spares_the_judge(rubric: Make) -> None:
    backend = Recording()
    gate = {"id": "g", "check": "contains", "text": "another", "gate": True}
    found = await one(pair(), rubric(gate, {"id": "c0"}), backend)
    assert (backend.asked, found.answer, found.reason) == ([], "b", "gate:g")
    assert found.criteria[1].skipped == "gate"


@pytest.mark.parametrize(
    ("a", "b", "answer", "reason"),
    [
        ("", "It is fine.", "b", "prescreen:empty"),
        ("It is fine.", "...", "a", "prescreen:symbols"),
        ("", "...", "tie", "prescreen:empty,symbols"),
    ],
)
async def test_a_prescreened_completion_loses_unasked(
    rubric: Make, a: str, b: str, answer: str, reason: str
) -> None:
    backend = Recording()
    found = await one(pair(completion_a=a, completion_b=b), rubric({"id": "c0"}), backend)
    assert (backend.asked, found.answer, found.status) == ([], answer, "ok")
    assert found.reason == reason


async def test_what_does_not_apply_and_what_lacks_its_reference_is_not_asked(rubric: Make) -> None:
    backend = Recording()
    asked = rubric({"id": "w", "when": {"k": 1}}, {"id": "n", "needs": ["reference"]}, {"id": "c"})
    found = await one(pair(), asked, backend)
    assert {d.criterion for d in backend.asked} == {"c"}
    assert found.criteria[0].skipped == "when"
    assert (found.reason, found.criteria[1].failure) == (
        "failed:n",
        Failure("missing_reference", "the pair has no reference"),
    )


async def test_a_pairs_own_criteria_are_asked_too(rubric: Make) -> None:
    own = [{"id": "own", "ask": "Is it its own?"}]
    backend = Recording()
    found = await one(pair(criteria=own), rubric({"id": "c0"}), backend)
    assert [c.criterion for c in found.criteria] == ["c0", "own"]


async def test_a_fault_of_ours_names_the_pair(rubric: Make, monkeypatch: Any) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("rlaif.grading.pair_engine.pair_plan", broken)
    with pytest.raises(ZeroDivisionError) as raised:
        await one(pair("the-pair"), rubric({"id": "c0"}), Recording())
    assert raised.value.__notes__ == ["while comparing the pair 'the-pair'"]


# Swapping a and b

_WEIGHTS = st.sampled_from((1.0, -1.0, 2.5, -0.3, 7.0))
_LETTERS = st.sampled_from("xyz")


@st.composite
def criteria(draw: st.DrawFn, name: str, depth: int = 0) -> dict[str, Any]:
    kind = draw(st.sampled_from(("ask", "levels", "check", "gate", "section")[: 5 - depth]))
    if kind == "section":
        inner = [draw(criteria(f"{name}.{i}", depth + 1)) for i in range(draw(st.integers(1, 3)))]
        return {"section": name, "weight": abs(draw(_WEIGHTS)), "criteria": inner}
    if kind in ("check", "gate"):
        stated = {"id": name, "check": "contains", "text": draw(_LETTERS)}
        return {**stated, "gate": kind == "gate", "weight": draw(_WEIGHTS)}
    asked = {"id": name, "ask": f"Is {name} so?", "allow_na": draw(st.booleans())}
    if kind == "levels":
        return {**asked, "levels": ["bad", "good"]}
    return {**asked, "weight": draw(_WEIGHTS)}


def by_text(salt: str, failing: bool) -> Callable[[Decision], Answer | Failure]:
    """Any answer at all, always the same for the same prompt; some fail, many are ties."""

    def rule(decision: Decision) -> Answer | Failure:
        number = int(digest(salt, decision.prefix.hash, decision.question), 16)
        if failing and number % 11 == 0:
            return Failure("backend", "gone")
        weights = [1 + number // 7**place % 5 for place in range(len(decision.labels))]
        return Answer(tuple(weight / sum(weights) for weight in weights))

    return rule


@settings(max_examples=60, deadline=None)
@given(
    st.data(),
    st.sampled_from(("both", "mean")),
    st.text("xyz. ", max_size=8),
    st.text("xyz. ", max_size=8),
    st.booleans(),
)
def test_swapping_a_and_b_mirrors_the_preference_and_changes_nothing_else(
    data: st.DataObject, pairwise: str, a: str, b: str, failing: bool
) -> None:
    items = [data.draw(criteria(f"c{i}")) for i in range(data.draw(st.integers(1, 4)))]
    asked = Rubric(rubric="r", version="1.0.0", title="R", criteria=items)
    given_pair = pair(completion_a=a, completion_b=b)
    salt = data.draw(st.text("ab", max_size=3))

    def run(one_pair: Pair) -> Preference:
        backend = ScriptedBackend(spec(), rule=by_text(salt, failing))
        works = [PairWork(one_pair)]
        (found,) = asyncio.run(compared(works, asked, backend, pairwise)).values()
        return found

    there, back = run(given_pair), run(given_pair.swapped)
    turned = {"a": "b", "b": "a", "tie": "tie", None: None}
    assert back.answer == turned[there.answer]
    assert back.margin == (None if there.margin is None else -there.margin)
    assert (back.status, back.reason) == (there.status, there.reason)
    assert back.sections == tuple((s, None if m is None else -m) for s, m in there.sections)
    for mirrored, compared_one in zip(back.criteria, there.criteria, strict=True):
        assert mirrored.answer == turned[compared_one.answer]
        assert mirrored.outcomes == compared_one.outcomes[::-1]
        assert mirrored.keys == compared_one.keys[::-1]
        assert mirrored.flipped == compared_one.flipped
        margin = compared_one.margin
        assert mirrored.margin == (None if margin is None else -margin)
