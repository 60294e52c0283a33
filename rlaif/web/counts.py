"""What a server has done, counted: for its metrics. Knows no library that shows them."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import get_args

from rlaif.records.outcome import Stage
from rlaif.records.reward import Reward

BOUNDS_S = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
"""Upper bounds of the histogram of seconds."""
_STAGES = frozenset(get_args(Stage))


@dataclass(slots=True)
class Histogram:
    """Seconds that requests took."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))
    """One a bound, and one for what is above all."""
    sum_s: float = 0.0

    def add(self, seconds: float) -> None:
        """Note one request."""
        self.counts[bisect_left(BOUNDS_S, seconds)] += 1
        self.sum_s += seconds


@dataclass(slots=True)
class Counts:
    """All of it, from the server's start."""

    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    """By form and status; 499 is a caller who went away."""
    samples: Counter[str] = field(default_factory=Counter)
    """Completions that were graded or tried, by form."""
    failures: Counter[str] = field(default_factory=Counter)
    """Completions without a reward: by the stage of the first failure, or `deadline`, or what else
    the reason was."""
    stand_ins: int = 0
    seconds: dict[str, Histogram] = field(default_factory=dict)
    """Of requests that were answered with rewards, by form."""
    in_flight: int = 0
    """Requests under way."""

    def answered(self, form: str, rewards: Sequence[Reward]) -> None:
        """Note the rewards of one request."""
        self.samples[form] += len(rewards)
        self.failures.update(stage_of(one) for one in rewards if one.value is None)

    def took(self, form: str, status: int, seconds: float) -> None:
        """Note that a request is over."""
        self.requests[form, status] += 1
        if status == 200:
            self.seconds.setdefault(form, Histogram()).add(seconds)


def stage_of(reward: Reward) -> str:
    """Why there is no reward, in one word of few."""
    for message in reward.messages:  # `criterion: stage: what`
        stage = message.partition(": ")[2].partition(":")[0]
        if stage in _STAGES:
            return stage
    return reward.reason.partition(":")[0] or "unknown"
