"""OpenRLHF's reward function (0.11): `reward_func(queries, prompts, labels) -> dict`.

A query is the prompt with the completion behind it, decoded with special tokens. OpenRLHF calls it
for one query, in a thread. It makes tensors of what comes back: lists of numbers, the same keys for
every completion, and no None. An error that is raised here it only notes; it then has no reward for
the row and stops later, with another error, so that this one is logged before.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from rlaif.errors import InputError, RlaifError
from rlaif.ports import Rewarding
from rlaif.records.reward import Rollout
from rlaif.training.adapters.handed import handed
from rlaif.training.adapters.logged import answered, key
from rlaif.training.adapters.plain import labelled
from rlaif.training.adapters.query import completion_of, without_end
from rlaif.training.adapters.settled import Settled, Terms, settled_sync

_LOG = logging.getLogger(__name__)
END_TOKENS = (
    *("<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end_of_text|>", "</s>", "<|end|>"),
    *("<end_of_turn>", "<eos>", "<|return|>", "<\uff5cend\u2581of\u2581sentence\uff5c>"),
)
"""What ends a turn in the chat formats that are common; taken off the end of a completion."""


class OpenrlhfReward:
    """`reward_func` over a `Rewarding`."""

    def __init__(
        self,
        rewarding: Rewarding,
        names: Sequence[str] = (),
        terms: Terms | None = None,
        end_tokens: Sequence[str] = END_TOKENS,
    ) -> None:
        """Args: `names`, the ids of the rubric's criteria and sections."""
        self._rewarding, self._names, self._terms = rewarding, tuple(names), terms or Terms()
        self._end_tokens = tuple(end_tokens)

    def reward_func(
        self, queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Any]
    ) -> dict[str, Any]:
        """Lists of numbers, one a query.

        In `extra_logs` a criterion without a verdict counts as 0, and `answered` is the share of
        criteria that have one.
        Raises: InputError where a query cannot be graded; JudgeUnavailable where one has no reward.
        """
        try:
            rollouts = [self._rollout(*row) for row in zip(queries, prompts, labels, strict=True)]
            made = settled_sync(self._rewarding, rollouts, self._terms)
        except RlaifError as error:
            _LOG.error("OpenRLHF gets no reward: %s", error)
            raise
        return {
            "rewards": [one.value for one in made],
            "scores": [one.value if one.reward.score is None else one.reward.score for one in made],
            "extra_logs": self._logs(made),
        }

    def _logs(self, made: Sequence[Settled]) -> Mapping[str, list[float]]:
        named = {
            key(name): [one.reward.values.get(name) or 0.0 for one in made] for name in self._names
        }
        return {
            "failed": [float(one.failed) for one in made],
            "answered": [answered(one.reward) for one in made],
            **named,
        }

    def _rollout(self, query: str, prompt: str, label: Any) -> Rollout:
        stated = labelled(label)
        completion = without_end(_completion(query, prompt), self._end_tokens)
        return handed(
            "OpenRLHF",
            prompt=stated.get("prompt") or prompt,
            completion=completion,
            stated=stated,
        )


def _completion(query: str, prompt: str) -> str:
    """What stands behind the prompt. Raises: InputError where the prompt is not there."""
    found = completion_of(query, prompt)
    if found is None:
        raise InputError(
            "a query of OpenRLHF does not begin with its prompt: its tokenizer does not give the "
            "same text back"
        )
    return found
