"""What a reward is made of, by names that are the same for every completion.

Trainers take the names of the first completion for those of all. So the rubric's own criteria and
sections are named always, and what a prompt brings along stands together in one text.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from rlaif.records.reward import Reward


def key(name: str) -> str:
    """A criterion's name in a trainer's log, which has names of its own."""
    return f"criterion_{name}"


def by_criterion(reward: Reward, names: Sequence[str]) -> dict[str, float | None]:
    """The value of each of `names`, in [0, 1]; None where there is no verdict."""
    return {key(name): reward.values.get(name) for name in names}


def own_criteria(reward: Reward, names: Sequence[str]) -> str:
    """The values of what the prompt brought along, as JSON text; `{}` where it brought nothing."""
    known = set(names)
    return orjson.dumps({k: v for k, v in reward.values.items() if k not in known}).decode()


def there(reward: Reward) -> dict[str, float]:
    """Those values that there are, by their names in a log."""
    return {key(name): value for name, value in reward.values.items() if value is not None}


def answered(reward: Reward) -> float:
    """The share of criteria and sections that have a value, in [0, 1]."""
    if not reward.values:
        return 0.0
    return sum(value is not None for value in reward.values.values()) / len(reward.values)
