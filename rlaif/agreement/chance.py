"""Agreement beyond chance, of judge and people or of people among themselves, with intervals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rlaif.agreement.bootstrap import Drawn, Plan, Slot, Sums
from rlaif.agreement.compared import only, ordered, scale
from rlaif.agreement.intervals import interval
from rlaif.agreement.people import both, by_pair, with_judge
from rlaif.agreement.rated import Rated
from rlaif.agreement.tables import Parts, added, coefficient, cohen, distances, gwet, krippendorff
from rlaif.records.agreement import Figure

_ONE_ANSWER = "all answers are alike: agreement beyond chance cannot be told"
_NO_ORDER = "the answers of a criterion have no order"


_WEIGHTED = ("weighted_kappa", 2, cohen), ("linear_kappa", 1, cohen), ("ac2", 2, gwet)
_STEADY = frozenset({"ac1", "ac2"})
"""Gwet's: 1 where all answers are alike, for chance would not make them so."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Where the tables of one criterion lie among the sums."""

    rated: Rated
    tables: tuple[Slot, ...]
    """(K, K) for each two who answered."""
    coincidences: Slot
    """Of all who did, for alpha."""

    def of(self, drawn: Drawn) -> Tables:
        """The tables themselves."""
        on_scale = scale(self.rated) if ordered(self.rated) else len(self.rated.categories)
        tables = tuple(drawn[slot] for slot in self.tables)
        told = drawn[self.coincidences][..., :on_scale, :on_scale]
        return Tables(self.rated.ordinal, ordered(self.rated), scale(self.rated), tables, told)


@dataclass(frozen=True, slots=True)
class Tables:
    """Tables of one criterion, (rows, K, K) each; rows as the plan of the draws says."""

    ordinal: bool
    ordered: bool
    """Three answers or more that are in an order."""
    scale: int
    each: tuple[Any, ...]
    coincidences: Any
    """Of answers on the scale alone, where they are in an order."""


def of_judge(sums: Sums, rated: Rated) -> Answers:
    """One table: people against the judge; coincidences of the judge and all people."""
    kinds = len(rated.categories)
    slot = sums.add(rated.cluster, rated.human * kinds + rated.judge, (kinds, kinds))
    return Answers(rated, (slot,), _coincidences(sums, with_judge(rated)))


def of_people(sums: Sums, rated: Rated) -> Answers:
    """A table for each two people."""
    kinds, rows = len(rated.categories), both(rated)
    cell = rated.human[rows.one] * kinds + rated.human[rows.other]
    cluster = rated.cluster[rows.one]
    slots = [sums.add(cluster[at], cell[at], (kinds, kinds)) for at in by_pair(rated, rows)]
    return Answers(rated, tuple(slots), _coincidences(sums, rated))


def _coincidences(sums: Sums, rated: Rated) -> Slot:
    """Each two answers to a sample, both ways; of answers in an order, those on the scale."""
    kinds = len(rated.categories)
    there = only(rated, rated.human < scale(rated)) if ordered(rated) else rated
    rows = both(there)
    one, other = there.human[rows.one], there.human[rows.other]
    cells = np.concatenate([one * kinds + other, other * kinds + one])
    cluster, weight = (np.tile(column, 2) for column in (there.cluster[rows.one], rows.weight))
    return sums.add(cluster, cells, (kinds, kinds), weight)


def beyond_chance(
    several: Sequence[Tables], accuracy: Figure, plan: Plan
) -> Iterator[tuple[str, Figure]]:
    """Kappa, AC1 and alpha; for levels weighted kappas and AC2 too.

    weighted_kappa and ac2 have quadratic weights, linear_kappa linear ones.
    """
    tables = [table for one in several for table in one.each]
    wanted = {
        "kappa": [cohen(table, distances(table.shape[-1])) for table in tables],
        "ac1": [gwet(table, distances(table.shape[-1])) for table in tables],
        "alpha": [krippendorff(one.coincidences, one.ordered) for one in several],
    }
    alike = all(_one_answer(table[0]) for table in tables)
    for name, parts in wanted.items():
        yield name, _figure(parts, accuracy, plan, alike and name not in _STEADY)
    if any(one.ordered for one in several):
        yield from _weighted(several, accuracy, plan)


def _weighted(
    several: Sequence[Tables], accuracy: Figure, plan: Plan
) -> Iterator[tuple[str, Figure]]:
    """Where answers that are near each other are half right."""
    for name, power, parts in _WEIGHTED:
        if not all(one.ordinal for one in several):
            yield name, Figure(None, why=_NO_ORDER)
            continue
        tables = [table[..., : one.scale, : one.scale] for one in several for table in one.each]
        found = [parts(table, distances(table.shape[-1], power)) for table in tables]
        alike = all(_one_answer(table[0]) for table in tables)
        yield name, _figure(found, accuracy, plan, alike and name not in _STEADY)


def _one_answer(table: Any) -> bool:
    """Whether everybody always gave the same answer."""
    return int(np.count_nonzero(table.sum(0) + table.sum(1))) <= 1


def _figure(several: Iterable[Parts], accuracy: Figure, plan: Plan, one_answer: bool) -> Figure:
    """One coefficient; where nobody disagreed, with the lower end that accuracy's one makes."""
    parts = added(several)
    values = coefficient(parts)
    if one_answer or not np.isfinite(values[0]):
        return Figure(None, why=_ONE_ANSWER)
    if parts.observed[0] > 0:
        return interval(values, plan)
    found = interval(values, plan)
    if accuracy.low is None:
        return Figure(1.0, why=found.why or accuracy.why)
    # Every draw of labels without a disagreement has none either: that is no certainty
    by_chance = float(parts.expected[0] / parts.total[0])
    return Figure(1.0, max(-1.0, 1 - (1 - accuracy.low) / by_chance), 1.0)
