"""ART's trajectories (0.5): a reward and metrics for each of a group.

ART's advantage is the reward less its group's mean, so that a trajectory without a reward is left
out of its group, and takes no part in the mean. A group without any is None, which
`gather_trajectory_groups(after_each=...)` drops.
"""

from __future__ import annotations

import copy
import itertools
import logging
from collections.abc import Sequence
from typing import Any

from rlaif.errors import InputError
from rlaif.ports import Rewarding
from rlaif.records.reward import Reward, Rollout
from rlaif.training.adapters.handed import handed
from rlaif.training.adapters.logged import there
from rlaif.training.adapters.plain import plain
from rlaif.training.adapters.settled import Terms, asked, why

_LOG = logging.getLogger(__name__)
_GROUPS = itertools.count()
_STATED = ("reference", "criteria", "group_id", "baseline")


class ArtReward:
    """Scores groups of trajectories over a `Rewarding`."""

    def __init__(self, rewarding: Rewarding, terms: Terms | None = None) -> None:
        """Args: `terms`, whose stand-in keeps a trajectory that has no reward in its group."""
        self._rewarding, self._terms = rewarding, terms or Terms()

    async def score_group(self, group: Any) -> Any | None:
        """The group anew, with `reward` and `metrics` set, less those without a reward.

        Args: `group`, a TrajectoryGroup, or what has `trajectories` likewise; it stays as it was.
        Raises: InputError for a trajectory that cannot be graded.
        """
        name = f"art {next(_GROUPS)}"
        rollouts = [_rollout(one, name) for one in group.trajectories]
        rewards = await asked(self._rewarding, rollouts, self._terms.again) if rollouts else []
        made = copy.copy(group)
        made.trajectories = [
            _rewarded(old, value, reward)
            for old, rollout, reward in zip(group.trajectories, rollouts, rewards, strict=True)
            if (value := self._value(rollout, reward)) is not None
        ]
        return made if made.trajectories else None

    def _value(self, rollout: Rollout, reward: Reward) -> float | None:
        if reward.value is not None:
            return reward.value
        stand_in = self._terms.on_failure
        told = "it is left out" if stand_in is None else f"{stand_in:g} stands in for it"
        _LOG.warning("a trajectory has no reward, %s: %s", told, why(rollout, reward))
        return stand_in


def _rewarded(old: Any, value: float, reward: Reward) -> Any:
    made = copy.copy(old)
    made.reward = value
    score = {} if reward.score is None else {"rubric_score": reward.score}
    failed = {"failed": float(reward.value is None)}
    made.metrics = {**old.metrics, **score, **failed, **there(reward)}
    return made


def _rollout(trajectory: Any, group: str) -> Rollout:
    turns = list(trajectory.messages_and_choices)
    first = _first(turns)
    if getattr(trajectory, "additional_histories", None):
        raise InputError("a trajectory with additional histories cannot be graded yet")
    last = turns[-1]
    metadata = dict(trajectory.metadata)
    return handed(
        "ART",
        prompt=[_message(turn) for turn in turns[:first]],
        completion=[_message(turn) for turn in turns[first:]],
        stated={name: metadata.get(name) for name in _STATED},
        cut=getattr(last, "finish_reason", None) == "length",
        group=group,
    )


def _first(turns: Sequence[Any]) -> int:
    """Where the policy begins: its first choice, else the first message that it is said to have.

    Raises: InputError where it said nothing.
    """
    choices = [place for place, turn in enumerate(turns) if hasattr(turn, "message")]
    said = [
        place
        for place, turn in enumerate(turns)
        if isinstance(turn, dict) and turn.get("role") == "assistant"
    ]
    if not (choices or said):
        raise InputError("a trajectory holds no message of the policy")
    return (choices or said)[0]


def _message(turn: Any) -> Any:
    return plain(getattr(turn, "message", turn))
