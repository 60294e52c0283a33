"""verl's custom reward function (0.9): `compute_score(data_source, solution_str, ...) -> dict`.

verl hands over one completion at a time, as text without special tokens. The prompt comes in
`extra_info`: as `raw_prompt`, which verl's agent loop puts there, else as the data set's `prompt`
or `question`. It takes the keys of the first dict for those of all, averages numbers in validation
and leaves None out of the mean; so a criterion without a verdict is None, and not 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rlaif.errors import InputError
from rlaif.ports import Rewarding
from rlaif.records.reward import Rollout
from rlaif.training.adapters.handed import handed
from rlaif.training.adapters.logged import by_criterion, own_criteria
from rlaif.training.adapters.plain import merged
from rlaif.training.adapters.settled import Settled, Terms, settled, settled_sync

_PROMPTS = ("raw_prompt", "prompt", "question")


class VerlReward:
    """`compute_score` over a `Rewarding`."""

    def __init__(
        self, rewarding: Rewarding, names: Sequence[str] = (), terms: Terms | None = None
    ) -> None:
        """Args: `names`, the ids of the rubric's criteria and sections."""
        self._rewarding, self._names, self._terms = rewarding, tuple(names), terms or Terms()

    async def compute_score(
        self, solution_str: str, ground_truth: Any, extra_info: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """See `_told` for the keys.

        Raises: InputError where there is no prompt; JudgeUnavailable where there is no reward.
        """
        rollout = _rollout(solution_str, ground_truth, extra_info or {})
        (made,) = await settled(self._rewarding, [rollout], self._terms)
        return self._told(made)

    def compute_score_sync(
        self, solution_str: str, ground_truth: Any, extra_info: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """As `compute_score`; it blocks, which verl does in a thread."""
        rollout = _rollout(solution_str, ground_truth, extra_info or {})
        (made,) = settled_sync(self._rewarding, [rollout], self._terms)
        return self._told(made)

    def _told(self, made: Settled) -> dict[str, Any]:
        """`score` is the reward; `failed` says that it is a stand-in."""
        return {
            "score": made.value,
            "rubric_score": made.reward.score,
            "failed": float(made.failed),
            "reason": made.reward.reason,
            **by_criterion(made.reward, self._names),
            "own_criteria": own_criteria(made.reward, self._names),
        }


def _rollout(completion: str, ground_truth: Any, extra: Mapping[str, Any]) -> Rollout:
    prompt = next((extra[name] for name in _PROMPTS if extra.get(name) is not None), None)
    if prompt is None:
        raise InputError(
            "verl hands over no prompt: extra_info has none of " + ", ".join(_PROMPTS) + "\n"
            "  hint: write each row's prompt to its extra_info.prompt when you make the data set"
        )
    stated = merged({"reference": ground_truth}, extra)
    return handed("verl", prompt=prompt, completion=completion, stated=stated)
