"""Completions to rewards: what is asked once, asked again, given up, and told."""

from __future__ import annotations

import asyncio
import gc
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rlaif.errors import InputError, JudgeUnavailable
from rlaif.ports import Answer, Decision
from rlaif.records.outcome import Failure
from rlaif.records.reward import Reward, Rollout
from rlaif.records.sample import Sample
from rlaif.records.shaping import LengthPenalty, RewardGate, Shaping
from rlaif.runs.rewarding import Rewarder
from tests.runs.rewarded import (
    CHECKS,
    JUDGE,
    JUDGED,
    Dying,
    Hanging,
    Slow,
    rollout,
    rubric_of,
    ruled,
    yes,
)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Any]:
    """Makes rewarders, and closes them."""
    open_ones: list[Rewarder] = []

    def make(text: str, judge: Any = JUDGE, **more: Any) -> Rewarder:
        open_ones.append(Rewarder(rubric_of(text, tmp_path), judge, **more))
        return open_ones[-1]

    yield make
    for one in open_ones:
        one.close()


def values(rewards: list[Reward]) -> list[float | None]:
    return [reward.value for reward in rewards]


def test_rewards_come_in_the_order_of_the_rollouts(made: Any) -> None:
    rewarder = made(CHECKS, None)
    texts = ["please", "a b c d e", "tea please now", "a b c d please"]
    assert values(rewarder.rewards_sync([rollout(t) for t in texts])) == [1, 0, 1, 0.75]


def test_nothing_to_reward_is_nothing(made: Any) -> None:
    assert made(CHECKS, None).rewards_sync([]) == []


