import logging
from collections.abc import Callable
from typing import Any

import pytest

from rlaif.errors import InputError, JudgeUnavailable
from rlaif.records.reward import Reward
from rlaif.training.adapters.openrlhf import OpenrlhfReward
from rlaif.training.adapters.query import completion_of, without_end
from rlaif.training.adapters.settled import Terms

PROMPT = "<|im_start|>user\nSay hello, please.<|im_end|>\n<|im_start|>assistant\n"
NAMES = ("polite", "short")


def test_numbers_under_the_same_keys_for_every_query(
    rewarding: Callable[..., Any], reward: Callable[..., Reward]
) -> None:
    asked = rewarding(reward(0.25, polite=1.0, short=None), Reward(0.0, 0.0, "prescreen:empty", {}))
    queries = [f"{PROMPT}Hello.<|im_end|>\n", PROMPT]
    made = OpenrlhfReward(asked, NAMES).reward_func(queries, [PROMPT, PROMPT], ["Hi.", ""])
    assert made == {
        "rewards": [0.25, 0.0],
        "scores": [0.5, 0.0],
        "extra_logs": {
            "failed": [0.0, 0.0],
            "answered": [0.5, 0.0],
            "criterion_polite": [1.0, 0.0],
            "criterion_short": [0.0, 0.0],
        },
    }
    first, second = (rollout.sample for rollout in asked.rollouts)
    assert (first.prompt, first.completion, first.reference) == (PROMPT, "Hello.", "Hi.")
    assert (second.completion, second.reference) == ("", None)


def test_a_label_may_hold_the_messages_and_criteria(rewarding: Callable[..., Any]) -> None:
    asked = rewarding()
    label = (
        '{"prompt": [{"role": "user", "content": "Say hello, please."}],'
        ' "criteria": [{"id": "cites", "ask": "Does it cite?"}]}'
    )
    OpenrlhfReward(asked).reward_func([PROMPT + "Hi"], [PROMPT], [label])
    sample = asked.rollouts[0].sample
    assert [m.role for m in sample.prompt] == ["user"]
    assert [one.id for one in sample.criteria] == ["cites"]


def test_a_failure_is_logged_as_openrlhf_only_notes_it(
    rewarding: Callable[..., Any], missing: Reward, caplog: pytest.LogCaptureFixture
) -> None:
    adapter = OpenrlhfReward(rewarding(missing), NAMES)
    with caplog.at_level(logging.ERROR), pytest.raises(JudgeUnavailable):
        adapter.reward_func([PROMPT + "Hello to all of you."], [PROMPT], [""])
    assert "OpenRLHF gets no reward: 1 of 1 completions" in caplog.text
    assert "Hello" not in caplog.text


def test_a_stand_in_counts_as_the_score_too(rewarding: Callable[..., Any], missing: Reward) -> None:
    adapter = OpenrlhfReward(rewarding(missing), NAMES, Terms(on_failure=-1.0))
    made = adapter.reward_func([PROMPT + "Hello."], [PROMPT], [""])
    assert (made["rewards"], made["scores"]) == ([-1.0], [-1.0])
    assert made["extra_logs"]["failed"] == [1.0]


def test_a_prompt_that_was_cut_at_its_beginning_is_still_found() -> None:
    assert completion_of(PROMPT[10:] + "Hello.", PROMPT) == "Hello."


def test_a_completion_that_repeats_the_prompts_end_is_kept_whole() -> None:
    said = "a" + PROMPT[-40:] + "b"
    assert completion_of(PROMPT[10:] + said, PROMPT) == said
    assert completion_of(PROMPT + said, PROMPT) == said


def test_a_query_without_its_prompt_is_refused(rewarding: Callable[..., Any]) -> None:
    query = "The treasure lies under the old oak tree."
    with pytest.raises(InputError, match="does not begin with its prompt") as raised:
        OpenrlhfReward(rewarding()).reward_func([query], [PROMPT], [""])
    assert "oak" not in str(raised.value)


def test_end_tokens_go_and_what_the_policy_wrote_stays() -> None:
    assert without_end("Hi.\n<|im_end|>\n<|im_end|>", ("<|im_end|>",)) == "Hi.\n"
    assert without_end("Hi.\n\n", ("<|im_end|>",)) == "Hi.\n\n"
    assert without_end("<|im_end|> Hi", ("<|im_end|>",)) == "<|im_end|> Hi"
