"""A file of another format -> a folder of rlaif's own files, and a report of what was met."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rlaif.authoring.importers.answers_table import answers_table, is_answers
from rlaif.authoring.importers.five_levels import prometheus_block
from rlaif.authoring.importers.formats import FORMATS, Format, has_marks_of, looks_like
from rlaif.authoring.importers.imported import BadRow, Imported, Tally
from rlaif.authoring.importers.rubric_table import is_rubric, rubric_table
from rlaif.authoring.importers.table import Table
from rlaif.authoring.rubric_file import read_rubric
from rlaif.errors import FileProblems, InputError, Problem
from rlaif.records.base import nearest
from rlaif.records.rubric import Rubric
from rlaif.runs.import_reading import (
    first_of,
    is_file,
    read_table_rows,
    read_tables,
    read_text_file,
    read_whole,
)
from rlaif.runs.import_report import Report
from rlaif.runs.import_rows import Given, Rows, name_of, read_completions
from rlaif.runs.import_writing import RUBRIC, from_before, put_in_place

_MOST_PROBLEMS = 20


def import_file(
    name: str, path: Path, out: Path, *, completions: Path | None = None, force: bool = False
) -> Report:
    """Import the file of the format `name` into the folder `out`.

    Raises: InputError for an unknown format, a file of another format, or one of nothing but bad
    rows; MissingExtra. Nothing is written then.
    """
    if name not in FORMATS:
        raise InputError(f"no format '{name}'\n  hint: {nearest(name, FORMATS)}")
    form = FORMATS[name]
    is_file(path)
    if completions is not None:
        is_file(completions)
        if form.kind != "rows":
            raise InputError(f"--completions goes with data sets of prompts, which {name} is not")
    _refuse_other_kinds(name, form, path)
    tally = Tally()
    known: Rubric | None = None
    if form.kind == "rows":
        given = read_completions(completions) if completions else None
        made = _rows(name, form, path, tally, given)
    elif form.kind == "document":
        made = _document(name, form, path, tally)
    else:
        known = _known(out)
        made = _tables(path, tally, known)
    files = put_in_place(made, out, str(path), known, force=force)
    for stale in from_before(made, out):
        tally.warnings.add(f"{out / stale} is of an earlier import, and may not fit this rubric")
    return Report(name, out, tuple(files), made, tally)


_SUFFIXES = {".csv": "csv", ".tsv": "csv", ".xlsx": "xlsx", ".xlsm": "xlsx"}


def _refuse_other_kinds(name: str, form: Format, path: Path) -> None:
    """A spreadsheet is no data set, and the other way round."""
    by_suffix = _SUFFIXES.get(path.suffix.lower())
    if by_suffix and form.kind != "table":
        raise _wrong(name, path, by_suffix)
    if form.kind == "table" and by_suffix not in (None, name):
        raise _wrong(name, path, by_suffix)
    if form.kind == "table" and path.suffix.lower() in (".json", ".jsonl"):
        top, _ = first_of(read_table_rows(path))
        raise _wrong(name, path, looks_like(top) if top else None)


def _nothing(path: Path, problems: list[Problem]) -> FileProblems:
    """What to say of a file of which nothing can be used: why, or that there is nothing in it."""
    told = problems or [Problem(str(path), 0, 0, "there is nothing in it that could be imported")]
    return FileProblems(told[:_MOST_PROBLEMS], max(0, len(told) - _MOST_PROBLEMS))


def _wrong(name: str, path: Path, other: str | None) -> InputError:
    if other is None or other == name:
        return InputError(f"{path}: this does not look like {name}")
    return InputError(
        f"{path}: this looks like {other}, not {name}\n"
        f"  hint: rlaif import {other} {path} --out DIR"
    )


def _refuse_other_formats(name: str, path: Path, top: Any) -> None:
    """Raises: InputError where a file has not the marks of `name`, but those of another format."""
    if top is None or has_marks_of(name, top):
        return
    if isinstance(top, dict) and {"sample_id", "completion"} <= set(top):
        raise InputError(f"{path}: these are samples of rlaif already; `rlaif grade` reads them")
    other = looks_like(top)
    if other is not None and other != name:
        raise _wrong(name, path, other)


def _rows(name: str, form: Format, path: Path, tally: Tally, given: Given | None) -> Imported:
    if name == "prometheus" and path.suffix.lower() in (".txt", ".md"):
        return _prometheus_text(path, tally)
    top, rows = first_of(read_table_rows(path))
    _refuse_other_formats(name, path, top)
    if form.row is None:
        raise InputError(f"{name} has no rows")
    reading = Rows(form.row, tally, given)
    reading.take_all(rows, path)
    if not tally.read:
        raise _nothing(path, reading.problems)
    for unused in sorted(set(given.by_prompt) - given.used) if given else ():
        tally.warnings.add(
            f"a completion of '{unused}', which is the id of no prompt that was read"
        )
    reading.made.rubric = _per_sample(form, name_of(path))
    return reading.made


def _per_sample(form: Format, name: str) -> dict[str, Any]:
    """The rubric of samples that bring their own criteria.

    For code, the rules that guard a judge are off: no judge is there to be fooled, and a program
    that writes one line fifty times, or a table of zeros, may be the right answer.
    """
    kept = {"prescreen": {"off": ["symbols", "opener", "degenerate"]}} if form.code else {}
    return {
        "rubric": name,
        "version": "1.0.0",
        "title": f"{form.title}: every sample brings its own criteria",
        **kept,
        "criteria": "per-sample",
    }


def _prometheus_text(path: Path, tally: Tally) -> Imported:
    """A rubric alone, as the text that Prometheus reads."""
    try:
        criterion = prometheus_block(read_text_file(path), tally)
    except BadRow as error:
        raise FileProblems([Problem(str(path), 0, 0, str(error))]) from error
    tally.read += 1
    name = name_of(path)
    head = {"rubric": name, "version": "1.0.0", "title": "A rubric of Prometheus"}
    return Imported({**head, "criteria": [criterion]})


def _document(name: str, form: Format, path: Path, tally: Tally) -> Imported:
    whole = _document_of(name, path)
    _refuse_other_formats(name, path, whole)
    if form.document is None:
        raise InputError(f"{name} is no document")
    try:
        return form.document(whole, name_of(path), tally)
    except BadRow as error:
        faults = [*str(error).splitlines(), *tally.bad.told]
        told = [Problem(str(path), 0, 0, fault) for fault in faults]
        raise FileProblems(told[:_MOST_PROBLEMS], max(0, len(told) - _MOST_PROBLEMS)) from error


def _document_of(name: str, path: Path) -> Any:
    """The document; a file of JSON Lines is told by what its first row looks like."""
    try:
        return read_whole(path)
    except FileProblems:
        if path.suffix.lower() in (".toml", ".yaml", ".yml"):
            raise
        try:
            top, _ = first_of(read_table_rows(path))
        except (InputError, ValueError):
            top = None
        other = looks_like(top) if top else None
        if other is not None and other != name:
            raise _wrong(name, path, other) from None
        raise


def _known(out: Path) -> Rubric | None:
    """The rubric that is in the folder already, for answers that are put beside it."""
    there = out / RUBRIC
    return read_rubric(there).rubric if there.is_file() else None


def _tables(path: Path, tally: Tally, known: Rubric | None) -> Imported:
    """All sheets: a rubric at most, and the answers of the others about it."""
    made = Imported()
    problems: list[Problem] = []
    sheets = sorted(read_tables(path), key=is_answers)
    for given in sheets:
        found, wrong = _table(given, name_of(path), tally, known)
        problems += wrong
        if found.rubric is not None:
            if made.rubric is not None:
                raise InputError(f"{given.path}: a second rubric; one workbook holds one")
            made.rubric = found.rubric
            known = Rubric.model_validate(found.rubric)
        made.answers += found.answers
    if not made.rubric and not made.answers:
        raise _nothing(path, problems)
    for problem in problems:
        tally.bad.add(problem.message if problem.path == str(path) else str(problem))
    return made


def _table(
    given: Table, name: str, tally: Tally, known: Rubric | None
) -> tuple[Imported, list[Problem]]:
    if is_answers(given):
        return answers_table(given, tally, known)
    if is_rubric(given):
        return rubric_table(given, name, tally)
    told = ", ".join(list(filter(None, given.headings))[:12])[:200]
    message = f"no column says what this table is; the columns are: {told}"
    hint = "a rubric has a column 'ask' or 'criterion', answers have 'sample_id'"
    return Imported(), [Problem(given.path, 1, 1, message, hint)]
