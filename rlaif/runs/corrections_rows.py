"""The rows of one part of the corrections, and what is counted while they are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

import orjson

from rlaif.runs.corrections_judge import JudgeRow, JudgeRows
from rlaif.runs.corrections_unasked import WORDS as JUDGE_WORDS
from rlaif.storage.held_lines import HeldLines
from rlaif.storage.row_files import Kind
from rlaif.training.chat_rows import Shape
from rlaif.training.corrections.card import Count
from rlaif.training.corrections.choosing import most_of_each
from rlaif.training.corrections.rows import COLUMNS, LINEAGE, WORDS, RowKind, rows_of
from rlaif.training.corrections.settling import Settled

Row = dict[str, Any]


class Rows(Protocol):
    """Makes the rows of one part."""

    kinds: Mapping[str, Kind]
    shape: Shape
    asked: Mapping[str, str]
    """The question by criterion, where only answers to that one count."""

    def of(self, samples: Iterable[Settled], count: Count) -> Iterator[Row]:
        """The rows of `samples`, each with the columns of `kinds`; fills `count`."""


class OfTexts:
    """Rows for sft, dpo or kto."""

    def __init__(self, kind: RowKind, shape: Shape, accepted_from: float | None) -> None:
        """Take what holds for all rows; see `rows_of`."""
        self._kind, self.shape, self._accepted_from = kind, shape, accepted_from
        self.asked: Mapping[str, str] = {}
        side: Kind = "chat" if shape.chat else "text"
        flags: dict[str, Kind] = {"label": "flag", "on_policy": "flag"}
        self.kinds: Mapping[str, Kind] = {
            **{name: flags.get(name, side) for name in COLUMNS[kind]},
            **{name: flags.get(name, "text") for name in LINEAGE},
        }

    def of(self, samples: Iterable[Settled], count: Count) -> Iterator[Row]:
        """As `Rows`."""
        for one in samples:
            for found in rows_of(self._kind, one, self.shape, self._accepted_from):
                if isinstance(found, str):
                    count.dropped[f"samples {WORDS[found]}"] += 1
                    continue
                count.row(found)
                if self._kind == "kto":
                    count.labels["label", "good" if found["label"] else "bad"] += 1
                yield {name: found[name] for name in self.kinds}


class OfJudge:
    """Rows that teach a judge."""

    shape = Shape(chat=True)

    def __init__(self, rows: JudgeRows, balanced: bool) -> None:
        """Args: `balanced`, of each criterion as many rows of each label."""
        self._rows, self._balanced = rows, balanced
        self.asked: Mapping[str, str] = rows.asked
        lineage: dict[str, Kind] = {name: "text" for name in LINEAGE if name != "on_policy"}
        self.kinds: Mapping[str, Kind] = {**rows.kinds, **lineage}

    def of(self, samples: Iterable[Settled], count: Count) -> Iterator[Row]:
        """As `Rows`."""
        found = self._all(samples, count)
        if not self._balanced:
            yield from (self._noted(one, count) for one in found)
            return
        with HeldLines() as held:
            counts: dict[tuple[str, str], int] = {}
            for one in found:
                key = one.criterion, one.label
                counts[key] = counts.get(key, 0) + 1
                held.write("", orjson.dumps([*key, one.tokens, one.row]) + b"\n")
            most = most_of_each(counts)
            for _, line in held:
                row = JudgeRow(*_in_order(orjson.loads(line)))
                if count.labels[row.criterion, row.label] < most[row.criterion]:
                    yield self._noted(row, count)
                else:
                    count.dropped["answers beyond as many as the rarest label has"] += 1

    def _all(self, samples: Iterable[Settled], count: Count) -> Iterator[JudgeRow]:
        for one in samples:
            for found in self._rows.of(one):
                if isinstance(found, JudgeRow):
                    yield found
                else:
                    count.dropped[f"answers {JUDGE_WORDS[found]}"] += 1

    def _noted(self, one: JudgeRow, count: Count) -> Row:
        count.row(one.row)
        count.labels[one.criterion, one.label] += 1
        count.longest = max(count.longest, one.tokens)
        return {name: one.row[name] for name in self.kinds}


def _in_order(held: list[Any]) -> tuple[str, str, Row, int]:
    criterion, label, tokens, row = held
    return criterion, label, row, tokens
