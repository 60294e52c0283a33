"""Pairs and people's preferences as they come in: one stream of rows, each with its problems.

A pair is {pair_id?, prompt, completion_a, completion_b, human?}, or {pair_id?, prompt, chosen,
rejected}, where people preferred a. Without an id it gets one from its content.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from pydantic import ValidationError

from rlaif.errors import InputError, Problem
from rlaif.records.base import Fault, nearest
from rlaif.records.identity import canonical, digest
from rlaif.records.pair import HumanPreference, Pair
from rlaif.records.refusals import plain_faults
from rlaif.storage.faults import as_problem
from rlaif.storage.json_rows import key_columns, parse_line
from rlaif.storage.lines import STANDARD_INPUT, read_lines, shown
from rlaif.storage.loose_rows import loose_rows
from rlaif.storage.places import place_of
from rlaif.storage.problems import Problems

FIELDS = frozenset(Pair.model_fields)
_PREFERENCE = {"completion_a": "chosen", "completion_b": "rejected"}
"""Our names, where people's preference is the very form of the row."""
_REQUIRED = ("prompt", "completion_a", "completion_b")
_MAY_BE_NUMBERS = ("pair_id", "group_id")
_OTHER_NAMES = {
    "prompt": ("question", "instruction", "input", "query", "problem", "messages"),
    "completion_a": ("response_A", "response_a", "answer_a", "output_a", "model_a", "chosen"),
    "completion_b": ("response_B", "response_b", "answer_b", "output_b", "model_b", "rejected"),
}
_READ = "pairs are JSON Lines (.jsonl, also .gz and .zst), or one Parquet file"


@dataclass(frozen=True, slots=True)
class PairRow:
    """One row of the input: a pair, or why it is none."""

    path: str
    line: int
    pair: Pair | None
    problems: tuple[Problem, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)
    """What a pair was made from: its row as it stands in the file, without nulls."""


def read_pairs(
    source: str, mapping: Mapping[str, str] | None = None, limit: int | None = None
) -> Iterator[PairRow]:
    """The rows of `source` in order, read as they are asked for; `-` is standard input.

    Args: `mapping` from our field, `chosen` and `rejected` among them, to their key; `limit`, the
    most rows to read.
    Raises: InputError for a source that cannot be read at all; bad rows are yielded.
    """
    known = dict(mapping or {})
    _check_mapping(known)
    _refuse_others(source)
    return islice(_rows(source, known), limit)


def read_human(source: str) -> list[HumanPreference]:
    """People's preferences. Raises: FileProblems with every line that is wrong; InputError."""
    problems = Problems()
    found = []
    for number, line in read_lines(source):
        parsed = parse_line(source, number, line)
        if isinstance(parsed, Problem):
            problems.add([parsed])
            continue
        ours = {k: v for k, v in parsed.items() if k in HumanPreference.model_fields}
        try:
            found.append(HumanPreference.model_validate(_numbers_as_text(ours)))
        except ValidationError as error:
            columns = key_columns(line)
            faults = plain_faults(error)
            problems.add(as_problem(f, shown(source), number, columns) for f in faults)
    problems.refuse()
    return found


def _check_mapping(mapping: Mapping[str, str]) -> None:
    names = sorted({*FIELDS, *_PREFERENCE.values()})
    for ours, theirs in mapping.items():
        if ours not in names:
            hint = nearest(ours, names)
            raise InputError(f"--map {ours}={theirs}: a pair has no field '{ours}'\n  hint: {hint}")
    if mapping.keys() & _PREFERENCE.keys() and mapping.keys() & set(_PREFERENCE.values()):
        raise InputError(
            "--map names both forms of a pair\n  hint: give completion_a and completion_b, or "
            "chosen and rejected"
        )


def _refuse_others(source: str) -> None:
    if source == STANDARD_INPUT:
        return
    place = place_of(source)
    kind_of = place.kind()
    if not kind_of:
        raise InputError(f"{place.name}: no such file")
    if kind_of == "folder" or place.suffix in (".csv", ".tsv", ".arrow", ".xlsx"):
        kind = "a folder is" if kind_of == "folder" else f"{place.suffix} files are"
        raise InputError(f"{place.name}: {kind} not read\n  hint: {_READ}")


