"""NeMo-Gym's entry: what a resources server's `verify` awaits."""

from __future__ import annotations

from typing import Any

from rlaif.runs.trainers.wired import wired
from rlaif.training.adapters.nemo_gym import NemoGymReward


async def verify(body: Any, **given: Any) -> dict[str, Any]:
    """The fields of the response; see `NemoGymReward.verify`.

    Args: `body`, the BaseVerifyRequest; the others, settings of `wired.OPTIONS`, else the
    environment's. `on_failure` is not asked for: a row without a reward is masked.
    """
    made = wired("NeMo-Gym", given)
    return await NemoGymReward(made.rewarding, made.names, made.terms.again).verify(body)
