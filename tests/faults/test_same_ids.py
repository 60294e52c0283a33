"""One id twice in the input: graded once where the content is the same, else an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlaif.errors import FileProblems
from tests.faults.conftest import Job, MakeJob, greeting, write_rows
from tests.faults.invariants import finished, holds

ROWS_OF_THE_TABLE = ("the same sample id twice",)


def test_the_same_sample_several_times_is_graded_once(make_job: MakeJob) -> None:
    rows = [greeting(n) for n in range(6)]
    whole = make_job(rows).whole()
    job = make_job([*rows, rows[4], *rows[:2], rows[4]])
    heard = job.grade()
    assert heard.notes[0] == "4 rows with the id and the content of another: graded once"
    assert heard.begun == [(6, 0)]
    finished(job.run, whole)


def test_one_id_with_two_contents_is_an_error_that_names_both_lines_and_changes_nothing(
    job: Job, make_job: MakeJob
) -> None:
    whole = job.whole()
    job.grade()
    rows = [greeting(n) for n in range(12)]
    other = greeting(3, completion="Go away, would you?")
    source = write_rows(Path(str(job.order.samples)).with_name("two.jsonl"), [*rows, other])
    with pytest.raises(FileProblems) as told:
        job.grade(samples=str(source))
    assert str(told.value).startswith(
        f"{source}:13:1: sample_id 's3' stands at {source}:4 with other content\n"
    )
    holds(job.run, whole)
    assert job.grade().begun == []
    finished(job.run, whole)
