"""Two runs side by side, sample by sample, where they lie on disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rlaif.records.comparison import Flips, Move
from rlaif.storage import side_by_side
from rlaif.storage.database import database
from rlaif.storage.run_folder import RunFolder


class TwoRuns:
    """What became of each sample from one run to the other. Made by `two_runs`."""

    def __init__(self, connection: Any) -> None:
        """Take a database with the table `pairs`."""
        self._connection = connection

    def counts(self) -> dict[str, Any]:
        """How many samples there are of each kind, how many in each run, and the mean scores."""
        return side_by_side.pair_counts(self._connection)

    def pairs(self, kind: str, most: int) -> list[Move]:
        """Up to `most` samples of a kind that `counts` names; the largest move first."""
        return [Move(*row) for row in side_by_side.pairs_of(self._connection, kind, most)]

    def flips(self, renamed: Mapping[str, str]) -> Iterator[Flips]:
        """The criteria of both runs, those with the most flips first; `renamed`: old id to new."""
        return (Flips(*row) for row in side_by_side.flips(self._connection, renamed))


@contextmanager
def two_runs(before: RunFolder, after: RunFolder) -> Iterator[TwoRuns]:
    """The effective grades of two runs, joined by sample id on disk. Raises: RunError."""
    (samples, grades), (samples_after, grades_after) = before.files(), after.files()
    with database(
        samples_before=samples,
        grades_before=grades,
        samples_after=samples_after,
        grades_after=grades_after,
    ) as connection:
        side_by_side.lay_side_by_side(connection, before.manifest.under, after.manifest.under)
        yield TwoRuns(connection)
