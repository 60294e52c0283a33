"""Outcomes as columns of Arrow, and back, a batch at a time and nothing lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import pyarrow as pa

from rlaif.records.grade import Answered
from rlaif.records.outcome import Case, Failure, Outcome, Skipped, Verdict

_CASE = pa.struct([("name", pa.string()), ("passed", pa.bool_()), ("message", pa.string())])
_KINDS = {Verdict: "verdict", Failure: "failure", Skipped: "skipped"}

OUTCOME = pa.struct(
    [
        ("criterion", pa.string()),
        ("key", pa.string()),
        ("kind", pa.string()),
        ("answer", pa.string()),
        ("value", pa.float64()),
        ("probability", pa.float64()),
        ("distribution", pa.list_(pa.float64())),
        ("label_mass", pa.float64()),
        ("stage", pa.string()),
        ("reason", pa.string()),
        ("message", pa.string()),
        ("rationale", pa.string()),
        ("cases", pa.list_(_CASE)),
    ]
)
"""One outcome. A skipped one with a distribution holds what the judge had answered."""


def lists(rows: Sequence[Sequence[Any]], values: Any) -> Any:
    """A list array of as many lists as `rows`, of the same lengths, over the flat `values`."""
    offsets = [0]
    for row in rows:
        offsets.append(offsets[-1] + len(row))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)


def struct(kind: Any, rows: Iterable[Sequence[Any]]) -> Any:
    """A struct array of `kind` from flat rows of its fields."""
    columns = list(zip(*rows, strict=True)) or [()] * len(kind)
    arrays = [pa.array(c, f.type) for c, f in zip(columns, kind, strict=True)]
    return pa.StructArray.from_arrays(arrays, fields=list(kind))


def outcomes_column(grades: Sequence[Sequence[Answered]]) -> Any:
    """A list<outcome> array, one list a grade."""
    flat = list(chain.from_iterable(grades))
    verdicts = [_verdict(a.outcome) for a in flat]
    columns: list[Any] = [
        [a.criterion for a in flat],
        [a.key for a in flat],
        [_KINDS[type(a.outcome)] for a in flat],
        [a.answer for a in flat],
        [a.value for a in flat],
        [a.probability for a in flat],
        [v and v.distribution for v in verdicts],
        [v and v.label_mass for v in verdicts],
        [a.outcome.stage if isinstance(a.outcome, Failure) else None for a in flat],
        [a.outcome.reason if isinstance(a.outcome, Skipped) else None for a in flat],
        [a.outcome.message if isinstance(a.outcome, Failure) else None for a in flat],
        [v and v.rationale for v in verdicts],
    ]
    arrays = [pa.array(c, f.type) for c, f in zip(columns, OUTCOME, strict=False)]
    arrays.append(_cases_column([v.cases if v else () for v in verdicts]))
    return lists(grades, pa.StructArray.from_arrays(arrays, fields=list(OUTCOME)))


def _cases_column(cases: Sequence[Sequence[Case]]) -> Any:
    rows = [(c.name, c.passed, c.message) for c in chain.from_iterable(cases)]
    return lists(cases, struct(_CASE, rows))


def _verdict(outcome: Outcome) -> Verdict | None:
    if isinstance(outcome, Skipped):
        return outcome.verdict
    return outcome if isinstance(outcome, Verdict) else None


def unlisted(column: Any) -> Iterator[tuple[int, int] | None]:
    """Where each list of `column` lies in `column.flatten()`: [first, past the last), or None."""
    at = 0
    for length in column.value_lengths().to_pylist():
        if length is None:
            yield None
            continue
        yield at, at + length
        at += length


def read_outcomes(column: Any) -> list[tuple[Answered, ...]]:
    """The outcomes of each grade of a list<outcome> array."""
    flat = read_flat(column.flatten())
    return [tuple(flat[span[0] : span[1]]) if span else () for span in unlisted(column)]


def read_flat(structs: Any) -> list[Answered]:
    """The outcomes of a flat struct array; fields that it lacks are read as null."""
    column = _columns_of(structs)
    count = len(structs)
    plain = ["criterion", "key", "kind", "answer", "value", "probability"]
    texts = [column[name].to_pylist() for name in [*plain, "stage", "reason", "message"]]
    return [
        Answered(criterion, _outcome(kind, verdict, *told), key, answer, value, probability)
        for criterion, key, kind, answer, value, probability, *told, verdict in zip(
            *texts, read_verdicts(column, count), strict=True
        )
    ]


def _columns_of(structs: Any) -> dict[str, Any]:
    """The fields of a struct array; those that an older version did not write are null."""
    there = {f.name: array for f, array in zip(structs.type, structs.flatten(), strict=True)}
    return {f.name: there.get(f.name, pa.nulls(len(structs), f.type)) for f in OUTCOME}


def _outcome(kind: str, verdict: Verdict | None, stage: Any, reason: str, message: str) -> Outcome:
    if kind == "failure":
        return Failure(stage, message)
    if kind == "skipped":
        return Skipped(reason, verdict)
    return verdict or Verdict(())


def read_verdicts(column: Any, count: int) -> list[Verdict | None]:
    """The verdicts from the arrays `distribution`, `label_mass`, `rationale` and `cases`."""
    numbers = column["distribution"].flatten().to_pylist()
    cases = _read_cases(column["cases"])
    masses = column["label_mass"].to_pylist()
    rationales = column["rationale"].to_pylist()
    spans = list(unlisted(column["distribution"]))
    return [
        span and Verdict(tuple(numbers[slice(*span)]), masses[i], rationales[i], cases[i])
        for i, span in zip(range(count), spans, strict=True)
    ]


def _read_cases(column: Any) -> list[tuple[Case, ...]]:
    structs = column.flatten()
    fields = [array.to_pylist() for array in structs.flatten()]
    flat = [Case(*case) for case in zip(*fields, strict=True)]
    return [tuple(flat[span[0] : span[1]]) if span else () for span in unlisted(column)]
