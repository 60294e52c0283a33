from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from rlaif.errors import InputError, JudgeUnavailable
from rlaif.records.reward import Reward
from rlaif.training.adapters.verifiers import VerifiersReward


@dataclass
class Trace:
    """As far as verifiers' own is looked at."""

    nodes: list[Any]
    is_truncated: bool = False
    metrics: dict[str, float] = field(default_factory=dict)

    @property
    def branches(self) -> list[Any]:
        return [SimpleNamespace(nodes=self.nodes, num_output_tokens=5)] if self.nodes else []

    def record_metric(self, name: str, value: float) -> None:
        self.metrics[name] = value


def node(role: str, content: str, sampled: bool = False, **more: Any) -> Any:
    return SimpleNamespace(message={"role": role, "content": content, **more}, sampled=sampled)


def trace(**more: Any) -> Trace:
    call = [{"id": "1", "name": "add", "arguments": "{}"}]
    nodes = [
        node("system", "Be brief."),
        node("user", "What is 2 + 2?"),
        node("assistant", "", sampled=True, tool_calls=call),
        node("tool", "4", tool_call_id="1"),
        node("assistant", "Four.", sampled=True),
    ]
    return Trace(nodes, **more)


async def test_a_trace_is_a_conversation_with_its_tools(
    rewarding: Callable[..., Any], reward: Callable[..., Reward]
) -> None:
    asked, seen = rewarding(reward(0.75, polite=1.0, short=None)), trace(is_truncated=True)
    assert await VerifiersReward(asked).score(SimpleNamespace(reference="4"), seen) == 0.75
    assert seen.metrics == {"rubric_score": 0.5, "failed": 0.0, "criterion_polite": 1.0}
    (rollout,) = asked.rollouts
    assert [m.role for m in rollout.sample.prompt] == ["system", "user"]
    assert [m.role for m in rollout.sample.completion] == ["assistant", "tool", "assistant"]
    assert rollout.sample.completion[0].tool_calls[0].name == "add"
    assert (rollout.sample.reference, rollout.tokens) == ("4", 5)
    assert rollout.sample.finish_reason == "length"


async def test_a_tasks_own_names_are_stated(rewarding: Callable[..., Any]) -> None:
    asked = rewarding()
    columns = {"reference": "answer", "criteria": "rubric"}
    data = SimpleNamespace(answer="4", rubric=[{"id": "cites", "ask": "Does it cite?"}])
    await VerifiersReward(asked, columns=columns).score(SimpleNamespace(data=data), trace())
    assert asked.rollouts[0].sample.reference == "4"
    assert len(asked.rollouts[0].sample.criteria) == 1


def test_a_name_that_is_none_of_ours_is_refused(rewarding: Callable[..., Any]) -> None:
    with pytest.raises(InputError, match="'answer' is none of"):
        VerifiersReward(rewarding(), columns={"answer": "reference"})


async def test_a_failure_raises_and_records_nothing(
    rewarding: Callable[..., Any], missing: Reward
) -> None:
    seen = trace()
    with pytest.raises(JudgeUnavailable):
        await VerifiersReward(rewarding(missing)).score(SimpleNamespace(), seen)
    assert seen.metrics == {}


@pytest.mark.parametrize("nodes", [[], [node("user", "What is 2 + 2?")]])
async def test_a_rollout_that_ended_before_the_policy_spoke_is_not_scored(
    rewarding: Callable[..., Any], nodes: list[Any]
) -> None:
    with pytest.raises(InputError, match="no message of the policy"):
        await VerifiersReward(rewarding()).score(SimpleNamespace(), Trace(nodes))


async def test_the_tasks_prompt_is_taken_where_the_trace_has_none(
    rewarding: Callable[..., Any],
) -> None:
    asked = rewarding()
    alone = Trace([node("assistant", "Four.", sampled=True)])
    await VerifiersReward(asked).score(SimpleNamespace(prompt="What is 2 + 2?"), alone)
    assert asked.rollouts[0].sample.prompt == "What is 2 + 2?"
