"""NeMo-Gym's resources server (0.7): `verify(request) -> response`.

A completion without a reward is masked: `mask_sample`, with the kind and the reason of the failure.
Its reward is then 0.0 because the field takes no null; what trains or evaluates leaves it out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rlaif.errors import InputError
from rlaif.ports import Rewarding
from rlaif.records.refusals import place_in_row
from rlaif.records.reward import Rollout
from rlaif.training.adapters.handed import handed
from rlaif.training.adapters.logged import by_criterion, own_criteria
from rlaif.training.adapters.plain import merged, plain
from rlaif.training.adapters.response_items import (
    At,
    completion_of,
    prompt_of,
    tokens_of,
    was_cut,
)
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
    given, response = request.get("responses_create_params"), request.get("response")
    if not (isinstance(given, dict) and isinstance(response, dict) and "output" in response):
        raise InputError("a verify request has {responses_create_params, response: {output}}")
    return handed(
        "NeMo-Gym",
        prompt=prompt_of(given, ("responses_create_params",), _refuse),
        completion=completion_of(response, ("response",), _refuse),
        stated=merged(request.get("verifier_metadata") or {}, request),
        tokens=tokens_of(response),
        cut=was_cut(response),
    )


def _refuse(at: At, message: str) -> None:
    raise InputError(f"NeMo-Gym handed over what cannot be graded: {place_in_row(at)}: {message}")
