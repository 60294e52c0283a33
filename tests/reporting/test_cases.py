"""Cases of code, for people: in lines under an answer, and as the reasons of many noes."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from rlaif.records.grade import Answered
from rlaif.records.outcome import Case, Verdict
from rlaif.reporting.cases import MOST_SHOWN, case_lines, why_not
from rlaif.reporting.sheet import Sheet
from rlaif.reporting.summary import summarise
from rlaif.reporting.terminal import summary_view
from tests.reporting.grades import grade_of, sample_of, yes

TAKEN = "code: the only fenced block, 2 lines"


def verdict(*cases: Case, rationale: str = TAKEN) -> Verdict:
    value = float(all(case.passed for case in cases))
    return Verdict((1 - value, value), None, rationale, cases)


def lines(given: Verdict) -> list[tuple[str, str]]:
    return [(line.mark + line.text, line.numbers) for line in case_lines(given, 1)]


def test_each_case_has_its_time_and_memory_and_says_what_came() -> None:
    given = verdict(
        Case("f(1)", True, "f(1) gave 2", 0.0123, 14 * 2**20),
        Case("empty", False, "f([]) raised ValueError", 0.5),
        Case("late", False),
    )
    assert lines(given) == [
        (TAKEN, ""),
        ("1 of 3 cases passed", ""),
        ("passed  f(1) gave 2", "0.012 s   14 MiB"),
        ("FAILED  empty: f([]) raised ValueError", "0.500 s"),
        ("FAILED  late", ""),
    ]


def test_of_many_cases_those_that_failed_are_shown_and_the_rest_is_counted() -> None:
    cases = [Case(f"c{n}", n != 70, "", 0.001) for n in range(100)]
    shown = lines(verdict(*cases))
    assert ("FAILED  c70", "0.001 s") in shown
    assert len(shown) == 2 + MOST_SHOWN + 1
    assert shown[-1][0] == "... and 80 more: 80 of 80 cases passed"


def test_without_code_only_that_is_said() -> None:
    given = verdict(Case("code", False, "no fenced block"), rationale="no code: no fenced block")
    assert lines(given) == [("no code: no fenced block", "")]


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (Case("f(1)", False, "f(1) gave no answer within 2 s, expected 1"), "out of time"),
        (Case("case 1", False, "no end within 0.5 s"), "out of time"),
        (Case("f(1)", False, "f(1) found nothing to call: SyntaxError"), "does not load"),
        (Case("compile", False, "ended with status 1"), "does not compile"),
        (Case("f(1)", False, "f(1) raised ValueError"), "raised an exception"),
        (Case("case 1", False, "killed by signal 11"), "ended its process"),
        (Case("f(1)", False, "f(1) gave 3, expected 1"), "not as expected"),
    ],
)
def test_the_first_case_that_failed_says_why_not(case: Case, reason: str) -> None:
    assert why_not(verdict(Case("ok", True), case)) == reason


def test_a_run_shows_the_share_that_passed_and_the_most_frequent_reasons() -> None:
    late = verdict(Case("f(1)", False, "f(1) gave no answer within 2 s"))
    none = verdict(Case("code", False, "none"), rationale="no code: none")
    right = verdict(Case("f(1)", True, "f(1) gave 2"))
    given = [(right, "yes"), (late, "no"), (late, "no"), (none, "no")]
    graded = []
    for place, (outcome, answer) in enumerate(given):
        code = Answered("code", outcome, "k", answer, float(answer == "yes"), 1.0)
        name = f"s{place}"
        graded.append((sample_of(name), grade_of(name, 0.5, code, yes("kind", 0.2))))
    out = StringIO()
    Console(file=out, width=100).print(summary_view(summarise(graded)))
    assert "25%" in out.getvalue()
    assert "2 out of time, 1 no code" in out.getvalue()
    (row,) = (line for line in out.getvalue().splitlines() if "out of time" in line)
    assert row.split()[0] == "code"


def test_on_a_narrow_terminal_a_long_case_goes_on_below_its_own_words() -> None:
    said = "f([1, 2, 3]) gave [1, 2, 3], expected [3, 2, 1]"
    out = StringIO()
    given = verdict(Case("f", False, said, 0.5, 2**20))
    Console(file=out, width=44).print(Sheet(case_lines(given, 1)), end="")
    assert out.getvalue().splitlines()[-3:] == [
        "    FAILED  f([1, 2, 3]) gave [1, 2, 3],",
        "            expected [3, 2, 1]",
        "0.500 s    1 MiB".rjust(44),
    ]
