"""Checks on code that can be learnt by heart, or forged."""

from __future__ import annotations

import pytest

from tests.authoring.rules.warned import HEAD, codes, of_criteria, warnings

START = "  - id: a\n    check: python_function\n    function: f\n"
CASE = "      - {call: f(1), returns: 1}\n"
HIDDEN = "    hidden: {count: 9, arguments: [{booleans: {}}], reference: 'def f(x): return x'}\n"
TESTS = "  - id: a\n    check: python_tests\n    tests: |\n"
TEST = "      def test_{}(): pass\n"
REPO = "  - id: a\n    check: pytest_repo\n    file: a.py\n    files: {test_a.py: import a}\n"


def test_two_cases_can_be_learnt_by_heart_and_three_are_let_pass() -> None:
    assert of_criteria(START + "    cases:\n" + CASE * 2) == ["7:12 few-cases"]
    assert of_criteria(START + "    cases:\n" + CASE * 3) == []


@pytest.mark.parametrize(("number", "said"), [(1, "a single case:"), (2, "only 2 cases:")])
def test_the_number_is_said(number: int, said: str) -> None:
    (found,) = warnings(HEAD + START + "    cases:\n" + CASE * number)
    assert found.message.startswith(said)
    assert "'hidden'" in found.hint


def test_hidden_cases_are_enough_whatever_stands_beside_them() -> None:
    assert of_criteria(START + HIDDEN) == []
    assert of_criteria(START + "    cases:\n" + CASE + HIDDEN) == []


def test_runs_of_a_program_are_counted_too() -> None:
    program = "  - id: a\n    check: program\n    language: c\n    cases: [{}]\n"
    assert of_criteria(program.format("{stdout: a}, {stdout: b}")) == ["7:12 few-cases"]
    assert of_criteria(program.format("{stdout: a}, {stdout: b}, {stdout: c}")) == []


def test_each_test_function_is_a_case_unless_they_draw_their_inputs() -> None:
    two = TESTS + TEST.format("a") + TEST.format("b")
    assert of_criteria(two) == ["7:12 few-cases"]
    assert of_criteria(two + TEST.format("c")) == []
    assert of_criteria(two + "    test_packages: [hypothesis]\n") == []


def test_a_repository_s_own_tests_can_be_forged() -> None:
    assert of_criteria(REPO) == ["7:12 forgeable"]
    (found,) = warnings(HEAD + REPO)
    assert "share a process" in found.message
    assert "python_tests" in found.hint


def test_a_reason_silences_either() -> None:
    assert of_criteria(REPO + "    lint_off: {forgeable: for a first look only}\n") == []
    few = START + "    cases:\n" + CASE + "    lint_off: {few-cases: there is no other}\n"
    assert of_criteria(few) == []


def test_other_checks_and_questions_are_let_be() -> None:
    assert codes(HEAD + "  - {id: a, check: finished}\n  - {id: b, ask: Is it so really?}\n") == []


@pytest.mark.parametrize("value", ["(1, 2)", "3, 4", "None", "{1, 2}", "set()", "b'ab'"])
def test_a_value_that_reads_as_python_and_is_something_else_is_told(value: str) -> None:
    cases = f"    cases:\n      - call: f(1)\n        returns: {value}\n" + CASE * 2
    column = 9 if value.startswith("{") else 18
    assert of_criteria(START + cases) == [f"11:{column} python-as-text"]


@pytest.mark.parametrize(
    "value", ["'(1, 2)'", "[1, 2]", "{a: 1}", "{}", "null", "true", "1.5", "some text", "f(1)", ""]
)
def test_values_that_are_what_they_look_like_are_let_be(value: str) -> None:
    cases = f"    cases:\n      - call: f(1)\n        returns: {value}\n" + CASE * 2
    assert of_criteria(START + cases) == []
