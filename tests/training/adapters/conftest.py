"""A `Rewarding` that answers from a list, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from rlaif.records.reward import Reward, Rollout

MISSING = Reward(
    None, None, "failed:polite", {"polite": None, "short": 1.0}, ("polite: backend: no",)
)


def good(value: float = 0.75, **more: float | None) -> Reward:
    """A reward of `value`, made of two criteria unless told otherwise."""
    return Reward(value, 0.5, "", more or {"polite": 1.0, "short": None})


class Scripted:
    """Gives one prepared reward a rollout, the last one over and over."""

    def __init__(self, rewards: Sequence[Reward]) -> None:
        self._rewards = list(rewards)
        self.asked: list[list[Rollout]] = []

    @property
    def rollouts(self) -> list[Rollout]:
        """All that was asked, in order."""
        return [rollout for call in self.asked for rollout in call]

    async def rewards(self, rollouts: Sequence[Rollout]) -> list[Reward]:
        return self.rewards_sync(rollouts)

    def rewards_sync(self, rollouts: Sequence[Rollout]) -> list[Reward]:
        self.asked.append(list(rollouts))
        return [
            self._rewards.pop(0) if len(self._rewards) > 1 else self._rewards[0] for _ in rollouts
        ]

    def close(self) -> None:
        """Nothing is held."""


MakeRewarding = Callable[..., Scripted]


@pytest.fixture
def rewarding() -> MakeRewarding:
    """`rewarding(reward, ...)`: a good one if none is given."""
    return lambda *rewards: Scripted(rewards or [good()])


@pytest.fixture
def missing() -> Reward:
    """What a failure of the judge looks like."""
    return MISSING


@pytest.fixture
def reward() -> Callable[..., Reward]:
    """`reward(0.75, polite=1.0)`."""
    return good
