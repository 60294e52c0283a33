"""NeMo-Gym's verify form (0.7.0): the request comes back with `reward`, `mask_sample`, a reason.

A row without a grade is masked, so that it is left out of the training step. Its `reward` is then
0.0, because the field wants a number, and nobody may read it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rlaif.records.reward import Reward, Rollout
from rlaif.training.adapters.response_items import (
    completion_of,
    prompt_of,
    tokens_of,
    was_cut,
)
from rlaif.web.replies import Refused
from rlaif.web.served import Served
from rlaif.web.taking import At, Intake

_OF_SAMPLE = ("criteria", "metadata")
_JUDGE_FAILED = "judge_failed"
"""NeMo-Gym's own name for it; others are ours, and named so."""
_OWN = "rlaif:"


@dataclass(frozen=True, slots=True)
class VerifyForm:
    """One rollout a request: what the policy was asked, and what it answered."""

    reference_field: str = "reference"
    """The field of the data set's rows that holds the reference."""
    needs_tokens: bool = False
    """Whether a response that does not say its length in tokens is refused."""
    name: str = "verify"

    def counted(self, data: Mapping[str, Any]) -> int:
        """One, whatever it holds."""
        return 1

    def read(self, data: Mapping[str, Any]) -> list[Rollout]:
        """The rollout. Raises: Refused with everything that is wrong."""
        asked, answered = _object(data, "responses_create_params"), _object(data, "response")
        intake = Intake(self.needs_tokens)
        at: At = ("response",)
        fields = {
            "prompt": prompt_of(asked, ("responses_create_params",), intake.blame),
            "completion": completion_of(answered, at, intake.blame),
            "reference": data.get(self.reference_field),
            "finish_reason": "length" if was_cut(answered) else None,
            **{key: data.get(key) for key in _OF_SAMPLE},
        }
        baseline = data.get("baseline")
        if baseline is not None and not isinstance(baseline, str):
            intake.blame(("baseline",), "expected text: a completion of the same prompt")
            baseline = None
        places: dict[str, At] = {key: (key,) for key in _OF_SAMPLE}
        places |= {
            "reference": (self.reference_field,),
            "prompt": ("responses_create_params", "input"),
            "completion": ("response", "output"),
            "tokens": ("response", "usage"),
        }
        if not intake.faults:
            intake.take(fields, at, baseline=baseline, tokens=tokens_of(answered), places=places)
        return intake.done()

    def write(
        self, data: Mapping[str, Any], rewards: Sequence[Reward], served: Served
    ) -> dict[str, Any]:
        """The request's own fields, and what was found."""
        one = rewards[0]
        failed = one.value is None
        return {
            **data,
            "reward": 0.0 if one.value is None else one.value,
            "mask_sample": failed,
            "failure_kind": _kind(one.reason) if failed else None,
            "failure_reason": "; ".join(one.messages) or one.reason if failed else None,
            "score": one.score,
            "reason": one.reason,
            "values": dict(one.values),
            "rubric": served.rubric_name,
            "judge": served.judge,
        }


def _object(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = data.get(key)
    if not isinstance(found, dict):
        raise Refused(422, f"'{key}' is missing" if found is None else f"'{key}' is an object", key)
    return found


def _kind(reason: str) -> str:
    """A failure's kind, from few: NeMo-Gym groups and counts by it."""
    word = reason.partition(":")[0]
    if word == "failed":
        return _JUDGE_FAILED
    return _OWN + (re.sub(r"[^a-z0-9_]", "_", word.lower()) or "no_reward")
