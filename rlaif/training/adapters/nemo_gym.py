"""NeMo-Gym's resources server (0.7): `verify(request) -> response`.

A completion without a reward is masked: `mask_sample`, with the kind and the reason of the failure.
Its reward is then 0.0 because the field takes no null; what trains or evaluates leaves it out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rlaif.errors import InputError
from rlaif.ports import Rewarding
from rlaif.records.reward import Rollout
from rlaif.training.adapters.handed import handed
from rlaif.training.adapters.logged import by_criterion, own_criteria
from rlaif.training.adapters.plain import plain
from rlaif.training.adapters.response_items import messages_of
from rlaif.training.adapters.settled import asked, why

_JUDGE_FAILED = "judge_failed"
"""Of NeMo-Gym's own vocabulary, which it groups and counts by."""


class NemoGymReward:
    """`verify` over a `Rewarding`."""

    def __init__(self, rewarding: Rewarding, names: Sequence[str] = (), again: int = 1) -> None:
        """Args: `names`, of criteria and sections; `again`, how often a failure is asked again."""
        self._rewarding, self._names, self._again = rewarding, tuple(names), again

    async def verify(self, body: Any) -> dict[str, Any]:
        """The request's own fields, the reward and what it is made of.

        A server's aggregates average top-level numbers, so that the criteria stand there.
        Args: `body`, a BaseVerifyRequest or its dict; fields of the row beside it (`reference`,
        `criteria`, `metadata`, also inside `verifier_metadata`) are those of the prompt.
        Raises: InputError for a request that cannot be graded.
        """
        request = plain(body)
        rollout = _rollout(request)
        (reward,) = await asked(self._rewarding, [rollout], self._again)
        failed = reward.value is None
        return {
            **request,
            "reward": 0.0 if reward.value is None else reward.value,
            "mask_sample": failed,
            "failure_kind": _JUDGE_FAILED if failed else None,
            "failure_reason": why(rollout, reward) if failed else None,
            "rubric_score": reward.score,
            "reason": reward.reason,
            **by_criterion(reward, self._names),
            "own_criteria": own_criteria(reward, self._names),
        }


def _rollout(request: Mapping[str, Any]) -> Rollout:
    try:
        given, response = request["responses_create_params"], request["response"]
        output = messages_of(response["output"])
    except (KeyError, TypeError, AttributeError):
        output = None
    if output is None:
        raise InputError("a verify request has {responses_create_params, response: {output}}")
    return handed(
        "NeMo-Gym",
        prompt=_prompt(given),
        completion=output if any(one["role"] == "assistant" for one in output) else "",
        stated={**(request.get("verifier_metadata") or {}), **request},
        tokens=_tokens(response),
        cut=(response.get("incomplete_details") or {}).get("reason") == "max_output_tokens",
    )


def _prompt(given: Mapping[str, Any]) -> Any:
    asked_for, told = given.get("input") or "", given.get("instructions")
    if isinstance(asked_for, str) and not told:
        return asked_for
    text = isinstance(asked_for, str)
    turns = [{"role": "user", "content": asked_for}] if text else messages_of(asked_for)
    return [{"role": "system", "content": told}, *turns] if told else turns


def _tokens(response: Mapping[str, Any]) -> int | None:
    """As the server counted them; of an answer with tools between, only its last turn is told."""
    calls = [item for item in response["output"] if str(item.get("type")).endswith("_output")]
    said = (response.get("usage") or {}).get("output_tokens")
    return said if isinstance(said, int) and not calls else None
