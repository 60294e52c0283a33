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
from rlaif.storage.case_costs import costly
from rlaif.storage.grounds import grounded
from rlaif.storage.outcome_table import read_verdicts
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
    samples: Sequence[Path], grades: Sequence[Path], under: str, retry_failed: bool
) -> Iterator[Pending]:
    """Samples with no effective grade under `under` in input order; failed ones too if asked.

    Streams: neither the samples nor the verdicts have to fit in memory.
    """
    if not grades:
        for _, sample_hash, sample in read_kept(samples):
            yield Pending(sample, sample_hash, 1)
        return
    with queries.database(samples=samples, grades=grades) as connection:
        queries.find_pending(connection, under, retry_failed)
        attempts: list[int] = []
        prior = _Priors(connection)
        for ordinal, sample_hash, sample in read_kept(samples, _noted(connection, attempts)):
            yield Pending(sample, sample_hash, attempts.pop(0), prior.at(ordinal))


def _noted(connection: Any, attempts: list[int]) -> Iterator[int]:
    """The pending ordinals; each one's attempt is put into `attempts` as it is handed out."""
    for ordinal, attempt in queries.pending_ordinals(connection):
        attempts.append(attempt)
        yield ordinal


class _Priors:
    """Earlier verdicts in the order of the input, asked for by rising ordinals."""

    def __init__(self, connection: Any) -> None:
        self._groups = groupby(_verdicts(connection), key=itemgetter(0))
        self._next: tuple[int, dict[str, Verdict]] | None = None
        self._advance()

    def _advance(self) -> None:
        group = next(self._groups, None)
        self._next = group and (group[0], {key: verdict for _, key, verdict in group[1]})

    def at(self, ordinal: int) -> dict[str, Verdict]:
        """The verdicts of one sample by their key."""
        while self._next and self._next[0] < ordinal:
            self._advance()
        if not self._next or self._next[0] != ordinal:
            return {}
        found = self._next[1]
        self._advance()
        return found


def _verdicts(connection: Any) -> Iterator[tuple[int, str, Verdict]]:
    for batch in queries.prior_verdicts(connection):
        columns = {name: batch.column(name) for name in batch.schema.names}
        verdicts = read_verdicts(columns, batch.num_rows)
        told = (columns[name].to_pylist() for name in ("ordinal", "key", "costs", "grounds"))
        for ordinal, key, costs, grounds, verdict in zip(*told, verdicts, strict=True):
            if verdict is not None:
                yield ordinal, key, grounded(costly(verdict, costs), grounds)
