"""Samples from wherever they are kept: one stream of rows, each a sample or its problems."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from rlaif.errors import InputError, Problem
from rlaif.records.base import Fault
from rlaif.records.refusals import plain_faults
from rlaif.records.sample import Sample
from rlaif.storage.arrow_rows import (
    JsonColumns,
    RawRow,
    dataset_files,
    parquet_rows,
    stream_rows,
)
from rlaif.storage.csv_rows import csv_rows
from rlaif.storage.faults import as_problem
from rlaif.storage.fields import arrange, check_mapping
from rlaif.storage.json_rows import key_columns, parse_line
from rlaif.storage.lines import STANDARD_INPUT, read_lines, shown
from rlaif.storage.places import Kind, Place, places_of
from rlaif.storage.problems import Problems

_NO_MAPPING: Mapping[str, str] = MappingProxyType({})
_NOT_READ = frozenset({".xlsx", ".xls", ".yaml", ".yml", ".arrow", ".feather"})
_CSV = (".csv", ".tsv")
_TEXT = (".jsonl", ".ndjson", ".json", ".gz", ".zst")
FromRow = Callable[[dict[str, Any], Mapping[str, str]], Sample | list[Fault]]
"""What makes a sample of a row and the mapping, or says all that is wrong with it."""
_READ = "samples are JSON Lines (.jsonl, .gz, .zst), CSV, Parquet, or a dataset saved on disk"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the input: a sample, or why it is none."""

    path: str
    line: int
    """From 1: the line of a text file, the row of a table."""
    sample: Sample | None
    problems: tuple[Problem, ...] = ()


def read_rows(
    source: str,
    mapping: Mapping[str, str] = _NO_MAPPING,
    limit: int | None = None,
    made: FromRow | None = None,
) -> Iterator[Row]:
    """The rows of `source` in order, read as they are asked for; `-` is standard input.

    `source` is a path or a URL; one with `*`, `?` or `[...]` in it stands for all that fit.
    Args: `mapping` from our field to their column; `limit`, the most rows to read; `made`, what
    makes samples of rows that are none as they stand.
    Raises: InputError for a source that cannot be read at all; bad rows are yielded.
    """
    check_mapping(mapping)
    return islice(_rows_of(_looked_at(source), mapping, made or _sample), limit)


def read_samples(
    source: str, mapping: Mapping[str, str] = _NO_MAPPING, limit: int | None = None
) -> Iterator[Sample]:
    """The samples of `source`. Raises: FileProblems, at the end, with all that is wrong."""
    return only_samples(read_rows(source, mapping, limit))


def only_samples(rows: Iterable[Row]) -> Iterator[Sample]:
    """The samples of `rows`. Raises: FileProblems at the end, if any row was none."""
    problems = Problems()
    for row in rows:
        problems.add(row.problems)
        if row.sample is not None:
            yield row.sample
    problems.refuse()


def _looked_at(source: str) -> list[tuple[Place | None, Kind]]:
    """What is to be read, None for standard input. Raises: InputError for what cannot be."""
    if source == STANDARD_INPUT:
        return [(None, "file")]
    found = [(place, place.kind()) for place in places_of(source)]
    for place, _ in found:
        if place.suffix in _NOT_READ:
            raise InputError(f"{place.name}: {place.suffix} files are not read\n  hint: {_READ}")
    return [*found]


def _rows_of(
    places: Iterable[tuple[Place | None, Kind]], mapping: Mapping[str, str], made: FromRow
) -> Iterator[Row]:
    for place, kind in places:
        if place is None:
            yield from _text_rows(STANDARD_INPUT, mapping, made)
        elif kind == "folder" or place.suffix in _CSV or _is_parquet(place):
            yield from _table_rows(place, kind, mapping, made)
        else:
            yield from _text_rows(place.source, mapping, made)


def _is_parquet(place: Place) -> bool:
    if place.suffix == ".parquet" or (place.store and place.suffix in _TEXT):
        return place.suffix == ".parquet"  # a store would be asked twice
    if place.store is None and not Path(place.path).is_file():
        return False  # a pipe has nothing to spare
    try:
        with place.opened() as file:
            return file.read(4) == b"PAR1"
    except OSError as error:
        raise InputError(f"{place.name}: {error.strerror}") from error


def _text_rows(source: str, mapping: Mapping[str, str], made: FromRow) -> Iterator[Row]:
    path = shown(source)
    for number, line in read_lines(source):
        parsed = parse_line(source, number, line)
        if isinstance(parsed, Problem):
            yield Row(path, number, None, (parsed,))
            continue
        found = made(parsed, mapping)
        if isinstance(found, Sample):
            yield Row(path, number, found)
        else:
            columns = _our_names(key_columns(line), mapping)
            yield Row(path, number, None, _problems(found, path, number, columns))


def _our_names(columns: Mapping[str, int], mapping: Mapping[str, str]) -> dict[str, int]:
    """Columns by their names and by ours, so that a fault of either finds its place."""
    ours = {name: columns[theirs] for name, theirs in mapping.items() if theirs in columns}
    return {**columns, **ours}


def _table_rows(
    place: Place, kind: Kind, mapping: Mapping[str, str], made: FromRow
) -> Iterator[Row]:
    for name, rows in _tables(place, kind):
        texts = JsonColumns(dict(mapping))
        for number, raw in rows:
            read = raw if isinstance(raw, Fault) else texts.read(raw)
            found = [read] if isinstance(read, Fault) else made(read, mapping)
            if isinstance(found, Sample):
                yield Row(name, number, found)
            else:
                yield Row(name, number, None, _problems(found, name, number, {}))


def _tables(place: Place, kind: Kind) -> Iterator[tuple[str, Iterator[RawRow]]]:
    """The files that make up a table, in order, with their rows."""
    if kind != "folder":
        yield place.name, csv_rows(place) if place.suffix in _CSV else parquet_rows(place)
        return
    streams = dataset_files(place)
    if streams is not None:
        for file in streams:
            yield file.name, stream_rows(file)
        return
    parts = place.files(".parquet")
    if not parts:
        told = "a folder with neither *.parquet nor a dataset"
        raise InputError(f"{place.name}: {told}\n  hint: {_READ}")
    for part in parts:
        yield part.name, parquet_rows(part)


def _sample(row: dict[str, Any], mapping: Mapping[str, str]) -> Sample | list[Fault]:
    fields, faults = arrange(row, mapping)
    try:
        sample = Sample.model_validate(fields)
    except ValidationError as error:
        return faults + [f for f in plain_faults(error) if not _repeats(f, fields)]
    return faults or sample


def _repeats(fault: Fault, fields: Mapping[str, Any]) -> bool:
    """Absent fields are told by `arrange`, with the mend."""
    return len(fault.at) == 1 and fault.at[0] not in fields and fault.message.endswith("is missing")


def _problems(
    faults: list[Fault], path: str, line: int, columns: Mapping[str, int]
) -> tuple[Problem, ...]:
    return tuple(as_problem(fault, path, line, columns) for fault in faults)
