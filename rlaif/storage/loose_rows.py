"""Rows that are no whole samples: as they stand in a file, and prompts without completions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import ValidationError

from rlaif.errors import InputError, Problem
from rlaif.records.base import Fault, nearest
from rlaif.records.identity import canonical, digest
from rlaif.records.refusals import plain_faults
from rlaif.records.sample import Sample
from rlaif.storage.arrow_rows import JsonColumns, parquet_rows
from rlaif.storage.faults import as_problem
from rlaif.storage.json_rows import key_columns, parse_line
from rlaif.storage.lines import STANDARD_INPUT, read_lines, shown
from rlaif.storage.places import place_of

PROMPT_FIELDS = ("sample_id", "prompt", "reference")


@dataclass(frozen=True, slots=True)
class LooseRow:
    """One object of a file, and where it stands."""

    path: str
    line: int
    raw: dict[str, Any]
    text: bytes = b""
    """The line itself; empty for tables."""

    @property
    def columns(self) -> dict[str, int]:
        """Where each key stands on its line, from 1; empty for tables. Read when it is needed."""
        return key_columns(self.text) if self.text else {}


@dataclass(frozen=True, slots=True)
class PromptRow:
    """A prompt to draft criteria for."""

    line: int
    raw: dict[str, Any]
    """The row as it stands in the file."""
    sample: Sample
    """Its completion is the reference; empty text where there is none."""


def prompt_rows(
    source: str, mapping: Mapping[str, str], limit: int | None = None
) -> Iterator[PromptRow | Problem]:
    """The prompts of a file. A row without an id gets one from its content.

    Raises: InputError for a file that cannot be read at all.
    """
    for ours, theirs in mapping.items():
        if ours not in PROMPT_FIELDS:
            hint = nearest(ours, PROMPT_FIELDS)
            raise InputError(f"--map {ours}={theirs}: no field '{ours}'\n  hint: {hint}")
    for row in islice(loose_rows(source, mapping), limit):
        yield row if isinstance(row, Problem) else _prompt(row, mapping)


def loose_rows(source: str, mapping: Mapping[str, str]) -> Iterator[LooseRow | Problem]:
    """The objects of JSON lines or of a Parquet file, in order; nulls stand in them as null.

    Raises: InputError for a file that cannot be read at all.
    """
    if is_parquet(source):
        read = JsonColumns(dict(mapping)).read
        for number, row in parquet_rows(place_of(source)):
            parsed = row if isinstance(row, Fault) else read(row)
            if isinstance(parsed, Fault):
                yield as_problem(parsed, shown(source), number, {})
            else:
                yield LooseRow(shown(source), number, parsed)
        return
    if source != STANDARD_INPUT and place_of(source).kind() == "folder":
        raise InputError(
            f"{shown(source)}: a folder\n  hint: give a file of JSON Lines, or Parquet"
        )
    for number, line in read_lines(source):
        found = parse_line(source, number, line)
        if isinstance(found, Problem):
            yield found
        else:
            yield LooseRow(shown(source), number, found, line)


def is_parquet(source: str) -> bool:
    """Whether `source` is a table, by its name."""
    return source != STANDARD_INPUT and place_of(source).suffix == ".parquet"


def _prompt(row: LooseRow, mapping: Mapping[str, str]) -> PromptRow | Problem:
    raw = {key: value for key, value in row.raw.items() if value is not None}
    columns = {name: mapping.get(name, name) for name in PROMPT_FIELDS}
    fields = {name: raw[theirs] for name, theirs in columns.items() if theirs in raw}
    if "prompt" not in fields:
        return _problem(row, Fault((), "'prompt' is missing", "--map prompt=COLUMN"))
    if raw.get("criteria"):
        told = "the row has criteria of its own already"
        return _problem(row, Fault(("criteria",), told, "leave such rows out"))
    name = fields.pop("sample_id", None)
    if name is None:
        name = f"p-{digest(canonical(fields))[:16]}"
    elif isinstance(name, int) and not isinstance(name, bool):
        name = str(name)
    try:
        made = Sample.model_validate(
            {**fields, "sample_id": name, "completion": fields.get("reference", "")}
        )
    except ValidationError as error:
        first = plain_faults(error)[0]
        at = tuple("reference" if step == "completion" else step for step in first.at)
        return _problem(row, Fault(at, first.message, first.hint))
    return PromptRow(row.line, raw, made)


def _problem(row: LooseRow, fault: Fault) -> Problem:
    return as_problem(fault, row.path, row.line, row.columns)
