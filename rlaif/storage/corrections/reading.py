"""Corrections as JSON lines: read and written, one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import orjson
from pydantic import ValidationError

from rlaif.errors import Problem
from rlaif.records.base import Fault
from rlaif.records.correction import Correction
from rlaif.records.refusals import plain_faults
from rlaif.records.sample import turn_faults
from rlaif.storage.export import destination
from rlaif.storage.faults import as_problem
from rlaif.storage.json_rows import key_columns, parse_line
from rlaif.storage.lines import read_lines, shown
from rlaif.storage.problems import Problems


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """One line: a correction, and where it stands."""

    path: str
    line: int
    correction: Correction


def read_corrections(source: str) -> Iterator[CorrectionRow]:
    """The corrections of `source` in order, streamed; `-` is standard input.

    Raises: FileProblems at the end, with every line that is wrong; InputError for no such file.
    """
    problems = Problems()
    for number, line in read_lines(source):
        found = _read(source, number, line)
        if isinstance(found, Correction):
            yield CorrectionRow(shown(source), number, found)
        else:
            problems.add(found)
    problems.refuse()


def write_corrections(corrections: Iterable[Correction], out: str) -> int:
    """Write a line for each to `out`, a path, a URL or `-`, whole or not at all; how many.

    Raises: InputError, RunError.
    """
    count = 0
    with destination(out) as stream:
        for one in corrections:
            stream.write(line_of(one))
            count += 1
    return count


def line_of(correction: Correction) -> bytes:
    """The line of one correction, with its version and its line break."""
    written = {"correction": correction.correction, **correction.as_written()}
    return orjson.dumps(written, option=orjson.OPT_APPEND_NEWLINE)


def _read(source: str, number: int, line: bytes) -> Correction | list[Problem]:
    parsed = parse_line(source, number, line)
    if isinstance(parsed, Problem):
        return [parsed]
    try:
        found = Correction.model_validate(parsed)
    except ValidationError as error:
        return _problems(source, number, line, plain_faults(error))
    faults = [*turn_faults(found.output, "output")]
    if found.human_output is not None:
        faults += turn_faults(found.human_output, "human_output")
    return _problems(source, number, line, faults) if faults else found


def _problems(source: str, number: int, line: bytes, faults: Iterable[Fault]) -> list[Problem]:
    columns = key_columns(line)
    return [as_problem(fault, shown(source), number, columns) for fault in faults]