def _rows(source: str, mapping: Mapping[str, str]) -> Iterator[PairRow]:
    for row in loose_rows(source, mapping):
        if isinstance(row, Problem):
            yield PairRow(row.path, row.line, None, (row,))
            continue
        found = _pair(row.raw, mapping)
        if isinstance(found, Pair):
            yield PairRow(row.path, row.line, found, raw=_stated(row.raw))
            continue
        known = row.columns
        ours = {name: known[theirs] for name, theirs in mapping.items() if theirs in known}
        problems = (as_problem(fault, row.path, row.line, {**known, **ours}) for fault in found)
        yield PairRow(row.path, row.line, None, tuple(problems))


def _pair(row: dict[str, Any], mapping: Mapping[str, str]) -> Pair | list[Fault]:
    names = _PREFERENCE if _is_preference(row, mapping) else {}
    keys = {ours: mapping.get(name, name) for ours, name in names.items()}
    columns = {**{k: v for k, v in mapping.items() if k not in names.values()}, **keys}
    fields = _arranged(row, columns)
    needed = (*(["pair_id"] if "pair_id" in mapping else []), *_REQUIRED)
    absent = [name for name in needed if name not in fields]
    faults = [_missing(names.get(name, name), row, mapping) for name in absent]
    if names and fields.setdefault("human", "a") != "a":
        faults.append(_contradiction(fields["human"], mapping))
    try:
        return faults or Pair.model_validate(fields)
    except ValidationError as error:
        return [_in_their_words(fault, names) for fault in plain_faults(error)]


def _is_preference(row: Mapping[str, Any], mapping: Mapping[str, str]) -> bool:
    """Whether the row states its completions as `chosen` and `rejected`."""
    theirs = set(_PREFERENCE.values())
    if mapping.keys() & theirs:
        return True
    stated = {name for name, value in row.items() if value is not None}
    return not (stated | mapping.keys()) & _PREFERENCE.keys() and bool(row.keys() & theirs)


def _contradiction(human: object, mapping: Mapping[str, str]) -> Fault:
    key = mapping.get("human", "human")
    told = f"{str(human)[:40]!r}, but the row says by 'chosen' which completion people preferred"
    return Fault((key,), told, "take this key out, or name the completions completion_a and _b")


def _in_their_words(fault: Fault, names: Mapping[str, str]) -> Fault:
    """A fault of a completion, told of the field that the row has."""
    if not fault.at:
        return fault
    return fault._replace(at=(names.get(str(fault.at[0]), fault.at[0]), *fault.at[1:]))


def _arranged(row: Mapping[str, Any], mapping: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a pair; keys that none takes go to `metadata`, a null is as good as absent."""
    taken = set(mapping.values())
    fields: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for key, value in row.items():
        if value is not None and key not in taken:
            (fields if key in FIELDS and key not in mapping else rest)[key] = value
    fields |= {ours: row[theirs] for ours, theirs in mapping.items() if row.get(theirs) is not None}
    stated = fields.get("metadata", {})
    if rest and isinstance(stated, dict):
        fields["metadata"] = {**rest, **stated}
    if not {"pair_id"} & (fields.keys() | mapping.keys()):
        fields["pair_id"] = f"pair-{digest(canonical(_stated(row)))[:16]}"
    return _numbers_as_text(fields)


def _stated(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if value is not None}


def _numbers_as_text(fields: dict[str, Any]) -> dict[str, Any]:
    for name in _MAY_BE_NUMBERS:
        value = fields.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            fields = {**fields, name: str(value)}
    return fields


def _missing(name: str, row: Mapping[str, Any], mapping: Mapping[str, str]) -> Fault:
    column = mapping.get(name, name)
    if column in row:
        return Fault((column,), f"'{column}' is null", 'an empty text is written ""')
    likely = [other for other in _OTHER_NAMES.get(name, ()) if other in row]
    columns = f"the keys are: {', '.join(list(row)[:12])[:200]}" if row else "the row is empty"
    hint = f"--map {name}={likely[0]}" if likely else f"--map {name}=KEY, where {columns}"
    told = f"'{name}' is missing" if column == name else f"no '{column}', which --map gives"
    return Fault((), told, hint)
