"""Reading a run while another process writes it, and reading it under odd names."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rlaif.errors import RunError
from rlaif.records.grade import Grade
from rlaif.records.outcome import Verdict
from rlaif.storage import cleaning, whole_files
from rlaif.storage.compacting import compact
from rlaif.storage.grade_writer import GradeWriter
from rlaif.storage.run_folder import RunFolder, make_run, open_run
from rlaif.storage.samples import read_rows

Graded = Callable[..., Grade]
Write = Callable[..., str]


def grade_all(run: RunFolder, graded: Graded, rows: int = 1) -> None:
    with run.writer(rows=rows) as writer:
        for pending in run.pending():
            writer.append(graded(pending))


def test_a_run_that_is_compacted_while_it_is_read_loses_nothing(
    run: RunFolder, graded: Graded, monkeypatch: pytest.MonkeyPatch
) -> None:
    grade_all(run, graded)
    whole = list(run.grades())
    real = whole_files.is_intact
    begun: list[Path] = []

    def beside(part: Path) -> bool:
        if not begun:
            begun.append(part)
            with monkeypatch.context() as patched:
                patched.setattr(cleaning, "is_intact", real)
                compact(open_run(run.path), current_only=False)
        return real(part)

    monkeypatch.setattr(cleaning, "is_intact", beside)
    assert list(open_run(run.path).grades()) == whole
    assert begun


def test_parts_that_never_stay_are_told_and_not_taken_for_missing_grades(
    run: RunFolder, graded: Graded, monkeypatch: pytest.MonkeyPatch
) -> None:
    grade_all(run, graded)
    monkeypatch.setattr(Path, "exists", lambda self: False)
    with pytest.raises(RunError, match="change while they are read"):
        cleaning.sound_parts(run.path)


@pytest.mark.parametrize("name", [os.fsdecode(b"\xff\xfe"), "a\\b[1]"])
def test_a_name_that_cannot_be_read_is_refused_before_a_folder_is_made(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(RunError, match="choose another name"):
        make_run(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_home_folder_that_no_shell_has_filled_in_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunError, match="stands for a home folder"):
        make_run(Path("~/run"))
    assert list(tmp_path.iterdir()) == []


def test_a_twin_takes_the_grade_under_the_same_rubric(
    run: RunFolder, graded: Graded, write: Write, row: Any
) -> None:
    """An earlier rubric's grade, of more attempts, does not hide the one that fits."""
    one = row(0)
    rows = [one, {**one, "sample_id": "twin"}]
    run.take_in(read_rows(write(rows, "twins.jsonl")), "twins.jsonl")
    first = next(run.pending("old", which="firsts"))
    for under, attempt, key in (("old", 7, "old-question"), ("new", 1, "new-question")):
        made = graded(replace(first, attempt=attempt))
        answered = replace(made.outcomes[0], key=key, outcome=Verdict((0.5, 0.5), 1.0))
        writer = GradeWriter(run.path / "parts", under)
        writer.append(replace(made, outcomes=(answered,)))
        writer.flush()
    (twin,) = run.pending("new", which="twins")
    assert {"old-question", "new-question"} <= set(twin.prior)
