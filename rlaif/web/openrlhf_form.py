"""OpenRLHF's remote form (0.11.2): `{query, prompts, labels}` to `{rewards, scores, extra_logs}`.

It sends one query a request, asks five times within 180 s each, and then has no reward for the row,
on which it stops. It takes no null: where there is no reward the request fails, unless a stand-in
was named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from rlaif.records.reward import Reward, Rollout
from rlaif.training.adapters.query import completion_of, without_end
from rlaif.web.replies import Refused
from rlaif.web.served import Served
from rlaif.web.taking import At, Intake, list_of

_RETRY = {"Retry-After": "1"}


@dataclass(frozen=True, slots=True)
class OpenrlhfForm:
    """The completion is the query without its prompt; the label is the reference."""

    end_tokens: tuple[str, ...] = ()
    """Taken off the end of a completion, such as `<|im_end|>`: OpenRLHF leaves them in."""
    labels: str = "reference"
    """`reference`: a label is the reference. `json`: it is {reference, criteria, metadata}."""
    on_failure: float | None = None
    """The stand-in for a reward that is not there; None: the request fails."""
    stand_in: Callable[[int], None] = lambda _: None
    """Told of how many rewards of a request a stand-in was given for."""
    needs_tokens: bool = False
    """Whether rewards need a length in tokens: OpenRLHF says none, so that all is refused."""
    name: str = "openrlhf"

    def counted(self, data: Mapping[str, Any]) -> int:
        """How many queries there are. Raises: Refused (422) where there is no list of them."""
        return len(list_of(data, "query"))

    def read(self, data: Mapping[str, Any]) -> list[Rollout]:
        """One rollout a query. Raises: Refused with everything that is wrong."""
        queries, prompts = list_of(data, "query"), list_of(data, "prompts")
        labels = list_of(data, "labels") if data.get("labels") is not None else ()
        labels = labels or [None] * len(queries)
        if not len(queries) == len(prompts) == len(labels):
            raise Refused(422, "'query', 'prompts' and 'labels' are of unlike length")
        intake = Intake(self.needs_tokens)
        for place, (query, prompt, label) in enumerate(zip(queries, prompts, labels, strict=True)):
            self._take(intake, query, prompt, label, place)
        return intake.done()

    def write(
        self, data: Mapping[str, Any], rewards: Sequence[Reward], served: Served
    ) -> dict[str, Any]:
        """The rewards; the unshaped scores; and a number for every criterion of the rubric.

        OpenRLHF wants the same keys, each with a number, for every row: in `extra_logs`, and
        nowhere else, a criterion without a verdict counts as 0, and `answered` says the share that
        has one. Raises: Refused (503) where a reward is not there.
        """
        failed = [place for place, one in enumerate(rewards) if one.value is None]
        if failed and self.on_failure is None:
            raise _failed(rewards, failed)
        if failed:
            self.stand_in(len(failed))
        return {
            "rewards": [self._number(one.value) for one in rewards],
            "scores": [self._number(one.score) for one in rewards],
            "extra_logs": _logs(rewards, served.criteria),
        }

    def _number(self, value: float | None) -> float:
        """In place of what is not there, the stand-in; without one, nobody came here."""
        return (self.on_failure or 0.0) if value is None else value

    def _take(self, intake: Intake, query: Any, prompt: Any, label: Any, place: int) -> None:
        at: At = ("query", place)
        if not (isinstance(query, str) and isinstance(prompt, str)):
            intake.blame(at, "the query and its prompt are text")
            return
        completion = completion_of(query, prompt)
        if completion is None:
            intake.blame(
                at,
                "the query does not begin with its prompt",
                "it is the prompt with the completion behind it, as OpenRLHF sends it",
            )
            return
        fields = self._labelled(intake, label, ("labels", place))
        places: dict[str, At] = {"prompt": ("prompts", place)}
        places |= {key: ("labels", place, key) for key in ("criteria", "metadata")}
        places |= {"reference": ("labels", place), "tokens": at}
        fields |= {"prompt": prompt, "completion": without_end(completion, self.end_tokens)}
        intake.take(fields, at, places=places)

    def _labelled(self, intake: Intake, label: Any, at: At) -> dict[str, Any]:
        if self.labels == "reference" or label in (None, ""):
            return {} if label in (None, "") else {"reference": label}
        try:
            read = orjson.loads(label) if isinstance(label, str) else label
        except orjson.JSONDecodeError as error:
            intake.blame(at, f"the label is not JSON: {error.msg}")
            return {}
        if not isinstance(read, dict) or not {"reference", "criteria", "metadata"} >= read.keys():
            intake.blame(at, "a label is a JSON object {reference, criteria, metadata}")
            return {}
        return dict(read)


def _logs(rewards: Sequence[Reward], criteria: Sequence[str]) -> dict[str, list[float]]:
    logs = {"answered": [_answered(one) for one in rewards]}
    for name in criteria:
        logs[f"criterion_{name}"] = [one.values.get(name) or 0.0 for one in rewards]
    return logs


def _answered(one: Reward) -> float:
    there = sum(value is not None for value in one.values.values())
    return there / len(one.values) if one.values else 0.0


def _failed(rewards: Sequence[Reward], failed: Sequence[int]) -> Refused:
    first = rewards[failed[0]]
    return Refused(
        503,
        f"{len(failed)} of {len(rewards)} have no reward: {first.reason}",
        f"query[{failed[0]}]",
        hint="the same request may work later; --on-failure NUMBER gives a stand-in instead",
        headers=_RETRY,
    )
