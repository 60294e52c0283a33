"""A rubric's criteria in groups, each a reward function of its own that shares one grading."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rlaif.errors import InputError
from rlaif.grading.combine import combine
from rlaif.records.base import nearest
from rlaif.records.criterion import Item, Section, walk
from rlaif.records.identity import digest
from rlaif.records.reward import Rollout
from rlaif.records.rubric import Rubric
from rlaif.records.sample import sample_digest
from rlaif.records.shaping import Shaping
from rlaif.runs.reward_log import log_rewards
from rlaif.runs.rewarding import Rewarder
from rlaif.runs.worth import Graded, as_rewards

Form = Callable[
    [Sequence[Any], Sequence[Any], Sequence[Sequence[int]] | None, Mapping[str, Any]],
    list[Rollout],
]
"""Makes rollouts of a trainer's prompts, completions, their ids and its other columns."""


def dimension_groups(
    rubric: Rubric, groups: Mapping[str, Sequence[str]] | None
) -> dict[str, tuple[str, ...]]:
    """Ids of the items of each dimension, by its name.

    Raises: InputError for an id that the rubric does not have or that stands twice, and a rubric
    whose criteria come from the samples: dimensions are a fixed set.
    """
    top = [_name(item) for item in rubric.items]
    if groups is None:
        if not top:
            raise InputError("the rubric has no criteria of its own: name the dimensions")
        return {name: (name,) for name in top}
    known = [_name(item) for item in walk(rubric.items)]
    taken: set[str] = set()
    for name, ids in groups.items():
        if not ids:
            raise InputError(f"the dimension '{name}' has no criteria")
        for one in ids:
            if one not in known:
                raise InputError(
                    f"the dimension '{name}' names '{one}', which the rubric does not have\n"
                    f"  hint: {nearest(one, known)}"
                )
            if one in taken:
                raise InputError(f"'{one}' stands in two dimensions, or twice in one")
            taken.add(one)
    return {name: tuple(ids) for name, ids in groups.items()}


class Shared:
    """One grading for all dimensions: the first that asks begins it, the last takes it away."""

    def __init__(self, rewarder: Rewarder, takers: int) -> None:
        """Args: `takers`, how many functions ask for each batch."""
        self.rewarder, self._takers = rewarder, takers
        self._under_way: dict[str, list[_Batch]] = {}

    async def graded(
        self, rollouts: Sequence[Rollout], taker: int
    ) -> tuple[list[Graded | None], bool]:
        """What became of each rollout; and whether this is the first to be told.

        Args: `taker`, which of the functions asks; one that asks again for the same batch begins
        anew, as a trainer does that was stopped between two functions.
        Raises: as `Rewarder.graded`, for every taker.
        """
        key = digest(*(sample_digest(one.sample) for one in rollouts))
        batches = self._under_way.setdefault(key, [])
        batch = next((one for one in batches if taker not in one.takers), None)
        if batch is None:
            self._drop_stale(key)
            batch = _Batch(asyncio.ensure_future(self.rewarder.graded(rollouts)))
            self._under_way.setdefault(key, []).append(batch)
        batch.takers.add(taker)
        first = len(batch.takers) == 1
        if len(batch.takers) == self._takers:
            self._drop(key, batch)
        return await asyncio.shield(batch.grading), first

    def _drop(self, key: str, batch: _Batch) -> None:
        left = [one for one in self._under_way[key] if one is not batch]
        if left:
            self._under_way[key] = left
        else:
            del self._under_way[key]

    def _drop_stale(self, now: str) -> None:
        """A trainer that was stopped between two functions leaves batches behind."""
        for key, batches in list(self._under_way.items()):
            left = [one for one in batches if not one.grading.done()]
            if left:
                self._under_way[key] = left
            elif key != now or batches:
                del self._under_way[key]

    def __getstate__(self) -> dict[str, Any]:
        """Without what is under way."""
        return {"rewarder": self.rewarder, "_takers": self._takers}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Nothing is under way."""
        self.__dict__.update(state)
        self._under_way = {}


@dataclass(slots=True, eq=False)
class _Batch:
    grading: asyncio.Future[list[Graded | None]]
    takers: set[int] = field(default_factory=set)


class Dimension:
    """A reward function of some of the criteria. Made by `RubricReward.per_dimension`."""

    def __init__(
        self, name: str, number: int, ids: tuple[str, ...], shared: Shared, form: Form
    ) -> None:
        """Args: `number` among the dimensions; `ids` of items; `form` makes rollouts of a call."""
        self.__name__ = name
        self._number, self._ids, self._shared, self._form = number, ids, shared, form

    async def __call__(
        self,
        prompts: Sequence[Any],
        completions: Sequence[Any],
        completion_ids: Sequence[Sequence[int]] | None = None,
        *,
        log_extra: Any = None,
        log_metric: Any = None,
        trainer_state: Any = None,
        **columns: Any,
    ) -> list[float | None]:
        """The dimension's value for each row, None where it has none.

        Raises: as `RubricReward`.
        """
        rollouts = self._form(prompts, completions, completion_ids, columns)
        graded, first = await self._shared.graded(rollouts, self._number)
        if first:
            name = self.__name__.rpartition("/")[0]
            rubric = self._shared.rewarder.rubric
            rewards = as_rewards(rollouts, graded, [], Shaping(), rubric)
            log_rewards(name, rubric, rewards, log_extra, log_metric)
        return [dimension_value(one, self._ids) for one in graded]


def dimension_value(graded: Graded | None, ids: Sequence[str]) -> float | None:
    """What the rubric's arithmetic gives for some of its items alone, in [0, 1].

    0 where the prescreen or a gate of the rubric decides; None where anything failed, also outside
    the dimension, or nothing applies.
    """
    if graded is None or graded.grade.score is None:
        return None
    if graded.grade.reason.startswith(("gate:", "prescreen:")):
        return 0.0
    items = [item for item in walk(graded.items) if _name(item) in ids]
    return combine(items, {one.criterion: one for one in graded.grade.outcomes}).score


def _name(item: Item) -> str:
    return item.section if isinstance(item, Section) else item.id
