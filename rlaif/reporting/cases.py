"""What became of the cases of a check that runs code: one by one, and over many samples."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rlaif.records.outcome import Case, Verdict
from rlaif.reporting.sheet import Line
from rlaif.reporting.text import count_of

MOST_SHOWN = 20
"""Cases of one verdict that are written out, those that did not pass first."""

_CODE, _NO_CODE = "code:", "no code:"
_REASONS = (
    ("out of time", re.compile(r"(gave no answer|no end) within [\d.e+-]+ s\b")),
    ("does not load", re.compile(r"\bfound nothing to call\b")),
    ("ended its process", re.compile(r"\bended its process\b|\bkilled by signal \d")),
    ("raised an exception", re.compile(r" raised \w")),
)


def case_lines(verdict: Verdict, depth: int) -> Iterator[Line]:
    """How the code was taken, how many cases passed, and each with seconds and memory."""
    cases = verdict.cases
    if verdict.rationale:
        yield Line(verdict.rationale, depth=depth, style="dim")
    if not cases or is_without_code(verdict):
        return
    yield Line(_passed(cases), depth=depth, style="dim")
    shown = _shown(cases)
    for place in shown:
        case = cases[place]
        mark = "passed  " if case.passed else "FAILED  "
        yield Line(_told(case), _cost(case), depth + 1, style="dim", mark=mark)
    rest = [case for place, case in enumerate(cases) if place not in set(shown)]
    if rest:
        yield Line(f"... and {len(rest):,} more: {_passed(rest)}", depth=depth + 1, style="dim")


def why_not(verdict: Verdict) -> str:
    """In a word or two, why code got a no: by its first case that did not pass."""
    if is_without_code(verdict):
        return "no code"
    case = next((case for case in verdict.cases if not case.passed), None)
    if case is None:
        return "unknown"
    if case.name == "compile":
        return "does not compile"
    found = (reason for reason, words in _REASONS if words.search(case.message))
    return next(found, "not as expected")


def has_run_code(verdict: Verdict) -> bool:
    """Whether a check that runs code gave the verdict, with or without code to run."""
    told = verdict.rationale or ""
    return verdict.label_mass is None and told.startswith((_CODE, _NO_CODE))


def is_without_code(verdict: Verdict) -> bool:
    """Whether the completion had no code to be run."""
    return (verdict.rationale or "").startswith(_NO_CODE)


def _shown(cases: Sequence[Case]) -> list[int]:
    """The places of the cases to be shown, in their order."""
    first = sorted(range(len(cases)), key=lambda place: cases[place].passed)
    return sorted(first[:MOST_SHOWN])


def _passed(cases: Sequence[Case]) -> str:
    passed = sum(case.passed for case in cases)
    return f"{passed:,} of {count_of(len(cases), 'case')} passed"


def _told(case: Case) -> str:
    """The name and the message, which often begins with the name."""
    if not case.message or case.message.startswith(case.name):
        return case.message or case.name
    return f"{case.name}: {case.message}"


def _cost(case: Case) -> str:
    memory = "" if case.memory is None else f"{case.memory / 2**20:,.0f} MiB"
    seconds = "" if case.seconds is None else f"{case.seconds:.3f} s"
    return f"{seconds}{memory:>9}" if memory else seconds
