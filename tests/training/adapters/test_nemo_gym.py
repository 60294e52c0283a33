from collections.abc import Callable
from typing import Any

import pytest

from rlaif.errors import InputError
from rlaif.records.reward import Reward
from rlaif.training.adapters.nemo_gym import NemoGymReward

NAMES = ("polite", "short")


def said(text: str) -> dict[str, Any]:
    return {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": text, "annotations": []}],
    }


def body(*output: dict[str, Any], asked: Any = "Say hello.", **more: Any) -> dict[str, Any]:
    response = {"output": list(output or [said("Hello.")]), "usage": {"output_tokens": 3}}
    return {"responses_create_params": {"input": asked}, "response": response, **more}


async def test_the_request_comes_back_with_its_reward(
    rewarding: Callable[..., Any], reward: Callable[..., Reward]
) -> None:
    asked = rewarding(reward(0.75, polite=1.0, cites=0.5))
    given = body(reference="Hi.", uuid="u1")
    made = await NemoGymReward(asked, NAMES).verify(given)
    assert made == {
        **given,
        "reward": 0.75,
        "mask_sample": False,
        "failure_kind": None,
        "failure_reason": None,
        "rubric_score": 0.5,
        "reason": "",
        "criterion_polite": 1.0,
        "criterion_short": None,
        "own_criteria": '{"cites":0.5}',
    }
    (rollout,) = asked.rollouts
    assert rollout.sample.prompt == "Say hello."
    assert (rollout.sample.reference, rollout.tokens) == ("Hi.", 3)


async def test_a_failure_masks_the_row_and_says_why(
    rewarding: Callable[..., Any], missing: Reward
) -> None:
    asked = rewarding(missing)
    made = await NemoGymReward(asked, NAMES).verify(body())
    assert (made["reward"], made["mask_sample"]) == (0.0, True)
    assert made["failure_kind"] == "judge_failed"
    assert made["failure_reason"] == "failed:polite (polite: backend: no)"
    assert len(asked.asked) == 2


async def test_tools_and_thoughts_of_the_policy_are_kept(rewarding: Callable[..., Any]) -> None:
    asked = rewarding()
    items = (
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Let me add."}]},
        {"type": "function_call", "name": "add", "arguments": "{}", "call_id": "1"},
        {"type": "function_call_output", "call_id": "1", "output": "4"},
        said("Four."),
    )
    turns = [{"role": "user", "content": "2 + 2?"}]
    given = body(*items, asked=turns)
    given["responses_create_params"]["instructions"] = "Be brief."
    given["response"]["incomplete_details"] = {"reason": "max_output_tokens"}
    await NemoGymReward(asked).verify(given)
    (rollout,) = asked.rollouts
    assert [m.role for m in rollout.sample.prompt] == ["system", "user"]
    assert [m.role for m in rollout.sample.completion] == ["assistant", "tool", "assistant"]
    assert rollout.sample.completion[0].reasoning == "Let me add."
    assert rollout.sample.completion[2].content == "Four."
    assert (rollout.tokens, rollout.sample.finish_reason) == (None, "length")


async def test_a_policy_that_says_nothing_is_graded_as_empty(rewarding: Callable[..., Any]) -> None:
    asked = rewarding()
    given = body()
    given["response"]["output"] = []
    await NemoGymReward(asked).verify(given)
    assert asked.rollouts[0].sample.completion == ""


async def test_a_rows_own_criteria_may_stand_in_the_verifiers_metadata(
    rewarding: Callable[..., Any],
) -> None:
    asked = rewarding()
    more = {"verifier_metadata": {"criteria": [{"id": "cites", "ask": "Does it cite?"}]}}
    await NemoGymReward(asked).verify(body(**more))
    assert [one.id for one in asked.rollouts[0].sample.criteria] == ["cites"]


@pytest.mark.parametrize(
    "wrong", [{}, {"response": {"output": []}}, {"responses_create_params": {}, "response": None}]
)
async def test_what_is_no_verify_request_is_refused(
    rewarding: Callable[..., Any], wrong: Any
) -> None:
    with pytest.raises(InputError, match="a verify request has"):
        await NemoGymReward(rewarding()).verify(wrong)


async def test_an_item_that_is_not_known_is_not_passed_over(rewarding: Callable[..., Any]) -> None:
    with pytest.raises(InputError, match="'image_generation_call' cannot be graded"):
        await NemoGymReward(rewarding()).verify(body({"type": "image_generation_call"}))


async def test_other_tools_and_their_output_are_kept_and_tokens_are_counted_by_their_ids(
    rewarding: Callable[..., Any],
) -> None:
    asked = rewarding()
    search = {"type": "web_search_call", "id": "w", "action": {"q": "x"}, "output": "found"}
    await NemoGymReward(asked).verify(
        body(
            {**search, "generation_token_ids": [1, 2]},
            {**said("Yes."), "generation_token_ids": [3]},
        )
    )
    (rollout,) = asked.rollouts
    call, output, _ = rollout.sample.completion
    assert (call.tool_calls[0].name, output.role, output.content) == (
        "web_search_call",
        "tool",
        "found",
    )
    assert rollout.tokens == 3


async def test_what_cannot_be_graded_is_told_with_its_place(rewarding: Callable[..., Any]) -> None:
    with pytest.raises(
        InputError, match=r"response\.output\[1\]\.type: an item of type 'hologram'"
    ):
        await NemoGymReward(rewarding()).verify(body(said("Hello."), {"type": "hologram"}))


async def test_a_null_in_a_row_states_nothing(rewarding: Callable[..., Any]) -> None:
    asked = rewarding()
    given = body(reference=None, verifier_metadata={"reference": "Four.", "criteria": None})
    await NemoGymReward(asked).verify(given)
    assert asked.rollouts[0].sample.reference == "Four."
