"""What verdicts rest on: kept beside the outcomes, and nothing is written where there is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from rlaif.records.grade import Answered, Grade
from rlaif.records.outcome import Ballot, Quote, Skipped, Verdict
from rlaif.records.preference import Compared, Preference
from rlaif.storage.grounds import NAME
from rlaif.storage.pair_lines import preference_line, read_line, verdicts_of
from rlaif.storage.pending import Pending
from rlaif.storage.run_folder import RunFolder
from tests.storage.conftest import Graded, state

SAID = Verdict(
    (0.25, 0.75),
    0.5,
    "It greets her.",
    (),
    (Quote("hello", True), Quote("dear", False)),
    (Ballot("vote 0", (0.0, 1.0), 0.5), Ballot("vote 1", (0.5, 0.5))),
)
NOT_SO = Skipped("na", replace(SAID, distribution=(0.0, 0.25, 0.75), evidence=()))


def said(grade: Grade) -> Grade:
    more = Answered("said", SAID, "said-key", "yes", 0.75), Answered("na", NOT_SO, "na-key")
    return replace(grade, outcomes=(*grade.outcomes, *more))


def pending(run: RunFolder) -> list[Pending]:
    return list(run.pending())


def columns(run: RunFolder) -> list[bool]:
    parts: list[Any] = [pq.read_schema(path) for path in Path(run.path / "parts").glob("*.parquet")]
    return [NAME in part.names for part in parts]


def test_grounds_come_back_with_the_grade_and_with_its_verdicts(
    run: RunFolder, graded: Graded
) -> None:
    with run.lock(), run.writer() as writer:
        for one in pending(run):
            writer.append(said(graded(one)))
    for grade in run.grades():
        assert [one.outcome for one in grade.outcomes[-2:]] == [SAID, NOT_SO]
    with run.lock():
        state(run, "u2")
    for one in pending(run):
        assert (one.prior["said-key"], one.prior["na-key"]) == (SAID, NOT_SO.verdict)


def test_a_part_without_grounds_has_no_column_for_them(run: RunFolder, graded: Graded) -> None:
    with run.lock(), run.writer() as writer:
        for one in pending(run):
            writer.append(graded(one))
    assert columns(run) == [False]


def test_parts_with_and_without_grounds_are_read_together(run: RunFolder, graded: Graded) -> None:
    with run.lock(), run.writer() as writer:
        first, second, *rest = pending(run)
        for grade in (graded(first), said(graded(second)), *map(graded, rest)):
            writer.append(grade)
            writer.flush()
        assert sorted(columns(run)) == [False] * 4 + [True]
        state(run, "u2")
        priors = [one.prior.get("said-key") for one in pending(run)]
    assert priors == [None, SAID, None, None, None]
    grades = list(run.grades("u1"))
    assert [grade.outcomes[-2].outcome == SAID for grade in grades] == [False, True] + [False] * 3


def test_preferences_keep_grounds_and_are_the_same_bytes_without() -> None:
    compared = Compared("c", (SAID, NOT_SO), ("k", "l"), "a", 0.5)
    preference = Preference("p", "r@1", "j@1", "a", 0.5, "ok", "", (), (compared,))
    assert read_line(preference_line(preference, "u1")) == ("u1", preference)
    assert verdicts_of(preference) == {"k": SAID, "l": NOT_SO.verdict}
    bare = replace(compared, outcomes=(Verdict((0.5, 0.5), 0.5), Verdict((0.5, 0.5))))
    line = preference_line(replace(preference, criteria=(bare,)), "u1")
    assert b"evidence" not in line
    assert b"ballots" not in line


def test_text_that_no_file_can_hold_costs_no_preference() -> None:
    odd = replace(SAID, evidence=(Quote("a\ud800", True),), ballots=(Ballot("b\ud800", (1.0,)),))
    compared = Compared("c", (odd, odd), ("k", "l"), "a", 0.5)
    preference = Preference("p", "r@1", "j@1", "a", 0.5, "ok", "", (), (compared,))
    _, kept = read_line(preference_line(preference, "u1"))
    clean = replace(SAID, evidence=(Quote("a?", True),), ballots=(Ballot("b?", (1.0,)),))
    assert kept.criteria[0].outcomes == (clean, clean)
