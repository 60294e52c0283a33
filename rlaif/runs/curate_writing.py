"""The second reading of all texts: each has its probability, and what is kept is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from rlaif.records.curate import Learning
from rlaif.runs.rows import in_batches
from rlaif.storage.curate_rows import TextRow
from rlaif.storage.placing import placed
from rlaif.training.means import Means

AT_ONCE = 512
"""Texts that the classifier is given together."""

PROBABILITY, SCORE = "curate_probability", "curate_score"
"""The columns that kept rows have besides their own."""

_FIELDS: list[tuple[str, Any]] = [
    ("row", pa.int64()),
    ("content", pa.string()),
    ("probability", pa.float64()),
    ("score", pa.float64()),
    ("decided_by", pa.string()),
    ("kept", pa.bool_()),
]
_SCORES = pa.schema(_FIELDS)
"""Of what is told of every row."""


class Chooses(Protocol):
    """A classifier."""

    @property
    def learning(self) -> Learning:
        """How it was made."""

    def probabilities(self, texts: Sequence[str]) -> list[float]:
        """How probable it is of each text that it is good."""


@dataclass(slots=True)
class Chosen:
    """Counts of what went by."""

    kept: int = 0
    kept_by_grade: int = 0
    left_by_grade: int = 0
    means: Means = field(default_factory=Means)


@dataclass(frozen=True, slots=True)
class Choosing:
    """Who decides about a text: the classifier or, where it has one, its grade."""

    classifier: Chooses
    scores: Mapping[str, float]
    """Of graded texts, by their key."""
    duplicate: bytearray
    """A flag a row."""
    classifier_only: bool
    chosen: Chosen = field(default_factory=Chosen)

    def kept(self, texts: Iterable[TextRow], scores_out: str | None) -> Iterator[dict[str, Any]]:
        """The rows that are kept, in order; every row is told in `scores_out`, a Parquet file.

        Raises: RunError, InputError where that file cannot be written.
        """
        with ExitStack() as stack:
            table = None
            if scores_out is not None:
                file = stack.enter_context(placed(scores_out))
                table = stack.enter_context(pq.ParquetWriter(file, _SCORES, compression="zstd"))
            first = 0
            for batch in in_batches(texts, AT_ONCE):
                told = self._told(batch, first)
                first += len(batch)
                if table is not None:
                    table.write_table(pa.Table.from_pylist(told, schema=_SCORES))
                for one, line in zip(batch, told, strict=True):
                    if line["kept"]:
                        more = {PROBABILITY: line["probability"], SCORE: line["score"]}
                        yield {**one.raw, **more}

    def _told(self, batch: Sequence[TextRow], first: int) -> list[dict[str, Any]]:
        """A line for every row of a batch, whose first one has that place."""
        told = []
        probabilities = self.classifier.probabilities([one.text for one in batch])
        for place, (one, probability) in enumerate(zip(batch, probabilities, strict=True), first):
            by, kept = self._decided(one.key, probability, bool(self.duplicate[place]))
            told.append(
                {
                    "row": place + 1,
                    "content": one.key,
                    "probability": probability,
                    "score": self.scores.get(one.key),
                    "decided_by": by,
                    "kept": kept,
                }
            )
            self._count(by, kept, probability)
        return told

    def _decided(self, key: str, probability: float, duplicate: bool) -> tuple[str, bool]:
        learning = self.classifier.learning
        if duplicate:
            return "duplicate", False
        score = None if self.classifier_only else self.scores.get(key)
        if score is not None:
            return "grade", score >= learning.good_from
        return "classifier", probability >= learning.threshold

    def _count(self, by: str, kept: bool, probability: float) -> None:
        chosen = self.chosen
        if by != "duplicate":
            chosen.means.add("probability", probability)
        chosen.kept += kept
        if by == "grade":
            chosen.kept_by_grade += kept
            chosen.left_by_grade += not kept
