"""ART's entry: `gather_trajectory_groups(..., after_each=score_group)`."""

from __future__ import annotations

from typing import Any

from rlaif.runs.trainers.wired import wired
from rlaif.training.adapters.art import ArtReward


async def score_group(group: Any, **given: Any) -> Any | None:
    """The group with its rewards, less those that have none; see `ArtReward.score_group`.

    Args: `group`, a TrajectoryGroup; the others, settings of `wired.OPTIONS`, else the
    environment's.
    """
    made = wired("ART", given, groups=True)
    return await ArtReward(made.rewarding, made.terms).score_group(group)
