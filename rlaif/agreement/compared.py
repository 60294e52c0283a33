"""The rows that a person and the judge both answered, with prompts numbered over all criteria."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rlaif.agreement.rated import MISSING, NA, Rated

_COLUMNS = (
    "cluster", "sample", "annotator", "human", "judge", "shares", "label_mass", "length",
    "score_value", "human_value",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """The rows of one criterion or several."""

    several: tuple[Rated, ...]
    """Only rows that are compared; `cluster` counts from 0, the same prompt alike in each."""
    clusters: int
    unanswered: int
    """Rows of people where the judge gave no answer."""
    categories: tuple[str, ...]
    """Of all criteria; empty where they are not answered alike."""

    @property
    def rows(self) -> int:
        """How many there are."""
        return sum(len(one.human) for one in self.several)

    def distinct(self, column: str) -> int:
        """How many values a column has."""
        return len(np.unique(self.all(column)))

    def all(self, column: str) -> Any:
        """A column of all criteria, one after the other."""
        return np.concatenate([getattr(one, column) for one in self.several])


def compared(several: Sequence[Rated]) -> Compared:
    """What can be compared. Args: one criterion at least. Raises: ValueError without any."""
    if not several:
        raise ValueError("there is no criterion to measure")
    people = [only(one, one.human != MISSING) for one in several]
    kept = [only(one, one.judge != MISSING) for one in people]
    unanswered = sum(len(one.human) for one in people) - sum(len(one.human) for one in kept)
    return _numbered(kept, unanswered, _alike(several))


def among_people(found: Compared) -> Compared:
    """The rows of samples that two people answered or more, with their prompts alone."""
    return _numbered([only(one, _by_two(one)) for one in found.several], 0, found.categories)


def _by_two(rated: Rated) -> Any:
    _, place = np.unique(rated.sample, return_inverse=True)
    pairs = np.unique(np.column_stack([place, rated.annotator]), axis=0)
    return np.bincount(pairs[:, 0])[place] > 1


def _numbered(several: Sequence[Rated], unanswered: int, categories: tuple[str, ...]) -> Compared:
    prompts = np.unique(np.concatenate([one.cluster for one in several]))
    numbered = tuple(replace(one, cluster=np.searchsorted(prompts, one.cluster)) for one in several)
    return Compared(numbered, len(prompts), unanswered, categories)


def only(rated: Rated, kept: Any) -> Rated:
    """The rows that are kept. Args: `kept`, (n,) bool."""
    return replace(rated, **{name: getattr(rated, name)[kept] for name in _COLUMNS})


def scale(rated: Rated) -> int:
    """How many categories lie on the scale: all but "does not apply", which is the last."""
    return len(rated.categories) - (rated.categories[-1:] == (NA,))


def ordered(rated: Rated) -> bool:
    """Whether some answers are further apart than others."""
    return rated.ordinal and scale(rated) > 2


def yes_or_no(categories: tuple[str, ...]) -> bool:
    """Whether there are two answers, of which the second is the one that is looked for."""
    return len([name for name in categories if name != NA]) == 2


def _alike(several: Sequence[Rated]) -> tuple[str, ...]:
    """The categories of all; "does not apply" may be in some of them only."""
    known = {one.categories[: scale(one)] for one in several}
    return max((one.categories for one in several), key=len) if len(known) == 1 else ()
