"""What is doubtful in a check that runs code: so few cases that they are learnt, tests to forge."""

from __future__ import annotations

from collections.abc import Iterator

from rlaif.authoring.rules.look import Finding, Look
from rlaif.records.base import Check
from rlaif.records.code import Program, PytestRepo, PythonFunction, PythonTests
from rlaif.records.criterion import Checked

ENOUGH = 3
"""Cases from which nothing is said: the ordinary one and two that are not."""


def few_cases(look: Look) -> Iterator[Finding]:
    """A check with fewer than three cases and none hidden: their answers can stand in the code."""
    for part, criterion in look.own_criteria:
        if not isinstance(criterion, Checked):
            continue
        number = _cases(criterion.check)
        if number is not None and number < ENOUGH:
            only = "a single case" if number == 1 else f"only {number} cases"
            message = f"{only}: code that knows the answers by heart passes"
            yield look.warn(
                "few-cases", (*part.way, "check"), message, _MORE[type(criterion.check)]
            )


_MORE: dict[type[Check], str] = {
    PythonFunction: "add cases, or 'hidden' ones, whose inputs are drawn",
    Program: "add cases: the empty, the least, the greatest, the malformed",
    PythonTests: "add test functions, or let one draw its inputs with Hypothesis",
}


def _cases(check: Check) -> int | None:
    """How many cases there are; None of what has hidden ones, or runs no code."""
    if isinstance(check, PythonFunction):
        return None if check.hidden is not None else len(check.cases)
    if isinstance(check, Program):
        return len(check.cases)
    if isinstance(check, PythonTests) and not _draws(check):
        return len(check.names)
    return None


def _draws(check: PythonTests) -> bool:
    """Whether the tests draw inputs of their own, each of which is another case."""
    return "hypothesis" in check.test_packages


def forgeable(look: Look) -> Iterator[Finding]:
    """A repository's own tests, run beside the code that they test."""
    for part, criterion in look.own_criteria:
        if isinstance(criterion, Checked) and isinstance(criterion.check, PytestRepo):
            message = "code and tests share a process here, so code can forge a pass"
            hint = "use 'python_tests' or 'python_function', which keep them apart"
            yield look.warn("forgeable", (*part.way, "check"), message, hint)
