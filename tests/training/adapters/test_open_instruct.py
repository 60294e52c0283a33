import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from rlaif.errors import JudgeUnavailable
from rlaif.records.reward import Reward
from rlaif.training.adapters.open_instruct import OpenInstructReward


@dataclass
class VerificationResult:
    """As open-instruct declares it."""

    score: float
    cost: float = 0.0
    reasoning: str | None = None


async def test_a_result_holds_the_reward_and_what_it_is_made_of(
    rewarding: Callable[..., Any], reward: Callable[..., Reward]
) -> None:
    asked = rewarding(reward(0.75, polite=1.0))
    adapter = OpenInstructReward(asked, VerificationResult)
    made = await adapter.async_call([1, 2, 3], "Hello.", "Hi.", "Say hello.")
    assert (made.score, made.cost) == (0.75, 0.0)
    assert json.loads(made.reasoning) == {
        "score": 0.5,
        "failed": False,
        "reason": "",
        "values": {"polite": 1.0},
    }
    (rollout,) = asked.rollouts
    assert (rollout.sample.prompt, rollout.sample.reference) == ("Say hello.", "Hi.")
    assert rollout.tokens == 3


def test_a_label_may_state_the_criteria_and_the_prompt(rewarding: Callable[..., Any]) -> None:
    asked = rewarding()
    label = {"prompt": "Q", "criteria": [{"id": "cites", "ask": "Does it cite?"}]}
    OpenInstructReward(asked, VerificationResult).call(None, "A", json.dumps(label), None)
    sample = asked.rollouts[0].sample
    assert sample.prompt == "Q"
    assert [one.id for one in sample.criteria] == ["cites"]


async def test_a_failure_raises(rewarding: Callable[..., Any], missing: Reward) -> None:
    adapter = OpenInstructReward(rewarding(missing), VerificationResult)
    with pytest.raises(JudgeUnavailable):
        await adapter.async_call(None, "A", "", "Q")
