"""What was imported is read back by rlaif's own loaders, and only then put in place."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

from rlaif.authoring.importers.imported import Imported
from rlaif.authoring.reading import MOST_BYTES
from rlaif.authoring.rubric_file import read_rubric
from rlaif.authoring.writing import rubric_text
from rlaif.errors import FileProblems, InputError
from rlaif.records.rubric import Rubric
from rlaif.runs.fitting import FittingRows
from rlaif.runs.score import score_answers
from rlaif.storage.answers import read_answers
from rlaif.storage.samples import only_samples, read_rows
from rlaif.storage.whole_files import TEMPORARY, disk_errors, sync_folder

RUBRIC, SAMPLES, PROMPTS, ANSWERS = (
    "rubric.yaml",
    "samples.jsonl",
    "prompts.jsonl",
    "answers.jsonl",
)

_FILES = (RUBRIC, SAMPLES, PROMPTS, ANSWERS)


def refuse_overwriting(out: Path, names: Iterable[str]) -> None:
    """Raises: InputError where one of the files that are to be written is there, and not empty."""
    for name in names:
        there = out / name
        if there.exists() and (not there.is_file() or there.stat().st_size):
            raise InputError(
                f"{there}: this is there already, and nothing was written\n"
                "  hint: choose another folder with --out, or overwrite with --force"
            )


def from_before(made: Imported, out: Path) -> list[str]:
    """Files of an earlier import that stay in `out` beside a new rubric, which is not theirs."""
    written = _names(made)
    if RUBRIC not in written:
        return []
    return [name for name in _FILES if name not in written and (out / name).exists()]


def put_in_place(
    made: Imported, out: Path, source: str, known: Rubric | None, *, force: bool
) -> list[str]:
    """Write what is there to write into `out`; the names of the files, in order.

    Args: `known`, the rubric that answers alone are about, where there is one.
    Raises: InputError for what rlaif itself would not read; nothing is in place then.
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: this is a file; --out names a folder")
    if not force:
        refuse_overwriting(out, _names(made))
    with disk_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        work = out / f"{TEMPORARY}{secrets.token_hex(4)}"
        work.mkdir()
        try:
            names = _names(made)
            _write(made, work, source)
            _read_back(work, names, known, source)
            for name in names:
                (work / name).replace(out / name)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        sync_folder(out)
    return names


def _names(made: Imported) -> list[str]:
    parts = (made.rubric, made.samples, made.prompts, made.answers)
    return [name for name, part in zip(_FILES, parts, strict=True) if part]


def _write(made: Imported, work: Path, source: str) -> None:
    if made.rubric is not None:
        text = rubric_text(made.rubric)
        if len(text.encode()) > MOST_BYTES:
            size = MOST_BYTES // 2**20
            raise InputError(f"{source}: too much for one rubric file (at most {size} MiB)")
        (work / RUBRIC).write_text(text, encoding="utf-8", newline="\n")
    for name, rows in ((SAMPLES, made.samples), (PROMPTS, made.prompts), (ANSWERS, made.answers)):
        if rows:
            (work / name).write_bytes(_lines(rows))


def _lines(rows: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def _read_back(work: Path, names: list[str], known: Rubric | None, source: str) -> None:
    """Raises: InputError with what rlaif's own loaders say of the files."""
    try:
        rubric = _rubric(work / RUBRIC) if RUBRIC in names else known
        samples = str(work / SAMPLES) if SAMPLES in names else None
        if samples and rubric is not None:
            for _ in only_samples(FittingRows(read_rows(samples), rubric)):
                pass
        if ANSWERS in names:
            if rubric is not None and (samples or rubric.criteria != "per-sample"):
                score_answers(rubric, str(work / ANSWERS), samples)
            else:
                for _ in read_answers(str(work / ANSWERS)):
                    pass
    except FileProblems as error:
        told = "\n".join(
            f"  {problem.message}" + (f" ({problem.hint})" if problem.hint else "")
            for problem in error.problems[:20]
        )
        raise InputError(
            f"{source}: what this makes is nothing that rlaif reads:\n{told}"
        ) from error


def _rubric(path: Path) -> Rubric:
    read = read_rubric(path)
    if read.rubric is None:
        raise FileProblems(read.problems)
    return read.rubric
