"""What people said, in whichever form: answers, corrections, or preferences between two.

JSON Lines; every line says by its keys which form it has. In memory are all the labels: they are
few beside the samples of a run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationError

from rlaif.errors import InputError, Problem
from rlaif.records.answers import Answers
from rlaif.records.correction import Correction
from rlaif.records.pair import Answer, HumanPreference
from rlaif.records.refusals import plain_faults
from rlaif.storage.faults import as_problem
from rlaif.storage.json_rows import key_columns, parse_line
from rlaif.storage.lines import STANDARD_INPUT, read_lines, shown
from rlaif.storage.pair_rows import read_pairs
from rlaif.storage.places import place_of
from rlaif.storage.problems import Problems

Form = Literal["answers", "correction", "preference", "pair"]

_ANSWER_KEYS = frozenset({"answers", "values"})
_PAIR_KEYS = frozenset({"completion_a", "completion_b", "chosen", "rejected"})
_OTHER_FILES = (".parquet", ".csv", ".tsv", ".xlsx", ".arrow", ".yaml", ".yml")
_FORMS = (
    "a line is {sample_id, annotator?, answers: {criterion: label}}, a correction, "
    "or {pair_id, annotator?, human: a | b | tie}"
)


@dataclass(frozen=True, slots=True)
class SampleLabels:
    """One person's answers about one sample, and where they stand."""

    path: str
    line: int
    sample_id: str
    annotator: str
    """Empty where the file names none."""
    answers: Mapping[str, str | None]
    """A label by criterion; None for "does not apply"."""
    values: Mapping[str, float | None] = field(default_factory=dict)
    """A value in [0, 1] by criterion."""
    sample_hash: str = ""
    """Of the content that the person saw; empty where it is not said."""
    settled: bool = False
    """The last word where annotators disagreed."""
    drawn: bool = False
    """The sample was drawn at random, and not chosen because the judge may be wrong."""

    @property
    def criteria(self) -> tuple[str, ...]:
        """What was answered."""
        return (*self.answers, *self.values)


@dataclass(frozen=True, slots=True)
class PairLabel:
    """Which completion of a pair one person preferred, and where it stands."""

    path: str
    line: int
    pair_id: str
    annotator: str
    human: Answer


@dataclass(frozen=True, slots=True)
class Labels:
    """All that the files say."""

    samples: tuple[SampleLabels, ...]
    pairs: tuple[PairLabel, ...]
    replaced: int = 0
    """Corrections that a later line of the same id replaced."""
    empty: int = 0
    """Lines without any answer: corrections that only comment, pairs that nobody judged."""


def read_labels(sources: Sequence[str]) -> Labels:
    """The labels of all `sources`, in their order; `-` is standard input.

    Raises: FileProblems with every line that is wrong; InputError for a file that cannot be read.
    """
    reader = _Reader()
    for source in sources:
        reader.read(source)
    return reader.done()


class _Reader:
    """Collects rows of every form."""

    def __init__(self) -> None:
        self._problems = Problems()
        self._answers: list[SampleLabels] = []
        self._corrections: dict[str, SampleLabels] = {}
        self._pairs: list[PairLabel] = []
        self._replaced = self._empty = 0

    def read(self, source: str) -> None:
        """Take in one file."""
        _refuse_others(source)
        if source != STANDARD_INPUT and _has_pairs_without_ids(source):
            self._read_pairs(source)
            return
        for number, line in read_lines(source):
            parsed = parse_line(source, number, line)
            if isinstance(parsed, Problem):
                self._problems.add([parsed])
            else:
                self._row(source, number, line, parsed)

    def done(self) -> Labels:
        """Everything. Raises: FileProblems."""
        self._problems.refuse()
        corrected = [row for row in self._corrections.values() if row.criteria]
        empty = self._empty + len(self._corrections) - len(corrected)
        rows = (*self._answers, *corrected)
        return Labels(rows, tuple(self._pairs), self._replaced, empty)

    def _read_pairs(self, source: str) -> None:
        """Pairs that get their ids from their content, as a run of them gives them."""
        for row in read_pairs(source):
            self._problems.add(row.problems)
            if row.pair is not None and row.pair.human is not None:
                told = PairLabel(row.path, row.line, row.pair.pair_id, "", row.pair.human)
                self._pairs.append(told)
            else:
                self._empty += row.pair is not None

    def _row(self, source: str, number: int, line: bytes, row: dict[str, Any]) -> None:
        path, form = shown(source), _form(row)
        try:
            if form == "answers":
                self._answer(path, number, Answers.model_validate(row))
            elif form == "correction":
                self._correction(path, number, Correction.model_validate(row))
            elif form == "pair" and row.get("human") is None:
                self._empty += 1
            elif form is not None:
                found = HumanPreference.model_validate(_preference(row))
                said = PairLabel(path, number, found.pair_id, found.annotator or "", found.human)
                self._pairs.append(said)
            else:
                told = "not a label: its keys are " + (", ".join(list(row)[:8]) or "none at all")
                self._problems.add([Problem(path, number, 1, told, _FORMS)])
        except ValidationError as error:
            columns = key_columns(line)
            faults = plain_faults(error)
            self._problems.add(as_problem(fault, path, number, columns) for fault in faults)

    def _answer(self, path: str, number: int, found: Answers) -> None:
        name = found.annotator or ""
        row = SampleLabels(path, number, found.sample_id, name, found.answers, found.values)
        if row.criteria:
            self._answers.append(row)
        else:
            self._empty += 1

    def _correction(self, path: str, number: int, found: Correction) -> None:
        self._replaced += found.correction_id in self._corrections
        answers = {one.criterion: one.human for one in found.criteria if one.answered}
        self._corrections[found.correction_id] = SampleLabels(
            path,
            number,
            found.sample_id,
            found.annotator,
            answers,
            sample_hash=found.sample_hash,
            settled=found.adjudicated,
            drawn=found.drawn,
        )


def _form(row: Mapping[str, Any]) -> Form | None:
    """Which form a line has, by its keys; None for none."""
    if "correction_id" in row or "correction" in row:
        return "correction"
    if "pair_id" in row or "human" in row or row.keys() & _PAIR_KEYS:
        return "pair" if row.keys() & _PAIR_KEYS else "preference"
    names = row.keys() - {"sample_id", "annotator"}
    return "answers" if names & _ANSWER_KEYS or ("sample_id" in row and not names) else None


def _preference(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a preference is made of; other keys of a pair are let go, as `rlaif compare` does."""
    ours = {name: row[name] for name in HumanPreference.model_fields if name in row}
    name = ours.get("pair_id")
    whole = isinstance(name, int) and not isinstance(name, bool)
    return {**ours, "pair_id": str(name)} if whole else ours


def _has_pairs_without_ids(source: str) -> bool:
    """Whether the first line of a file is a pair that names no id."""
    for number, line in read_lines(source):
        row = parse_line(source, number, line)
        return isinstance(row, dict) and _form(row) == "pair" and row.get("pair_id") is None
    return False


def _refuse_others(source: str) -> None:
    if source == STANDARD_INPUT:
        return
    place = place_of(source)
    if place.suffix in _OTHER_FILES or place.kind() == "folder":
        what = "a folder is" if place.kind() == "folder" else f"{place.suffix} files are"
        raise InputError(
            f"{place.name}: {what} not read as labels\n  hint: labels are JSON Lines; {_FORMS}"
        )
