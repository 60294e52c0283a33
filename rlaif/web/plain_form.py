"""The plain form: `{items: [...]}` to `{rewards: [...], items: [...]}`, null for a failure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rlaif.records.reward import Reward, Rollout
from rlaif.web.served import Served
from rlaif.web.taking import At, Intake, list_of

_OF_SAMPLE = ("prompt", "completion", "reference", "criteria", "policy", "finish_reason")
_OF_ROLLOUT = ("group", "group_id", "tokens", "baseline", "metadata", "sample_id")


@dataclass(frozen=True, slots=True)
class PlainForm:
    """Samples in, and of each the reward, the score, the reason and the values by criterion."""

    needs_tokens: bool = False
    """Whether an item that does not say its length in tokens is refused."""
    name: str = "rewards"

    def counted(self, data: Mapping[str, Any]) -> int:
        """How many items there are. Raises: Refused (422) where there is no list of them."""
        return len(list_of(data, "items"))

    def read(self, data: Mapping[str, Any]) -> list[Rollout]:
        """One rollout an item; keys that no field takes go to its metadata.

        Raises: Refused with everything that is wrong.
        """
        intake = Intake(self.needs_tokens)
        for place, item in enumerate(list_of(data, "items")):
            at: At = ("items", place)
            if isinstance(item, dict):
                _take(intake, item, at)
            else:
                intake.blame(at, "expected an object {prompt, completion, ...}")
        return intake.done()

    def write(
        self, data: Mapping[str, Any], rewards: Sequence[Reward], served: Served
    ) -> dict[str, Any]:
        """The rewards, and what each is made of."""
        return {
            "rewards": [one.value for one in rewards],
            "items": [
                {
                    "value": one.value,
                    "score": one.score,
                    "reason": one.reason,
                    "values": dict(one.values),
                    "messages": list(one.messages),
                }
                for one in rewards
            ],
            "rubric": served.rubric_name,
            "judge": served.judge,
        }


def _take(intake: Intake, item: Mapping[str, Any], at: At) -> None:
    fields = {key: item[key] for key in _OF_SAMPLE if key in item}
    rest = {k: v for k, v in item.items() if k not in _OF_SAMPLE and k not in _OF_ROLLOUT}
    stated = item.get("metadata")
    fields["metadata"] = {**rest, **stated} if isinstance(stated, dict) else (stated or rest)
    intake.take(
        fields,
        at,
        group=_group(intake, item, at),
        tokens=_tokens(intake, item, at),
        baseline=_baseline(intake, item, at),
    )


def _group(intake: Intake, item: Mapping[str, Any], at: At) -> str:
    key = "group" if item.get("group") is not None else "group_id"
    group = item.get(key)
    if group is None or isinstance(group, str):
        return group or ""
    if isinstance(group, int) and not isinstance(group, bool):
        return str(group)
    intake.blame((*at, key), "expected a name, or a whole number")
    return ""


def _tokens(intake: Intake, item: Mapping[str, Any], at: At) -> int | None:
    tokens = item.get("tokens")
    if tokens is None or (type(tokens) is int and tokens >= 0):
        return tokens
    intake.blame((*at, "tokens"), "expected a whole number, 0 or more")
    return None


def _baseline(intake: Intake, item: Mapping[str, Any], at: At) -> str | None:
    baseline = item.get("baseline")
    if baseline is None or isinstance(baseline, str):
        return baseline
    intake.blame((*at, "baseline"), "expected text: a completion of the same prompt")
    return None
