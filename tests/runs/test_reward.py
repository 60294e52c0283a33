"""RubricReward as a trainer sees it."""

from __future__ import annotations

import asyncio
import inspect
import pickle
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import rlaif
from rlaif.errors import FileProblems, InputError, JudgeUnavailable
from rlaif.ports import Answer, Decision
from rlaif.records.outcome import Failure
from rlaif.runs.configured_reward import from_environment
from rlaif.runs.reward import RubricReward
from tests.runs.rewarded import CHECKS, JUDGE, JUDGED, rubric_of, ruled, yes

PARTS = """\
rubric: parts
version: 1.0.0
title: Parts
criteria:
  - section: form
    weight: 1
    criteria:
      - {id: short, check: length, unit: words, max: 3, weight: 1}
      - {id: calm, check: regex, pattern: "!", weight: -1}
  - {id: polite, check: contains, text: please, weight: 2}
  - {id: kind, ask: "Is the completion kind to the reader?", weight: 1}
"""


class Log:
    """What TRL hands to a reward function to log with."""

    def __init__(self) -> None:
        self.extra: dict[str, list[Any]] = {}
        self.metrics: dict[str, list[float]] = defaultdict(list)

    def log_extra(self, column: str, values: list[Any]) -> None:
        self.extra[column] = values

    def log_metric(self, name: str, value: float) -> None:
        self.metrics[name].append(value)


def some_fail(decision: Decision) -> Answer | Failure:
    bad = "bad" in decision.prefix.turns[-1].text
    return Failure("backend", "the server is full") if bad else yes(0.5)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Any]:
    open_ones: list[RubricReward] = []

    def make(text: str, judge: Any = JUDGE, **more: Any) -> RubricReward:
        open_ones.append(rlaif.RubricReward(rubric_of(text, tmp_path), judge, **more))
        return open_ones[-1]

    yield make
    for one in open_ones:
        one.close()


async def test_trl_tells_the_awaited_one_from_its_twin(made: Any) -> None:
    reward = made(CHECKS, None)
    assert inspect.iscoroutinefunction(reward.__call__)
    assert not inspect.iscoroutinefunction(reward.sync().__call__)
    assert reward.__name__ == reward.sync().__name__ == "form"
    assert made(CHECKS, None, name="mine").__name__ == "mine"


async def test_a_row_that_failed_is_none_and_the_log_says_so(made: Any) -> None:
    log = Log()
    reward = made(JUDGED, backend=ruled(some_fail), retries=0)
    got = await reward(
        ["p", "p"], ["good", "bad"], log_extra=log.log_extra, log_metric=log.log_metric
    )
    assert got == [0.75, None]
    assert log.metrics == {
        "kind/failed": [0.0, 1.0],
        "kind/score": [0.75],
        "kind/short": [1.0, 1.0],
        "kind/kind": [0.5],
    }
    assert log.extra == {
        "kind/short": [1.0, 1.0],
        "kind/kind": [0.5, None],
        "kind/reason": ["", "failed:kind"],
    }


async def test_it_needs_no_log_and_no_ids(made: Any) -> None:
    assert await made(CHECKS, None)(prompts=["p"], completions=["please"]) == [1.0]


def test_the_twin_raises_where_no_stand_in_is_named(made: Any) -> None:
    reward = made(JUDGED, backend=ruled(some_fail), retries=0)
    both = (["p", "p"], ["good", "bad"])
    with pytest.raises(JudgeUnavailable, match="the server is full"):
        reward.sync()(*both)
    assert reward.sync("none")(*both) == [0.75, None]
    assert reward.sync(0.0)(*both) == [0.75, 0.0]


async def test_rubric_and_judge_may_be_names_or_files(tmp_path: Path) -> None:
    rubric_of(CHECKS, tmp_path)
    reward = RubricReward(tmp_path / "rubric.yaml", "scripted", shaping={"cap": 0.5})
    assert await reward(["p"], ["please"]) == [0.5]
    reward.close()
    with pytest.raises(rlaif.RlaifError, match="no-such"):
        RubricReward("no-such-rubric")


async def test_a_copy_by_pickle_rewards_the_same(made: Any) -> None:
    reward = made(CHECKS, None, shaping={"cap": 0.9})
    copy = pickle.loads(pickle.dumps(reward))  # noqa: S301 - our own
    assert copy.__name__ == "form"
    assert await copy(["p"], ["please"]) == await reward(["p"], ["please"]) == [0.9]
    copy.close()


async def test_each_dimension_has_its_own_value_and_all_share_one_grading(made: Any) -> None:
    asked: list[str] = []

    def rule(decision: Decision) -> Answer:
        asked.append(decision.key)
        return yes(0.25)

    log = Log()
    functions = made(PARTS, backend=ruled(rule)).per_dimension()
    assert [f.__name__ for f in functions] == ["parts/form", "parts/polite", "parts/kind"]
    completions = ["please", "no!", "", "one two three four"]
    got = await asyncio.gather(
        *(f(["p"] * 4, completions, log_metric=log.log_metric) for f in functions)
    )
    assert got == [[1.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.25, 0.25, 0.0, 0.25]]
    assert len(asked) == 3
    assert log.metrics["parts/kind"] == [0.25, 0.25, 0.25]


