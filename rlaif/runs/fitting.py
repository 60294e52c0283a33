"""Rows of samples, or of pairs, against a rubric: what does not fit has a problem more."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TypeVar

from rlaif.errors import Problem
from rlaif.records.base import Fault
from rlaif.records.rubric import Rubric
from rlaif.records.sample import Sample
from rlaif.runs.fit import misfit
from rlaif.runs.forgeable import forgery
from rlaif.runs.needs import Needs
from rlaif.storage.pair_rows import PairRow
from rlaif.storage.samples import Row

_Row = TypeVar("_Row", Row, PairRow)


class FittingRows:
    """Rows of samples."""

    def __init__(
        self, rows: Iterable[Row], rubric: Rubric, accepted: Collection[str] | None = None
    ) -> None:
        """Wrap `rows`.

        Args: `accepted`, the forgeable criteria that may be used; None where all may.
        """
        self._rows, self._look = rows, _Look(rubric, accepted)
        self.needs = self._look.needs
        """Known in full once all rows have been read."""

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            fault = self._look.at(row.sample) if row.sample else None
            yield _faulty(row, fault) if fault else row


class FittingPairs:
    """Rows of pairs."""

    def __init__(
        self, rows: Iterable[PairRow], rubric: Rubric, accepted: Collection[str] | None = None
    ) -> None:
        """Wrap `rows`. Args: as of FittingRows."""
        self._rows, self._look = rows, _Look(rubric, accepted)
        self.needs = self._look.needs
        """Known in full once all rows have been read."""

    def __iter__(self) -> Iterator[PairRow]:
        for row in self._rows:
            fault = self._look.at(row.pair.sample("a")) if row.pair else None
            yield _faulty(row, fault) if fault else row


class _Look:
    """One rubric, and what was seen of what comes to it."""

    def __init__(self, rubric: Rubric, accepted: Collection[str] | None) -> None:
        self._rubric, self._accepted = rubric, accepted
        self.needs = Needs(rubric.items)

    def at(self, sample: Sample) -> Fault | None:
        """What keeps the sample from being graded; what its own criteria need is noted."""
        self.needs.add(sample.criteria)
        fault = misfit(sample, self._rubric)
        if fault or self._accepted is None:
            return fault
        return forgery(sample.criteria, self._accepted)


def _faulty(row: _Row, fault: Fault) -> _Row:
    problem = Problem(row.path, row.line, 1, fault.message, fault.hint)
    return type(row)(row.path, row.line, None, (*row.problems, problem))
