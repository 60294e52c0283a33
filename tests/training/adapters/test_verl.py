from collections.abc import Callable
from typing import Any

import pytest

from rlaif.errors import InputError, JudgeUnavailable
from rlaif.records.reward import Reward
from rlaif.training.adapters.settled import Terms
from rlaif.training.adapters.verl import VerlReward

NAMES = ("polite", "short")
ROW = {"prompt": "Say hello.", "split": "train", "index": 3}


async def test_the_score_is_the_reward_and_the_criteria_stand_beside_it(
    rewarding: Callable[..., Any], reward: Callable[..., Reward]
) -> None:
    asked = rewarding(reward(0.75, polite=1.0, short=None))
    made = await VerlReward(asked, NAMES).compute_score("Hello.", "Hi.", ROW)
    assert made == {
        "score": 0.75,
        "rubric_score": 0.5,
        "failed": 0.0,
        "reason": "",
        "criterion_polite": 1.0,
        "criterion_short": None,
        "own_criteria": "{}",
    }
    sample = asked.rollouts[0].sample
    assert (sample.prompt, sample.completion, sample.reference) == ("Say hello.", "Hello.", "Hi.")
    assert sample.metadata == {}


async def test_the_keys_are_the_same_for_every_sample(
    rewarding: Callable[..., Any], reward: Callable[..., Reward], missing: Reward
) -> None:
    """Verl takes those of the first one for all."""
    prescreened = Reward(0.0, 0.0, "prescreen:empty", {})
    own = reward(1.0, polite=1.0, short=0.0, cites=0.5)
    asked = VerlReward(rewarding(prescreened, own, missing), NAMES, Terms(on_failure=-1.0, again=0))
    made = [await asked.compute_score(text, None, ROW) for text in ("", "a", "b")]
    assert made[0].keys() == made[1].keys() == made[2].keys()
    assert made[1]["own_criteria"] == '{"cites":0.5}'
    assert (made[2]["score"], made[2]["failed"]) == (-1.0, 1.0)


def test_the_blocking_form_gives_the_same(rewarding: Callable[..., Any]) -> None:
    made = VerlReward(rewarding(), NAMES).compute_score_sync("Hello.", "Hi.", ROW)
    assert made["score"] == 0.75


async def test_a_failure_raises(rewarding: Callable[..., Any], missing: Reward) -> None:
    with pytest.raises(JudgeUnavailable):
        await VerlReward(rewarding(missing), NAMES).compute_score("Hello.", "", ROW)


async def test_the_messages_of_the_agent_loop_come_before_the_rows_text(
    rewarding: Callable[..., Any],
) -> None:
    asked = rewarding()
    turns = [{"role": "user", "content": "Hi"}]
    await VerlReward(asked).compute_score("Hello.", "", {**ROW, "raw_prompt": turns})
    assert [m.role for m in asked.rollouts[0].sample.prompt] == ["user"]


@pytest.mark.parametrize("extra", [None, {}, {"prompt": None}])
async def test_a_row_without_its_prompt_says_what_to_do(
    rewarding: Callable[..., Any], extra: Any
) -> None:
    with pytest.raises(InputError, match=r"extra_info\.prompt"):
        await VerlReward(rewarding()).compute_score("Hello.", "", extra)


async def test_a_row_may_bring_criteria_and_a_reference(rewarding: Callable[..., Any]) -> None:
    asked = rewarding()
    extra = {**ROW, "criteria": '[{"id": "cites", "ask": "Does it cite?"}]', "reference": "R"}
    await VerlReward(asked).compute_score("Hello.", "G", extra)
    sample = asked.rollouts[0].sample
    assert sample.reference == "R"
    assert [one.id for one in sample.criteria] == ["cites"]


async def test_a_null_in_a_row_states_nothing(rewarding: Callable[..., Any]) -> None:
    """Arrow puts one where another row has a reference of its own."""
    asked = rewarding()
    await VerlReward(asked).compute_score("Hello.", "G", {**ROW, "reference": None})
    assert asked.rollouts[0].sample.reference == "G"
