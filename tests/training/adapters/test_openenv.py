from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel, Field

from rlaif.errors import InputError, JudgeUnavailable
from rlaif.records.reward import Reward
from rlaif.training.adapters.openenv import Graded, GradedSync, Places


class Action(BaseModel):
    message: str = "Hello."
    metadata: dict[str, Any] = Field(default_factory=dict)


class Observation(BaseModel):
    prompt: str = "Say hello."
    metadata: dict[str, Any] = Field(default_factory=dict)


async def test_the_reward_comes_back_and_its_parts_are_kept_in_the_metadata(
    rewarding: Callable[..., Any], reward: Callable[..., Reward]
) -> None:
    asked, seen = rewarding(reward(0.75, polite=1.0, short=None)), Observation()
    assert await Graded(asked).forward(Action(), seen) == 0.75
    assert seen.metadata == {
        "rubric": {"score": 0.5, "failed": False, "reason": "", "criterion_polite": 1.0}
    }
    sample = asked.rollouts[0].sample
    assert (sample.prompt, sample.completion) == ("Say hello.", "Hello.")


def test_the_blocking_form_gives_the_same(rewarding: Callable[..., Any]) -> None:
    assert GradedSync(rewarding()).forward(Action(), Observation()) == 0.75


def test_fields_are_named_or_found_by_a_function(rewarding: Callable[..., Any]) -> None:
    asked = rewarding()
    places = Places(completion="said", prompt=lambda action, seen: seen.history, report="grade")
    turns = [{"role": "user", "content": "Hi"}]
    seen = SimpleNamespace(history=turns, metadata={"reference": "R"})
    action = SimpleNamespace(metadata={"said": "Hello."})
    GradedSync(asked, places).forward(action, seen)
    sample = asked.rollouts[0].sample
    assert [m.role for m in sample.prompt] == ["user"]
    assert (sample.completion, sample.reference) == ("Hello.", "R")
    assert "grade" in seen.metadata


def test_a_field_that_is_nowhere_is_named(rewarding: Callable[..., Any]) -> None:
    with pytest.raises(InputError, match=r"'text' is in neither .* \(Action, Observation\)"):
        GradedSync(rewarding(), Places(completion="text")).forward(Action(), Observation())


def test_a_failure_raises_and_keeps_nothing(rewarding: Callable[..., Any], missing: Reward) -> None:
    seen = Observation()
    with pytest.raises(JudgeUnavailable):
        GradedSync(rewarding(missing)).forward(Action(), seen)
    assert seen.metadata == {}