async def test_the_same_from_an_event_loop_and_from_several_threads(made: Any) -> None:
    rewarder = made(JUDGED)
    rollouts = [rollout("good day"), rollout("this is far too long to be short")]
    wanted = [1.0, 0.5]
    assert values(await rewarder.rewards(rollouts)) == wanted
    found: list[list[float | None]] = []
    threads = [
        threading.Thread(target=lambda: found.append(values(rewarder.rewards_sync(rollouts))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        await asyncio.to_thread(thread.join)
    assert found == [wanted] * 4


def test_equal_completions_are_asked_about_once(made: Any) -> None:
    asked: list[str] = []

    def rule(decision: Decision) -> Answer:
        asked.append(decision.key)
        return yes(0.25)

    rewarder = made(JUDGED, backend=ruled(rule))
    assert values(rewarder.rewards_sync([rollout("hello")] * 5)) == [0.625] * 5
    rewarder.rewards_sync([rollout("hello")])
    assert len(asked) == 1


def test_a_failure_is_none_for_the_row_and_leaves_the_others(made: Any) -> None:
    def rule(decision: Decision) -> Answer | Failure:
        text = decision.prefix.turns[-1].text
        return Failure("backend", "the server is full") if "bad" in text else yes(1.0)

    rewarder = made(JUDGED, backend=ruled(rule), retries=0)
    good, bad = rewarder.rewards_sync([rollout("good"), rollout("bad")])
    assert good.value == 1
    assert (bad.value, bad.score, bad.reason) == (None, None, "failed:kind")
    assert bad.messages == ("kind: backend: the server is full",)
    assert bad.values == {"short": 1.0, "kind": None}


def test_a_failure_is_asked_for_again_and_what_was_decided_is_not(
    made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rlaif.runs.kept_judge._PAUSE_S", 0.0)
    asked: list[str] = []

    def rule(decision: Decision) -> Answer | Failure:
        asked.append(decision.criterion)
        once = asked.count("second") == 1
        return Failure("backend", "busy") if decision.criterion == "second" and once else yes(1.0)

    two = JUDGED + '  - {id: second, ask: "Is the completion true to the facts?", weight: 1}\n'
    rewarder = made(two, backend=ruled(rule), retries=2)
    assert values(rewarder.rewards_sync([rollout("hello")])) == [1.0]
    assert sorted(asked) == ["kind", "second", "second"]


@pytest.mark.parametrize("retries", [0, 2])
def test_a_failure_is_asked_for_so_often_and_no_more(
    made: Any, monkeypatch: pytest.MonkeyPatch, retries: int
) -> None:
    monkeypatch.setattr("rlaif.runs.kept_judge._PAUSE_S", 0.0)
    asked: list[str] = []

    def rule(decision: Decision) -> Failure:
        asked.append(decision.criterion)
        return Failure("backend", "busy")

    rewarder = made(JUDGED, backend=ruled(rule), retries=retries)
    assert values(rewarder.rewards_sync([rollout("hello")])) == [None]
    assert len(asked) == retries + 1


def test_a_missing_reference_is_not_asked_for_again(made: Any) -> None:
    text = JUDGED.replace(
        "weight: 1}\n  - {id: kind", "weight: 1}\n  - {id: kind, needs: [reference]"
    )
    reward = made(text, retries=5).rewards_sync([rollout("hello")])[0]
    assert reward.value is None
    assert "missing_reference" in reward.messages[0]


def test_what_hangs_is_given_up_at_the_deadline_and_the_rest_is_kept(made: Any) -> None:
    rewarder = made(JUDGED, backend=Hanging(), deadline_s=0.3)
    good, hung = rewarder.rewards_sync([rollout("good"), rollout("hang here")])
    assert good.value == 1
    assert (hung.value, hung.reason) == (None, "deadline")


def test_a_judge_clogged_by_what_hangs_is_opened_again(made: Any) -> None:
    backend = Hanging()
    rewarder = made(JUDGED, backend=backend, deadline_s=0.3, in_flight=2)
    assert values(rewarder.rewards_sync([rollout("hang a"), rollout("hang b")])) == [None, None]
    assert values(rewarder.rewards_sync([rollout("good")])) == [1.0]
    assert backend.starts == 2


def test_a_judge_that_dies_is_opened_again_once(made: Any) -> None:
    backend = Dying(deaths=1)
    rewarder = made(JUDGED, backend=backend)
    assert values(rewarder.rewards_sync([rollout("a"), rollout("b")])) == [1.0, 1.0]
    assert backend.starts == 2


def test_a_judge_that_stays_dead_is_an_error_and_may_come_back(made: Any) -> None:
    backend = Dying(deaths=10)
    rewarder = made(JUDGED, backend=backend)
    with pytest.raises(RuntimeError, match="fell over"):
        rewarder.rewards_sync([rollout("a")])
    backend.deaths = 0
    assert values(rewarder.rewards_sync([rollout("a")])) == [1.0]


def test_a_prescreened_completion_scores_zero_and_is_no_failure(made: Any) -> None:
    reward = made(JUDGED).rewards_sync([rollout("")])[0]
    assert (reward.value, reward.reason) == (0.0, "prescreen:empty")


def test_a_prescreened_completion_does_not_escape_the_gate_of_the_reward(made: Any) -> None:
    shaping = Shaping(gates=(RewardGate(criterion="kind", otherwise=-1.0),))
    reward = made(JUDGED, shaping=shaping).rewards_sync([rollout("")])[0]
    assert reward.value == -1


def test_length_is_counted_in_the_unit_that_is_stated(made: Any) -> None:
    words = Shaping(length=LengthPenalty(free=2, full=6, most=1, unit="words"))
    rollouts = [rollout("please do it now", tokens=400)]
    assert values(made(CHECKS, None, shaping=words).rewards_sync(rollouts)) == [0.25]
    tokens = Shaping(length=LengthPenalty(free=300, full=500, most=1))
    assert values(made(CHECKS, None, shaping=tokens).rewards_sync(rollouts)) == [0.25]


def test_tokens_that_the_trainer_does_not_tell_are_an_error(made: Any) -> None:
    shaping = Shaping(length=LengthPenalty(free=300, full=500))
    with pytest.raises(InputError, match="does not say how many"):
        made(CHECKS, None, shaping=shaping).rewards_sync([rollout("please")])


def test_a_baseline_is_graded_by_the_same_rubric_and_taken_off(made: Any) -> None:
    rewarder = made(CHECKS, None, shaping=Shaping(baseline=True))
    rollouts = [rollout("please", baseline="a b c d"), rollout("a", baseline="b")]
    assert values(rewarder.rewards_sync(rollouts)) == [1.0, 0.0]
    with pytest.raises(InputError, match="column 'baseline'"):
        rewarder.rewards_sync([rollout("please")])


def test_ranks_are_taken_among_completions_of_the_same_prompt(made: Any) -> None:
    rewarder = made(CHECKS, None, shaping=Shaping(ranking=True))
    rollouts = [
        rollout("please", "A"),
        rollout("a b c d", "A"),
        rollout("a", "A"),
        rollout("a b c d", "B"),
    ]
    assert values(rewarder.rewards_sync(rollouts)) == [1.0, 0.0, 0.5, 0.5]
    grouped = [Rollout(one.sample, group="one") for one in rollouts]
    assert values(rewarder.rewards_sync(grouped)) == pytest.approx([1.0, 1 / 6, 2 / 3, 1 / 6])


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"deadline_s": 0.0}, "deadline_s is 0"),
        ({"deadline_s": float("nan")}, "deadline_s is nan"),
        ({"retries": -1}, "retries is -1"),
        ({"in_flight": 0}, "in_flight is 0"),
        ({"judge": None}, "there are questions for a judge"),
        ({"shaping": Shaping(gates=(RewardGate(criterion="knd"),))}, "did you mean 'kind'"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_loaded(
    made: Any, stated: dict[str, Any], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        made(JUDGED, **{"judge": JUDGE, **stated})


def test_a_copy_by_pickle_grades_for_itself(made: Any) -> None:
    rewarder = made(JUDGED)
    assert values(rewarder.rewards_sync([rollout("good")])) == [1.0]
    copy = pickle.loads(pickle.dumps(rewarder))  # noqa: S301 - our own
    assert values(copy.rewards_sync([rollout("good")])) == [1.0]
    copy.close()


def test_closed_it_loads_anew(made: Any) -> None:
    backend = Hanging()
    rewarder = made(JUDGED, backend=backend)
    for _ in range(2):
        assert values(rewarder.rewards_sync([rollout("good")])) == [1.0]
        rewarder.close()
    assert backend.starts == 2


async def test_callers_that_leave_while_it_loads_leave_one_judge(made: Any) -> None:
    backend = Slow(start_s=0.2)
    rewarder = made(JUDGED, backend=backend)
    for _ in range(4):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(rewarder.rewards([rollout("good")]), 0.02)
    assert values(await rewarder.rewards([rollout("good")])) == [1.0]
    assert backend.starts == 1
    await asyncio.to_thread(rewarder.close)
    assert backend.closes == 1


async def test_closed_while_it_loads_it_leaves_nothing(made: Any) -> None:
    backend = Slow(start_s=5)
    rewarder = made(JUDGED, backend=backend)
    asked = asyncio.create_task(rewarder.rewards([rollout("good")]))
    await asyncio.sleep(0.05)
    await asyncio.to_thread(rewarder.close)
    with pytest.raises(JudgeUnavailable, match="was closed"):
        await asked
    assert (backend.starts, backend.closes) == (1, 1)


async def test_callers_that_leave_harm_no_neighbour_of_a_slow_judge(made: Any) -> None:
    backend = Slow(answer_s=0.3)
    rewarder = made(JUDGED, backend=backend, in_flight=4, deadline_s=5)
    innocent = asyncio.create_task(rewarder.rewards([rollout("good day")]))
    for number in range(3):
        leaving = [rollout(f"leaving {number} {n}") for n in range(3)]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(rewarder.rewards(leaving), 0.05)
    assert values(await innocent) == [1.0]
    assert backend.starts == 1


def test_what_waits_is_asked_of_the_judge_that_stands_in_for_a_stuck_one(made: Any) -> None:
    backend = Hanging()
    rewarder = made(JUDGED, backend=backend, deadline_s=0.4, in_flight=2)
    stuck = threading.Thread(
        target=lambda: rewarder.rewards_sync([rollout("hang a"), rollout("hang b")])
    )
    stuck.start()
    time.sleep(0.2)
    assert values(rewarder.rewards_sync([rollout("good")])) == [1.0]
    stuck.join()
    assert backend.starts == 2


def test_a_judge_that_does_not_close_holds_up_no_deadline(made: Any) -> None:
    class Both(Hanging, Slow):
        async def aclose(self) -> None:
            await asyncio.sleep(3)

    rewarder = made(JUDGED, backend=Both(), deadline_s=0.3, in_flight=2)
    begun = time.monotonic()
    assert values(rewarder.rewards_sync([rollout("hang a"), rollout("hang b")])) == [None, None]
    assert time.monotonic() - begun < 2


async def test_asked_again_at_once_after_leaving_it_is_graded(made: Any) -> None:
    rewarder = made(JUDGED, backend=Slow(answer_s=0.1))
    await rewarder.rewards([rollout("warm")])
    for _ in range(3):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(rewarder.rewards([rollout("again")]), 0.02)
    assert values(await rewarder.rewards([rollout("again")])) == [1.0]


def test_closing_beside_callers_leaves_none_of_them_waiting(made: Any) -> None:
    rewarder = made(JUDGED, backend=Slow(answer_s=0.01))
    ended: list[str] = []

    def call(number: int) -> None:
        for turn in range(10):
            try:
                rewarder.rewards_sync([rollout(f"{number} {turn}")])
                ended.append("graded")
            except JudgeUnavailable:
                ended.append("closed")

    threads = [threading.Thread(target=call, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        time.sleep(0.02)
        rewarder.close()
    for thread in threads:
        thread.join(20)
    assert len(ended) == 40


def test_one_that_nobody_closes_ends_its_thread(tmp_path: Path) -> None:
    def named() -> int:
        return sum(thread.name == "rlaif-judge" for thread in threading.enumerate())

    before = named()
    rewarder = Rewarder(rubric_of(JUDGED, tmp_path), JUDGE)
    rewarder.rewards_sync([rollout("good")])
    assert named() == before + 1
    del rewarder
    gc.collect()
    deadline = time.monotonic() + 10
    while named() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert named() == before


def test_a_judge_is_loaded_when_a_sample_brings_the_first_question(made: Any) -> None:
    backend = Slow()
    rewarder = made(CHECKS, backend=backend)
    assert values(rewarder.rewards_sync([rollout("please")])) == [1.0]
    assert backend.starts == 0
    own = Sample.model_validate(
        {
            "sample_id": "s",
            "prompt": "Ask.",
            "completion": "please",
            "criteria": [{"id": "kind", "ask": "Is the completion kind to the reader?"}],
        }
    )
    assert values(rewarder.rewards_sync([Rollout(own), rollout("please sir")])) == [1.0, 1.0]
    assert backend.starts == 1


def test_a_gate_on_what_a_row_does_not_bring_is_an_error_before_grading(made: Any) -> None:
    text = "rubric: own\nversion: 1.0.0\ntitle: Own\ncriteria: per-sample\n"
    rewarder = made(text, None, shaping=Shaping(gates=(RewardGate(criterion="safe"),)))
    sample = {"sample_id": "s", "prompt": "Ask.", "completion": "please"}
    own = [{"id": "polite", "check": "contains", "text": "please"}]
    with pytest.raises(InputError, match="the reward's gate is on 'safe'"):
        rewarder.rewards_sync([Rollout(Sample.model_validate({**sample, "criteria": own}))])


_FORGETFUL = """
import rlaif
from rlaif.records.reward import Rollout
reward = rlaif.RubricReward("safe-reply", "scripted")
print(reward.sync()(["Hello?"], ["Good day to you."]))
"""


def test_a_program_that_does_not_close_it_ends_quietly() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _FORGETFUL],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("[")