async def test_a_failure_in_one_dimension_is_none_in_all(made: Any) -> None:
    functions = made(PARTS, backend=ruled(some_fail), retries=0).per_dimension()
    one_by_one = [await f(["p", "p"], ["good", "bad"]) for f in functions]
    assert [values[1] for values in one_by_one] == [None, None, None]
    assert None not in [values[0] for values in one_by_one]


async def test_a_dimension_asked_twice_for_a_batch_begins_anew(made: Any) -> None:
    down = True

    def rule(decision: Decision) -> Answer | Failure:
        return Failure("backend", "down") if down else yes(0.5)

    functions = made(PARTS, backend=ruled(rule), retries=0).per_dimension()
    assert await functions[2](["p"], ["good"]) == [None]
    down = False
    assert await functions[2](["p"], ["good"]) == [0.5]


async def test_two_equal_batches_at_once_are_two(made: Any) -> None:
    functions = made(PARTS).per_dimension()
    calls = [f(["p"], ["good"]) for f in functions] + [f(["p"], ["good"]) for f in functions]
    got = await asyncio.gather(*calls)
    assert got[:3] == got[3:]
    assert not functions[0]._shared._under_way


OWN = """\
rubric: own
version: 1.0.0
title: Own
criteria:
  - {id: score, check: contains, text: please, weight: 1}
"""


async def test_the_columns_of_the_log_are_the_same_for_every_batch(made: Any) -> None:
    reward = made(OWN, None)
    first, second = Log(), Log()
    criteria = ['[{"id": "tea", "check": "contains", "text": "tea"}]']
    await reward(["p"], ["please"], log_extra=first.log_extra, criteria=criteria)
    await reward(["p"], ["please"], log_extra=second.log_extra, log_metric=second.log_metric)
    assert first.extra == {
        "own/criterion score": [1.0],
        "own/own": ['{"tea":0.0}'],
        "own/reason": [""],
    }
    assert second.extra == {"own/criterion score": [1.0], "own/reason": [""]}
    assert second.metrics == {
        "own/failed": [0.0],
        "own/score": [1.0],
        "own/criterion score": [1.0],
    }


async def test_dimensions_of_ones_own(made: Any) -> None:
    reward = made(PARTS)
    functions = reward.per_dimension({"words": ["short", "polite"], "rest": ["calm", "kind"]})
    got = [await f(["p"], ["a b c d please!"]) for f in functions]
    # polite has 2 of the 3 points of its dimension; kind 1, less 1 for the fault, of 1
    assert got == [[pytest.approx(2 / 3)], [0.0]]
    copies = pickle.loads(pickle.dumps(functions))  # noqa: S301 - our own
    assert await copies[0](["p"], ["a b c d please!"]) == got[0]
    copies[0]._shared.rewarder.close()


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        ({"a": ["polit"]}, "did you mean 'polite'"),
        ({"a": ["polite"], "b": ["polite"]}, "'polite' stands in two dimensions"),
        ({"a": []}, "'a' has no criteria"),
    ],
)
def test_dimensions_that_cannot_be(made: Any, groups: Any, told: str) -> None:
    with pytest.raises(InputError, match=told):
        made(PARTS).per_dimension(groups)


def test_the_environment_names_a_rubric_or_a_reward_file(tmp_path: Path) -> None:
    rubric_of(CHECKS, tmp_path)
    file = tmp_path / "reward.yaml"
    file.write_text("reward: mine\nrubric: rubric.yaml\nshaping: {cap: 0.5}\n")
    for environment, wanted in (
        ({"RLAIF_REWARD": str(file)}, ("mine", 0.5)),
        ({"RLAIF_RUBRIC": str(tmp_path / "rubric.yaml")}, ("form", 1.0)),
    ):
        reward = from_environment(environment)
        assert (reward.__name__, reward.sync()(["p"], ["please"])[0]) == wanted
        reward.close()


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "set RLAIF_REWARD to a reward file"),
        ({"RLAIF_REWARD": "r.yaml", "RLAIF_JUDGE": "j"}, "RLAIF_REWARD and RLAIF_JUDGE are both"),
    ],
)
def test_an_environment_that_names_no_reward(environment: dict[str, str], told: str) -> None:
    with pytest.raises(InputError, match=told):
        from_environment(environment)


def test_every_fault_of_a_reward_file_at_its_place(tmp_path: Path) -> None:
    file = tmp_path / "reward.yaml"
    file.write_text("reward: mine\nrubrik: a.yaml\nshaping:\n  lenght: {free: 1}\n  cap: high\n")
    with pytest.raises(FileProblems) as refused:
        from_environment({"RLAIF_REWARD": str(file)})
    told = [str(problem).replace(str(tmp_path), "") for problem in refused.value.problems]
    assert told == [
        "/reward.yaml:1:1: 'rubric' is missing",
        "/reward.yaml:2:1: unknown key 'rubrik'\n  hint: did you mean 'rubric'?",
        "/reward.yaml:4:3: unknown key 'lenght'\n  hint: did you mean 'length'?",
        "/reward.yaml:5:8: 'high' is not a number",
    ]


def test_the_import_path_makes_the_reward_when_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rubric_of(CHECKS, tmp_path)
    monkeypatch.setenv("RLAIF_RUBRIC", str(tmp_path / "rubric.yaml"))
    reward = rlaif.reward
    assert reward.__name__ == "form"
    assert rlaif.reward is reward
