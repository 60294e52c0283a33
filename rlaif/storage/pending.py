"""What is still to be graded, with the verdicts that need not be asked for again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from rlaif.records.outcome import Verdict
from rlaif.records.sample import Sample
from rlaif.storage import queries
from rlaif.storage.database import NARROW, database
from rlaif.storage.failures import Failed, Retry, narrow
from rlaif.storage.grade_table import verdicts_by_key
from rlaif.storage.part_rows import rows_at
from rlaif.storage.queries import Which
from rlaif.storage.sample_table import read_kept


@dataclass(frozen=True, slots=True)
class Pending:
    """A sample to grade."""

    sample: Sample
    sample_hash: str
    attempt: int
    """From 1: the number of the attempt that is to be made."""
    prior: dict[str, Verdict] = field(default_factory=dict)
    """Earlier verdicts on samples of this id by their key, whatever they were graded under."""


def pending_samples(
    samples: Sequence[Path],
    grades: Sequence[Path],
    under: str,
    retry_failed: Retry,
    which: Which = "all",
) -> Iterator[Pending]:
    """Samples with no effective grade under `under` in input order; failed ones too, or alone.

    Streams: neither the samples nor the verdicts have to fit in memory.
    """
    if not grades and isinstance(retry_failed, Failed):
        return
    if not grades and which == "all":
        for _, sample_hash, sample in read_kept(samples):
            yield Pending(sample, sample_hash, 1)
        return
    with database(NARROW, samples=samples, grades=grades) as connection:
        queries.find_pending(connection, under, bool(retry_failed), which)
        if isinstance(retry_failed, Failed):
            narrow(connection, under, retry_failed)
        attempts: list[int] = []
        places = queries.prior_places(connection, twins=which != "all")
        prior = _Priors(rows_at(grades, places, verdicts_by_key))
        for ordinal, sample_hash, sample in read_kept(samples, _noted(connection, attempts)):
            yield Pending(sample, sample_hash, attempts.pop(0), prior.at(ordinal))


def how_many_pending(
    samples: Sequence[Path], grades: Sequence[Path], under: str, retry: Retry
) -> int:
    """How many samples `pending_samples` would give."""
    if not grades and isinstance(retry, Failed):
        return 0
    with database(NARROW, samples=samples, grades=grades) as connection:
        queries.find_pending(connection, under, bool(retry))
        if isinstance(retry, Failed):
            narrow(connection, under, retry)
        return queries.pending_count(connection)


def _noted(connection: Any, attempts: list[int]) -> Iterator[int]:
    """The pending ordinals; each one's attempt is put into `attempts` as it is handed out."""
    for ordinal, attempt in queries.pending_ordinals(connection):
        attempts.append(attempt)
        yield ordinal


class _Priors:
    """Earlier verdicts in the order of the input, asked for by rising ordinals."""

    def __init__(self, found: Iterator[tuple[int, dict[str, Verdict]]]) -> None:
        """Take the verdicts of each earlier grade by their key, with the sample's ordinal."""
        self._groups = groupby(found, key=itemgetter(0))
        self._next: tuple[int, dict[str, Verdict]] | None = None
        self._advance()

    def _advance(self) -> None:
        group = next(self._groups, None)
        self._next = None
        if group is not None:
            verdicts: dict[str, Verdict] = {}
            for _, of_one_grade in group[1]:
                verdicts.update(of_one_grade)
            self._next = (group[0], verdicts)

    def at(self, ordinal: int) -> dict[str, Verdict]:
        """The verdicts of one sample by their key."""
        while self._next and self._next[0] < ordinal:
            self._advance()
        if not self._next or self._next[0] != ordinal:
            return {}
        found = self._next[1]
        self._advance()
        return found
