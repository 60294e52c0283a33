"""What a judge said besides its answer, for people."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from rlaif.grading.verdict import answered as answered_by
from rlaif.records.calibration import CalibrationMap
from rlaif.records.criterion import Judged
from rlaif.records.grade import Answered
from rlaif.records.outcome import Ballot, Quote, Skipped, Verdict
from rlaif.reporting.behind import behind
from rlaif.reporting.sheet import Sheet
from rlaif.reporting.summary import summarise
from rlaif.reporting.terminal import summary_view
from tests.reporting.grades import grade_of, sample_of, yes

KIND = Judged(id="kind", ask="Is it kind to her?")
VERDICT = Verdict(
    (0.25, 0.75),
    0.5,
    "It greets her.\n\nIt is warm.\x1b[31m",
    evidence=(Quote("hello", True), Quote("dear", False)),
    ballots=(Ballot("vote 0", (0.0, 1.0), 0.5), Ballot("vote 1", (0.5, 0.5))),
)


def shown(answered: Answered, variance: float | None = None) -> list[str]:
    out = StringIO()
    sheet = Sheet(behind(KIND, answered, 1, variance))
    Console(file=out, width=80).print(sheet, end="")
    return out.getvalue().splitlines()


def test_each_quotation_and_each_vote_has_a_line() -> None:
    assert shown(Answered("kind", VERDICT, "k", "yes", 0.75, 0.75), 0.0625) == [
        "  It greets her.",
        "  It is warm.\\x1b[31m",
        '  quotes    "hello"',
        '  NOT FOUND "dear"',
        "  vote      vote 0: yes 1.00, mass 0.50",
        "  vote      vote 1: no 0.50",
        "  variance of the votes' values: 0.0625",
    ]


def test_it_is_shown_also_where_the_answer_was_that_it_does_not_apply() -> None:
    verdict = Verdict((0.0, 0.0, 1.0), 0.5, ballots=(Ballot("vote 0", (0.0, 0.0, 1.0)),))
    given = Answered("kind", Skipped("na", verdict), "k", None, None, 1.0)
    assert shown(given)[1:] == ["  vote      vote 0: does not apply 1.00"]


def test_a_run_says_how_many_quotations_were_not_found() -> None:
    graded = [
        (sample_of("a"), grade_of("a", 0.5, Answered("kind", VERDICT, "k", "yes", 0.75, 0.75))),
        (sample_of("b"), grade_of("b", 0.5, yes("kind"))),
    ]
    out = StringIO()
    Console(file=out, width=100).print(summary_view(summarise(graded)))
    assert "evidence: 1 of 2 quotations not found in the completion." in out.getvalue()
    out = StringIO()
    Console(file=out, width=100).print(summary_view(summarise(graded[1:])))
    assert "evidence" not in out.getvalue()


def lines(criterion: Judged, answered: Answered, read: CalibrationMap) -> list[str]:
    out = StringIO()
    Console(file=out, width=80).print(Sheet(behind(criterion, answered, 1, None, read)), end="")
    return out.getvalue().splitlines()


def test_what_a_calibration_reads_stands_beside_what_the_judge_stated() -> None:
    read = CalibrationMap(method="platt", slope=1, intercept=-1, yes_from=0.797)
    given = answered_by(KIND, Verdict((0.25, 0.75), 0.5), "k", read)
    assert given.answer == "no"
    assert lines(KIND, given, read) == [
        "  stated: yes 0.75, no 0.25",
        "  read as: no 0.48 worth 0, yes 0.52 worth 1; yes from 0.797",
    ]


def test_the_shares_of_levels_are_those_that_the_value_is_of() -> None:
    warm = Judged.model_validate(
        {"id": "w", "ask": "How warm is it?", "levels": ["cold", "mild", "warm"], "allow_na": True}
    )
    read = CalibrationMap(method="temperature", temperature=2)
    given = answered_by(warm, Verdict((0.08, 0.0, 0.72, 0.2), 0.5), "k", read)
    assert given.value == pytest.approx(0.75, abs=1e-3)
    assert lines(warm, given, read) == [
        "  stated: warm 0.72, does not apply 0.20, cold 0.08, mild 0.00",
        "  read as: cold 0.25 worth 0, mild 0.00 worth 0.5, warm 0.75 worth 1",
    ]
