"""Grades as a table of Arrow, and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rlaif.records.grade import Answered, Grade
from rlaif.records.outcome import Case, Failure, Outcome, Skipped, Verdict
from rlaif.storage.case_costs import COSTS, costs_column, with_costs
from rlaif.storage.case_costs import NAME as CASE_COSTS
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
"""One row a grade. `under` is the hash of what it was graded under."""

_PLAIN = ("sample_id", "sample_hash", "attempt", "rubric", "judge", "score", "raw_score")
_MORE = ("status", "reason", "reasoning_characters", "truncated")


def grades_table(grades: Sequence[Grade], under: str) -> Any:
    """A table of SCHEMA, a row a grade in the order given."""
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
    return pa.Table.from_arrays([arrays[name] for name in SCHEMA.names], schema=SCHEMA)


def as_parquet(table: Any) -> bytes:
    """The table as the bytes of a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", write_page_checksum=True)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def read_grades(batch: Any) -> Iterator[Grade]:
    """The grades of a batch with at least the columns of SCHEMA, perhaps without the costs."""
    columns = [batch.column(name).to_pylist() for name in (*_PLAIN, *_MORE)]
    sections = _read_sections(batch.column("sections"))
    outcomes = map(with_costs, read_outcomes(batch.column("outcomes")), _read_costs(batch))
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


def _read_costs(batch: Any) -> list[Any]:
    """The costs of each grade's cases; parts of an older version have none."""
    if CASE_COSTS not in batch.schema.names:
        return [None] * batch.num_rows
    costs: list[Any] = batch.column(CASE_COSTS).to_pylist()
    return costs


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
        return Failure(outcome.stage, _clean(outcome.message))
    if isinstance(outcome, Skipped):
        return outcome
    cases = tuple(map(_clean_case, outcome.cases))
    rationale = None if outcome.rationale is None else _clean(outcome.rationale)
    return Verdict(outcome.distribution, outcome.label_mass, rationale, cases)


def _clean_case(case: Case) -> Case:
    return replace(case, name=_clean(case.name), message=_clean(case.message))


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
