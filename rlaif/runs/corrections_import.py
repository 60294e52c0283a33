"""Records of other tools as corrections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rlaif.errors import InputError, Problem
from rlaif.records.base import Fault
from rlaif.records.correction import Correction
from rlaif.records.rubric import Rubric
from rlaif.runs.corrections_labels import columns_of
from rlaif.runs.corrections_match import Samples
from rlaif.runs.corrections_said import Maker, NotSaidError
from rlaif.runs.corrections_split import refuse_source
from rlaif.storage.corrections.argilla import read_argilla
from rlaif.storage.corrections.documents import objects_of
from rlaif.storage.corrections.foreign import Columns, Foreign
from rlaif.storage.corrections.label_studio import read_label_studio
from rlaif.storage.corrections.prodigy import read_prodigy
from rlaif.storage.corrections.reading import write_corrections
from rlaif.storage.corrections.table import read_row
from rlaif.storage.csv_rows import csv_rows
from rlaif.storage.lines import shown
from rlaif.storage.places import place_of

Tool = Literal["argilla", "label-studio", "prodigy", "csv"]
NAMED = 10
"""Records that are named in full where they matched no sample."""

Read = Callable[[int, Mapping[str, Any], Columns], Foreign]
_READERS: Mapping[str, Read] = {
    "argilla": read_argilla,
    "label-studio": read_label_studio,
    "prodigy": read_prodigy,
    "csv": read_row,
}
_EVERY = ("argilla", "label-studio")
"""Tools whose questions are all about criteria; the others mix them with other columns."""


@dataclass(frozen=True, slots=True)
class Import:
    """What is to be read."""

    source: str
    tool: Tool
    out: str
    samples: str | None = None
    rubric: Rubric | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Imported:
    """What came of it."""

    records: int = 0
    corrections: int = 0
    silent: int = 0
    """Times that somebody was shown a record and said nothing: drafts, skips, no answer."""
    unmatched: list[str] = field(default_factory=list)
    """Records that match no sample, each with the reason; the first ones."""
    unmatched_count: int = 0
    nameless: int = 0
    """Corrections that name nobody."""
    unstated: int = 0
    """Times that a record does not say whether somebody's answers were submitted."""
    unscored: int = 0
    """Corrections without a score by the person's answers."""
    unknown: Counter[str] = field(default_factory=Counter)
    """Answers to questions that the rubric has no criterion for, by question."""
    problems: list[Problem] = field(default_factory=list)
    """Records, or answers, that could not be read."""

    @property
    def all_read(self) -> bool:
        """Whether every record was read, and found its sample."""
        return not self.problems and not self.unmatched_count


def import_corrections(wanted: Import) -> Imported:
    """Read `wanted.source` and write the corrections to `wanted.out`.

    A record that cannot be read stops no other. Nothing is written where no record says anything.
    Raises: InputError, FileProblems for files that cannot be read at all; RunError.
    """
    columns = columns_of(wanted.mapping, wanted.rubric)
    if wanted.tool not in _EVERY and wanted.rubric is None and not wanted.mapping:
        raise InputError(
            f"which columns of {shown(wanted.source)} answer criteria is not known\n"
            "  hint: --rubric R, or --map criterion:ID=COLUMN"
        )
    refuse_source(wanted.source, wanted.out)
    found = Imported()
    records = list(_records(wanted, columns, found))
    samples = Samples(wanted.samples, {}, records) if wanted.samples else None
    maker = Maker(wanted.tool, columns, wanted.rubric, every=wanted.tool in _EVERY)
    made = list(_made(records, samples, maker, found, wanted.source))
    if made:
        found.corrections = write_corrections(made, wanted.out)
    return found


def _records(wanted: Import, columns: Columns, found: Imported) -> Iterator[Foreign]:
    read = _READERS[wanted.tool]
    path = shown(wanted.source)
    for number, row in _rows(wanted):
        found.records += 1
        if isinstance(row, Problem):
            found.problems.append(row)
            continue
        try:
            record = read(number, row, columns)
        except ValueError as error:
            found.problems.append(_problem(path, number, str(error)))
            continue
        found.silent += record.skipped
        found.unstated += record.unstated
        yield record


def _rows(wanted: Import) -> Iterator[tuple[int, dict[str, Any] | Problem]]:
    if wanted.tool != "csv":
        yield from objects_of(wanted.source)
        return
    for number, row in csv_rows(place_of(wanted.source)):
        if isinstance(row, Fault):
            yield number, Problem(shown(wanted.source), number, 1, row.message, row.hint)
        else:
            yield number, row


def _made(
    records: list[Foreign], samples: Samples | None, maker: Maker, found: Imported, source: str
) -> Iterator[Correction]:
    for record in records:
        sample = samples.of(record) if samples else None
        if isinstance(sample, str):
            _unmatched(record, sample, found)
            continue
        if sample is None and record.output is None:
            told = "the record has no output; --map output=NAME, or --samples S"
            _unmatched(record, told, found)
            continue
        for vote in record.votes:
            try:
                correction = maker.correction(record, vote, sample)
            except NotSaidError:
                found.silent += 1
            except ValueError as error:
                found.problems.append(_problem(shown(source), record.number, str(error)))
            else:
                found.nameless += not correction.annotator
                found.unscored += correction.human_score is None
                yield correction
    found.unknown.update(maker.unknown)


def _unmatched(record: Foreign, why: str, found: Imported) -> None:
    found.unmatched_count += 1
    if len(found.unmatched) < NAMED:
        named = f" '{record.sample_id}'" if record.sample_id else ""
        found.unmatched.append(f"record {record.number}{named}: {why}")


def _problem(path: str, number: int, told: str) -> Problem:
    return Problem(path, number, 1, told)
