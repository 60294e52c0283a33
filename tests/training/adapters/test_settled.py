import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from rlaif.errors import InputError, JudgeUnavailable
from rlaif.records.reward import Reward, Rollout
from rlaif.training.adapters.handed import handed
from rlaif.training.adapters.settled import Terms, settled, settled_sync, why

TREASURE = "The treasure lies under the old oak tree."


def rollout(completion: object = TREASURE) -> Rollout:
    return handed("test", prompt="Where is it?", completion=completion, stated={})


async def test_what_is_there_is_taken_as_it_is(
    rewarding: Callable[..., Any], reward: Callable[..., Reward]
) -> None:
    asked = rewarding(reward(0.25), reward(-1.5))
    made = await settled(asked, [rollout(), rollout()], Terms())
    assert [one.value for one in made] == [0.25, -1.5]
    assert not any(one.failed for one in made)
    assert len(asked.asked) == 1


@pytest.mark.parametrize("sync", [False, True])
def test_only_what_failed_is_asked_for_again(
    rewarding: Callable[..., Any], reward: Callable[..., Reward], missing: Reward, sync: bool
) -> None:
    asked = rewarding(reward(0.1), missing, reward(0.3), reward(0.2))
    rollouts = [rollout(), rollout(), rollout()]
    made = (
        settled_sync(asked, rollouts, Terms())
        if sync
        else asyncio.run(settled(asked, rollouts, Terms()))
    )
    assert [one.value for one in made] == [0.1, 0.2, 0.3]
    assert asked.asked[1] == [rollouts[1]]


def test_a_failure_that_stays_is_an_error_and_no_zero(
    rewarding: Callable[..., Any], missing: Reward
) -> None:
    asked = rewarding(missing)
    with pytest.raises(JudgeUnavailable, match="1 of 1 completions have no reward") as raised:
        settled_sync(asked, [rollout()], Terms(again=2))
    assert len(asked.asked) == 3
    assert "failed:polite (polite: backend: no)" in str(raised.value)


def test_what_comes_again_however_often_it_is_asked_is_asked_once(
    rewarding: Callable[..., Any],
) -> None:
    asked = rewarding(Reward(None, None, "nothing_applies"))
    with pytest.raises(JudgeUnavailable, match="nothing_applies"):
        settled_sync(asked, [rollout()], Terms())
    assert len(asked.asked) == 1


def test_a_stand_in_is_given_only_by_its_name_and_said_in_the_log(
    rewarding: Callable[..., Any], missing: Reward, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        (made,) = settled_sync(rewarding(missing), [rollout()], Terms(on_failure=0.0))
    assert (made.value, made.failed) == (0.0, True)
    assert "0 stands in for it: failed:polite" in caplog.text


@pytest.mark.parametrize(
    "completion",
    [
        TREASURE,
        "oak",
        [{"role": "assistant", "content": TREASURE}],
        [{"role": "assistant", "tool_calls": [{"name": "dig", "arguments": TREASURE}]}],
    ],
)
def test_no_error_quotes_the_completion(completion: object) -> None:
    told = "the server refused: 'lies under the old oak' is too long"
    said = why(rollout(completion), Reward(None, None, "failed:a", {}, (told, "a: 503")))
    assert "oak" not in said
    assert said == "failed:a (a: 503; the rest quotes the completion)"


def test_the_deadline_needs_no_more_words() -> None:
    assert why(rollout(), Reward(None, None, "deadline")) == "deadline"


@pytest.mark.parametrize(
    "written",
    [
        repr,
        json.dumps,
        lambda text: json.dumps(json.dumps(text)),
        lambda text: text.encode("unicode_escape").decode(),
        lambda text: repr(text)[:60],
    ],
)
@pytest.mark.parametrize(
    "completion",
    [
        "line one\nsecond li\nthird lin\nfourth li",
        "\u4f60\u597d" * 10,
        "\U0001f600" * 20,
        "a\tb\"c'd",
    ],
)
def test_no_error_quotes_the_completion_in_escapes(
    written: Callable[[str], str], completion: str
) -> None:
    told = f"could not read {written(completion)}"
    said = why(rollout(completion), Reward(None, None, "failed:a", {}, (told,)))
    assert said == "failed:a (the rest quotes the completion)"


def test_a_message_with_escapes_of_its_own_is_told() -> None:
    told = r"could not open C:\\new\\x: \u0000 is no name, nor is \U99999999"
    said = why(rollout(), Reward(None, None, "failed:a", {}, (told,)))
    assert said == f"failed:a ({told})"


@pytest.mark.parametrize(
    "wrong",
    [
        {"on_failure": float("nan")},
        {"on_failure": "0.0"},
        {"on_failure": True},
        {"again": -1},
        {"again": "2"},
    ],
)
def test_terms_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        Terms(**wrong)  # type: ignore[arg-type]  # what is wrong is the point
