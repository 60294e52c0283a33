"""Grades as a table of Arrow, and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rlaif.records.grade import Answered, Grade
from rlaif.records.outcome import Failure, Outcome, Skipped, Verdict
from rlaif.storage.case_costs import COSTS, costs_column, with_costs
from rlaif.storage.case_costs import NAME as CASE_COSTS
from rlaif.storage.clean_text import clean_text, clean_verdict
from rlaif.storage.grounds import GROUNDS, grounds_column, with_grounds
from rlaif.storage.grounds import NAME as VERDICT_GROUNDS
from rlaif.storage.outcome_table import (
    OUTCOME,
    lists,
    outcomes_column,
    read_outcomes,
    struct,
    unlisted,
)

_SECTION = pa.struct([("section", pa.string()), ("value", pa.float64())])

_FIELDS: list[tuple[str, Any]] = [
    ("sample_id", pa.string()),
    ("sample_hash", pa.string()),
    ("under", pa.string()),
    ("attempt", pa.int32()),
    ("rubric", pa.string()),
    ("judge", pa.string()),
    ("score", pa.float64()),
    ("raw_score", pa.float64()),
    ("status", pa.string()),
    ("reason", pa.string()),
    ("reasoning_characters", pa.int64()),
    ("truncated", pa.bool_()),
    ("sections", pa.list_(_SECTION)),
    ("outcomes", pa.list_(OUTCOME)),
    (CASE_COSTS, COSTS),
]

SCHEMA = pa.schema(_FIELDS, metadata={"rlaif": "grades 1"})
"""One row a grade. `under` is the hash of what it was graded under. Where verdicts have quotations
or ballots, one column more: see grounds.py."""

ROW_GROUP = 2048
"""Rows that are read together, also of a large part."""

_PLAIN = ("sample_id", "sample_hash", "attempt", "rubric", "judge", "score", "raw_score")
_MORE = ("status", "reason", "reasoning_characters", "truncated")


def grades_table(grades: Sequence[Grade], under: str) -> Any:
    """A table of SCHEMA, and of the grounds if any, a row a grade in the order given."""
    try:
        return _table(grades, under)
    except UnicodeEncodeError:
        return _table([_printable(grade) for grade in grades], under)


def _table(grades: Sequence[Grade], under: str) -> Any:
    columns: dict[str, Any] = {
        name: [getattr(grade, name) for grade in grades] for name in (*_PLAIN, *_MORE)
    }
    columns["under"] = [under] * len(grades)
    arrays = {name: pa.array(v, SCHEMA.field(name).type) for name, v in columns.items()}
    sections = [grade.sections for grade in grades]
    arrays["sections"] = lists(sections, struct(_SECTION, chain.from_iterable(sections)))
    outcomes = [grade.outcomes for grade in grades]
    arrays["outcomes"], arrays[CASE_COSTS] = outcomes_column(outcomes), costs_column(outcomes)
    table = pa.Table.from_arrays([arrays[name] for name in SCHEMA.names], schema=SCHEMA)
    grounds = grounds_column(outcomes)
    if grounds is None:
        return table
    return table.append_column(pa.field(VERDICT_GROUNDS, GROUNDS), grounds)


def as_parquet(table: Any) -> bytes:
    """The table as the bytes of a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(
        table, sink, compression="zstd", write_page_checksum=True, row_group_size=ROW_GROUP
    )
    content: bytes = sink.getvalue().to_pybytes()
    return content


def read_grades(batch: Any) -> Iterator[Grade]:
    """The grades of a batch with the columns of SCHEMA, perhaps without costs or with grounds."""
    columns = [batch.column(name).to_pylist() for name in (*_PLAIN, *_MORE)]
    sections = _read_sections(batch.column("sections"))
    costly = map(with_costs, read_outcomes(batch.column("outcomes")), _read(batch, CASE_COSTS))
    outcomes = map(with_grounds, costly, _read(batch, VERDICT_GROUNDS))
    for row in zip(*columns, sections, outcomes, strict=True):
        sample_id, sample_hash, attempt, rubric, judge, score, raw, status, reason, *rest = row
        characters, truncated, parts, answered = rest
        yield Grade(
            sample_id=sample_id,
            rubric=rubric,
            judge=judge,
            score=score,
            raw_score=raw,
            status=status,
            reason=reason,
            sections=parts,
            outcomes=answered,
            sample_hash=sample_hash,
            attempt=attempt,
            reasoning_characters=characters,
            truncated=truncated,
        )


def verdicts_by_key(batch: Any) -> Iterator[dict[str, Verdict]]:
    """Of each grade of such a batch its verdicts by key, also what a skipped outcome had heard."""
    costly = map(with_costs, read_outcomes(batch.column("outcomes")), _read(batch, CASE_COSTS))
    for outcomes in map(with_grounds, costly, _read(batch, VERDICT_GROUNDS)):
        found = {answered.key: _verdict(answered.outcome) for answered in outcomes if answered.key}
        yield {key: verdict for key, verdict in found.items() if verdict is not None}


def _verdict(outcome: Outcome) -> Verdict | None:
    verdict = outcome.verdict if isinstance(outcome, Skipped) else outcome
    return verdict if isinstance(verdict, Verdict) and verdict.distribution else None


def _read(batch: Any, name: str) -> list[Any]:
    """A column that stands beside the outcomes; null where no part has it."""
    if name not in batch.schema.names:
        return [None] * batch.num_rows
    values: list[Any] = batch.column(name).to_pylist()
    return values


def _read_sections(column: Any) -> list[tuple[tuple[str, float | None], ...]]:
    fields = [array.to_pylist() for array in column.flatten().flatten()]
    flat = list(zip(*fields, strict=True))
    return [tuple(flat[span[0] : span[1]]) if span else () for span in unlisted(column)]


def _printable(grade: Grade) -> Grade:
    """The grade with characters that no file can hold replaced; only messages can have any."""
    answered = tuple(_clean_answered(a) for a in grade.outcomes)
    return replace(grade, outcomes=answered)


def _clean_answered(answered: Answered) -> Answered:
    return replace(answered, outcome=_clean_outcome(answered.outcome))


def _clean_outcome(outcome: Outcome) -> Outcome:
    if isinstance(outcome, Failure):
        return Failure(outcome.stage, clean_text(outcome.message))
    if isinstance(outcome, Skipped):
        return replace(outcome, verdict=outcome.verdict and clean_verdict(outcome.verdict))
    return clean_verdict(outcome)
