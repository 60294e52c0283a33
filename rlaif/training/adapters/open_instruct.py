"""open-instruct's verifier function: `async_call(tokenized_prediction, prediction, label, query)`.

Mix `RubricVerifier` with open-instruct's `VerifierFunction`; every subclass of that is registered
under its name, which the data set's `dataset` column then asks for. An error that is raised ends
the training, as a score of 0 would be a made-up number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from rlaif.ports import Rewarding
from rlaif.records.reward import Rollout
from rlaif.training.adapters.handed import handed
from rlaif.training.adapters.plain import labelled
from rlaif.training.adapters.settled import Settled, Terms, settled, settled_sync


class OpenInstructReward:
    """`async_call` and `__call__` over a `Rewarding`."""

    def __init__(
        self, rewarding: Rewarding, result: Callable[..., Any], terms: Terms | None = None
    ) -> None:
        """Args: `result`, open-instruct's VerificationResult."""
        self._rewarding, self._result, self._terms = rewarding, result, terms or Terms()

    async def async_call(
        self, tokenized_prediction: Sequence[int] | None, prediction: str, label: Any, query: Any
    ) -> Any:
        """A VerificationResult: the reward, and in `reasoning` what it is made of, as JSON.

        Args: `label`, the reference, or a JSON object of `reference`, `criteria`, `prompt`.
        Raises: InputError for what cannot be graded; JudgeUnavailable where there is no reward.
        """
        rollout = _rollout(tokenized_prediction, prediction, label, query)
        (made,) = await settled(self._rewarding, [rollout], self._terms)
        return self._told(made)

    def call(
        self, tokenized_prediction: Sequence[int] | None, prediction: str, label: Any, query: Any
    ) -> Any:
        """As `async_call`; it blocks."""
        rollout = _rollout(tokenized_prediction, prediction, label, query)
        (made,) = settled_sync(self._rewarding, [rollout], self._terms)
        return self._told(made)

    def _told(self, made: Settled) -> Any:
        told = {
            "score": made.reward.score,
            "failed": made.failed,
            "reason": made.reward.reason,
            "values": dict(made.reward.values),
        }
        return self._result(score=made.value, reasoning=orjson.dumps(told).decode())


def _rollout(ids: Sequence[int] | None, prediction: str, label: Any, query: Any) -> Rollout:
    stated = labelled(label)
    return handed(
        "open-instruct",
        prompt=stated.get("prompt") or query or "",
        completion=prediction,
        stated=stated,
        tokens=None if ids is None else len(ids),
    )
