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
from rlaif.web.openai_items import completion_of, prompt_of
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
    name: str = "verify"

    def read(self, data: Mapping[str, Any]) -> list[Rollout]:
        """The rollout. Raises: Refused with everything that is wrong."""
        asked, answered = _object(data, "responses_create_params"), _object(data, "response")
        intake = Intake()
        at: At = ("response",)
        fields = {
            "prompt": prompt_of(intake, asked, ("responses_create_params",)),
            "completion": completion_of(intake, answered, at),
            "reference": data.get(self.reference_field),
            "finish_reason": _finish(answered),
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
        }
        if not intake.faults:
            intake.take(fields, at, baseline=baseline, tokens=_tokens(answered), places=places)
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


def _finish(response: Mapping[str, Any]) -> str | None:
    """`length` where the answer was cut."""
    details = response.get("incomplete_details")
    why = details.get("reason") if isinstance(details, dict) else None
    return "length" if why == "max_output_tokens" else None


def _tokens(response: Mapping[str, Any]) -> int | None:
    """Length of what the policy wrote, where it is told.

    `usage` is that of its last turn alone, so that it says nothing of an answer with tools between.
    """
    output = [one for one in response.get("output") or () if isinstance(one, dict)]
    written = [one["generation_token_ids"] for one in output if one.get("generation_token_ids")]
    if written and all(isinstance(ids, list) for ids in written):
        return sum(map(len, written))
    usage = response.get("usage")
    said = usage.get("output_tokens") if isinstance(usage, dict) else None
    turns = any(str(one.get("type")).endswith("_output") for one in output)
    return said if type(said) is int and said >= 0 and not turns else None


def _kind(reason: str) -> str:
    """A failure's kind, from few: NeMo-Gym groups and counts by it."""
    word = reason.partition(":")[0]
    if word == "failed":
        return _JUDGE_FAILED
    return _OWN + (re.sub(r"[^a-z0-9_]", "_", word.lower()) or "no_reward")
