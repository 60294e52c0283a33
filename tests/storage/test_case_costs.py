"""What cases took: kept beside the outcomes, and older parts that know nothing of it are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from rlaif.records.grade import Answered, Grade
from rlaif.records.outcome import Case, Verdict
from rlaif.records.preference import Compared, Preference
from rlaif.storage import grade_table
from rlaif.storage.case_costs import NAME
from rlaif.storage.pair_lines import preference_line, read_line
from rlaif.storage.pending import Pending
from rlaif.storage.run_folder import RunFolder
from tests.storage.conftest import Graded, state

CASES = (Case("one", True, "gave 2", 0.25, 7 * 2**20), Case("two", False, "not run"))


def with_code(grade: Grade, cases: tuple[Case, ...] = CASES) -> Grade:
    code = Answered("code", Verdict((1.0, 0.0), None, "code: ...", cases), "code-key", "no", 0.0)
    return replace(grade, outcomes=(*grade.outcomes, code))


def pending(run: RunFolder) -> list[Pending]:
    return list(run.pending())


def of_older_version(grades: Sequence[Grade], under: str) -> Any:
    """The table of a version that knew no costs."""
    return grade_table.grades_table(grades, under).drop_columns([NAME])


def cases_of(grades: Iterable[Grade]) -> list[tuple[Case, ...]]:
    outcomes = [grade.outcomes[-1].outcome for grade in grades]
    return [outcome.cases for outcome in outcomes if isinstance(outcome, Verdict)]


def test_costs_come_back_with_the_grade_and_with_its_verdicts(
    run: RunFolder, graded: Graded
) -> None:
    with run.lock(), run.writer() as writer:
        for one in pending(run):
            writer.append(with_code(graded(one)))
    assert {grade.outcomes[-1].outcome for grade in run.grades()} == {
        Verdict((1.0, 0.0), None, "code: ...", CASES)
    }
    with run.lock():
        state(run, "u2")
    assert all(one.prior["code-key"].cases == CASES for one in pending(run))


def test_parts_without_costs_are_read_alone_and_beside_newer_ones(
    run: RunFolder, graded: Graded, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = tuple(Case(case.name, case.passed, case.message) for case in CASES)
    with run.lock():
        with monkeypatch.context() as patched, run.writer() as writer:
            patched.setattr("rlaif.storage.grade_writer.grades_table", of_older_version)
            for one in pending(run)[:2]:
                writer.append(with_code(graded(one)))
            writer.flush()
        assert cases_of(run.grades()) == [without] * 2
        state(run, "u2")
        assert [one.prior["code-key"].cases for one in pending(run) if one.prior] == [without] * 2
        state(run, "u1")
        with run.writer() as writer:
            for one in pending(run):
                writer.append(with_code(graded(one)))
        assert cases_of(run.grades()) == [without] * 2 + [CASES] * 3
        state(run, "u2")
        assert [one.prior["code-key"].cases for one in pending(run)] == cases_of(run.grades("u1"))


def test_a_grade_that_ran_no_code_has_no_costs(run: RunFolder, graded: Graded) -> None:
    with run.lock(), run.writer() as writer:
        for one in pending(run):
            writer.append(graded(one))
    (part,) = Path(run.path / "parts").glob("*.parquet")
    column: Any = pq.read_table(part).column(NAME)
    assert column.null_count == 5


def test_preferences_keep_costs_and_lines_without_them_are_read() -> None:
    verdict = Verdict((1.0, 0.0), None, "code: ...", CASES)
    compared = Compared("code", (verdict, verdict), ("k", "l"), "tie", 0.0)
    preference = Preference("p", "r@1", "j@1", "tie", 0.0, "ok", "", (), (compared,))
    line = preference_line(preference, "u1")
    assert read_line(line) == ("u1", preference)
    older = line.replace(b",0.25,7340032]", b"]")
    assert older != line
    assert read_line(older)[1].criteria[0].outcomes[0] == Verdict(
        (1.0, 0.0), None, "code: ...", (Case("one", True, "gave 2"), CASES[1])
    )
