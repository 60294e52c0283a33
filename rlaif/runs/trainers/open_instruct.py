"""open-instruct's entry: a verifier class, registered by being made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlaif.runs.trainers.wired import wired
from rlaif.training.adapters.open_instruct import OpenInstructReward


def verifier_class(
    base: type, result: type, *, name: str = "rubric", weight: float = 1.0, **given: Any
) -> type:
    """A verifier by these settings, see `wired.OPTIONS`, for rows whose `dataset` is `name`.

    Make it before open-instruct builds its verifiers: it takes every subclass that there is then.
    Args: `base`, its VerifierFunction; `result`, its VerificationResult; `weight`, of this reward
    among others of a row.
    """

    def __init__(self: Any, verifier_config: Any = None) -> None:  # noqa: N807 - of the class below
        base.__init__(self, name, weight=weight, verifier_config=verifier_config)  # type: ignore[misc]  # the class that is made below is a subclass of it

    def __call__(  # noqa: N807 - of the class below
        self: Any,
        tokenized_prediction: Any,
        prediction: str,
        label: Any,
        query: Any = None,
        rollout_state: Any = None,
    ) -> Any:
        return _adapter(given, result).call(tokenized_prediction, prediction, label, query)

    async def async_call(
        self: Any,
        tokenized_prediction: Any,
        prediction: str,
        label: Any,
        query: Any = None,
        rollout_state: Any = None,
    ) -> Any:
        adapter = _adapter(given, result)
        return await adapter.async_call(tokenized_prediction, prediction, label, query)

    methods = {"__init__": __init__, "__call__": __call__, "async_call": async_call}
    return type("RubricVerifier", (base,), methods)


def _adapter(given: Mapping[str, Any], result: type) -> OpenInstructReward:
    made = wired("open-instruct", given)
    return OpenInstructReward(made.rewarding, result, made.terms)
