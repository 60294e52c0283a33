"""What a judge gives its own model more than others, where the same is right for both.

Own completions may be better or worse than others': then what is right differs, and a judge that
shrinks every answer to the middle would seem to prefer the weaker side. So completions are compared
within strata: one criterion, and one of five steps of what is right.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rlaif.grading.audit_tally import RESAMPLES

_STEPS = 4
"""What is right is taken to the nearest of 0, 1/4, 1/2, 3/4 and 1."""
_DEFINED = 0.9
"""The least share of the draws in which there is something to compare."""

Stratum = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Given:
    """What the judge gave one completion on one criterion."""

    prompt: str
    own: bool
    """Whether the completion is of the judge's own model."""
    stratum: Stratum
    value: float
    """In [0, 1]."""


def stratum_of(criterion: str, right: float) -> Stratum:
    """Where a completion is compared. Args: `right`, in [0, 1]."""
    return criterion, round(right * _STEPS)


def comparable(given: Sequence[Given]) -> list[Given]:
    """Those whose stratum has both sides."""
    both = {one.stratum for one in given if one.own} & {x.stratum for x in given if not x.own}
    return [one for one in given if one.stratum in both]


def others_mean(given: Iterable[Given]) -> dict[Stratum, float]:
    """What others' completions got, on average, by stratum."""
    sums = _Sums()
    for one in given:
        sums.add(one)
    return {name: cell.others / cell.of_others for name, cell in sums.cells.items() if cell.both}


def own_excess(given: Iterable[Given]) -> float | None:
    """The mean of what own completions got beyond others' mean in their stratum, in [-1, 1].

    None where no stratum has both sides.
    """
    sums = _Sums()
    for one in given:
        sums.add(one)
    return sums.excess()


def own_interval(given: Iterable[Given], seed: int) -> tuple[float, float] | None:
    """95% of `own_excess`, by the percentiles of a bootstrap over whole prompts.

    None with fewer than two prompts, or where too many draws have nothing to compare.
    """
    prompts: dict[str, _Sums] = {}
    for one in given:
        prompts.setdefault(one.prompt, _Sums()).add(one)
    if len(prompts) < 2:
        return None
    draw = random.Random(seed)  # noqa: S311 - no secret
    groups = [prompts[name] for name in sorted(prompts)]
    drawn = (_together(draw.choices(groups, k=len(groups))) for _ in range(RESAMPLES))
    found = sorted(value for value in drawn if value is not None)
    if len(found) < _DEFINED * RESAMPLES:
        return None
    return found[round(0.025 * (len(found) - 1))], found[round(0.975 * (len(found) - 1))]


@dataclass(slots=True)
class _Cell:
    own: float = 0.0
    of_own: int = 0
    others: float = 0.0
    of_others: int = 0

    @property
    def both(self) -> bool:
        return bool(self.of_own and self.of_others)


@dataclass(slots=True)
class _Sums:
    cells: dict[Stratum, _Cell] = field(default_factory=dict)

    def add(self, one: Given) -> None:
        cell = self.cells.setdefault(one.stratum, _Cell())
        if one.own:
            cell.own += one.value
            cell.of_own += 1
        else:
            cell.others += one.value
            cell.of_others += 1

    def merge(self, other: _Sums) -> None:
        for name, cell in other.cells.items():
            mine = self.cells.setdefault(name, _Cell())
            mine.own += cell.own
            mine.of_own += cell.of_own
            mine.others += cell.others
            mine.of_others += cell.of_others

    def excess(self) -> float | None:
        both = [cell for cell in self.cells.values() if cell.both]
        count = sum(cell.of_own for cell in both)
        if not count:
            return None
        return sum(cell.own - cell.of_own * cell.others / cell.of_others for cell in both) / count


def _together(groups: Iterable[_Sums]) -> float | None:
    whole = _Sums()
    for one in groups:
        whole.merge(one)
    return whole.excess()
