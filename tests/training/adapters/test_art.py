import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from rlaif.errors import InputError
from rlaif.records.reward import Reward
from rlaif.training.adapters.art import ArtReward
from rlaif.training.adapters.settled import Terms


def trajectory(text: str = "Four.", **more: Any) -> Any:
    choice = SimpleNamespace(
        message={"role": "assistant", "content": text}, finish_reason=more.pop("ended", "stop")
    )
    turns = [
        {"role": "user", "content": "1 + 1?"},
        {"role": "assistant", "content": "Two."},
        {"role": "user", "content": "2 + 2?"},
        choice,
    ]
    given = {"reward": 0.0, "metrics": {"turns": 1}, "metadata": {}, "additional_histories": []}
    return SimpleNamespace(messages_and_choices=turns, **{**given, **more})


def group(*trajectories: Any) -> Any:
    return SimpleNamespace(trajectories=list(trajectories))


async def test_each_trajectory_gets_its_own_reward_and_metrics(
    rewarding: Callable[..., Any], reward: Callable[..., Reward]
) -> None:
    asked = rewarding(reward(0.25, polite=0.0), reward(0.75, polite=1.0))
    given = group(trajectory("Five."), trajectory(ended="length"))
    made: Any = await ArtReward(asked).score_group(given)
    assert [one.reward for one in made.trajectories] == [0.25, 0.75]
    assert made.trajectories[1].metrics == {
        "turns": 1,
        "rubric_score": 0.5,
        "failed": 0.0,
        "criterion_polite": 1.0,
    }
    assert [one.reward for one in given.trajectories] == [0.0, 0.0]
    first, second = asked.rollouts
    assert first.group == second.group != ""
    assert [m.content for m in first.sample.prompt] == ["1 + 1?", "Two.", "2 + 2?"]
    assert [m.content for m in first.sample.completion] == ["Five."]
    assert second.sample.finish_reason == "length"


async def test_a_trajectory_without_a_reward_is_left_out_of_its_group(
    rewarding: Callable[..., Any],
    reward: Callable[..., Reward],
    missing: Reward,
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked = rewarding(missing, reward(0.5), missing)
    with caplog.at_level(logging.WARNING):
        made: Any = await ArtReward(asked).score_group(group(trajectory(), trajectory()))
    assert [one.reward for one in made.trajectories] == [0.5]
    assert "it is left out: failed:polite" in caplog.text


async def test_a_stand_in_keeps_it(rewarding: Callable[..., Any], missing: Reward) -> None:
    adapter = ArtReward(rewarding(missing), Terms(on_failure=-1.0))
    made: Any = await adapter.score_group(group(trajectory()))
    assert [one.reward for one in made.trajectories] == [-1.0]
    assert made.trajectories[0].metrics["failed"] == 1.0


async def test_a_group_without_any_reward_is_none(
    rewarding: Callable[..., Any], missing: Reward
) -> None:
    assert await ArtReward(rewarding(missing)).score_group(group(trajectory())) is None
    assert await ArtReward(rewarding(missing)).score_group(group()) is None


async def test_two_groups_are_two_groups(rewarding: Callable[..., Any]) -> None:
    asked = rewarding()
    for _ in range(2):
        await ArtReward(asked).score_group(group(trajectory()))
    assert len({one.group for one in asked.rollouts}) == 2


async def test_without_choices_the_first_answer_begins_the_completion(
    rewarding: Callable[..., Any],
) -> None:
    asked, plain = rewarding(), trajectory()
    plain.messages_and_choices = plain.messages_and_choices[:2]
    await ArtReward(asked).score_group(group(plain))
    assert [m.content for m in asked.rollouts[0].sample.completion] == ["Two."]


async def test_what_cannot_be_graded_is_refused(rewarding: Callable[..., Any]) -> None:
    silent = trajectory()
    silent.messages_and_choices = silent.messages_and_choices[:1]
    with pytest.raises(InputError, match="no message of the policy"):
        await ArtReward(rewarding()).score_group(group(silent))
    with pytest.raises(InputError, match="additional histories"):
        await ArtReward(rewarding()).score_group(group(trajectory(additional_histories=[1])))
