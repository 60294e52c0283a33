from __future__ import annotations

import json
from typing import Any

import pytest

from rlaif.authoring.importers.imported import BadRow, Entry, Tally
from rlaif.authoring.importers.stdio import stdio
from rlaif.records.sample import Sample

PROGRAM = {"inputs": ["1 2\n", ["3", "4"]], "outputs": ["3\n", ["7"]]}
ROW: dict[str, Any] = {
    "problem_id": 17,
    "question": "Add two numbers.",
    "input_output": json.dumps(PROGRAM),
    "solutions": json.dumps(["print input()", "print(sum(map(int, input().split())))", "x = 1"]),
    "difficulty": "introductory",
    "starter_code": "",
}
CONTEST: dict[str, Any] = {
    "name": "1_A. Add",
    "description": "Add two numbers.",
    "public_tests": {"input": ["1 2\n"], "output": ["3\n"]},
    "private_tests": {"input": [], "output": []},
    "generated_tests": {"input": ["5 6\n"], "output": ["11\n"]},
    "solutions": {"language": [2, 1, 3], "solution": ["int main;", "print 1", "print(3)"]},
    "source": 2,
}


def checked(entry: Entry) -> Entry:
    Sample.model_validate(
        {"sample_id": "s", "prompt": "p", "completion": "c", "criteria": entry.criteria}
    )
    return entry


def read(tally: Tally | None = None, **other: Any) -> Entry:
    return checked(stdio({**ROW, **other}, tally or Tally(where="line 1", place=1)))


def called(inputs: list[Any], outputs: list[Any], **other: Any) -> list[dict[str, str]]:
    given = {"fn_name": "add", "inputs": inputs, "outputs": outputs}
    entry = read(**{"input_output": json.dumps(given), "solutions": None, **other})
    cases: list[dict[str, str]] = entry.criteria[0]["cases"]
    return cases


def test_a_program_reads_and_writes() -> None:
    tally = Tally(where="line 1")
    entry = read(tally)
    assert entry.criteria == [
        {
            "id": "tests",
            "check": "program",
            "language": "python",
            "compare": "tokens",
            "cases": [{"stdin": "1 2\n", "stdout": "3\n"}, {"stdin": "3\n4", "stdout": "7"}],
        }
    ]
    assert entry.prompt_id == "17"
    assert entry.prompt == (
        "Add two numbers.\n\n"
        "Write a Python program that reads from standard input and writes to standard output."
    )
    assert entry.metadata == {"difficulty": "introductory"}


def test_the_first_solution_in_python_3_is_the_completion() -> None:
    tally = Tally()
    (completion,) = read(tally).completions
    assert completion.completion == "```python\nprint(sum(map(int, input().split())))\n```"
    assert tally.notes["further solutions, which were left out"] == 2
    assert read(tally, solutions=["print 1"]).completions == ()
    assert tally.notes["rows with solutions, none of which is Python 3"] == 1
    assert read(solutions="").completions == ()


def test_a_solution_gets_the_imports_that_its_data_sets_runner_gives_it() -> None:
    code = "class Solution:\n    def add(self, a: List[int]) -> Any:\n        return math.pi"
    (completion,) = read(solutions=[code]).completions
    assert completion.completion == (
        f"```python\nimport math\nfrom typing import Any, List\n\n{code}\n```"
    )


def test_sets_of_tests_are_taken_together_and_the_solution_by_its_language() -> None:
    entry = checked(stdio(CONTEST, Tally()))
    assert entry.prompt_id == "1_A. Add"
    assert [case["stdout"] for case in entry.criteria[0]["cases"]] == ["3\n", "11\n"]
    (completion,) = entry.completions
    assert completion.completion == "```python\nprint(3)\n```"
    assert entry.metadata == {"source": 2}


@pytest.mark.parametrize("output", ["0.5", "yes 1.25e-3\n", "-.5"])
def test_numbers_may_differ_a_little_where_a_fraction_is_expected(output: str) -> None:
    given = {"inputs": ["1", "2"], "outputs": ["3", output]}
    assert read(input_output=given).criteria[0]["tolerance"] == 1e-5


@pytest.mark.parametrize("output", ["5", "1.2.3", "v1.5", "5.", "2024.01.02"])
def test_whole_numbers_must_be_met(output: str) -> None:
    given = {"inputs": ["1"], "outputs": [output]}
    assert "tolerance" not in read(input_output=given).criteria[0]


def test_a_function_is_called_with_what_the_row_gives() -> None:
    assert called([[1, "a'"], [None, {"k": [True]}]], [[1, 2], 3]) == [
        {"call": 'add(1, "a\'")', "returns_python": "[1, 2]"},
        {"call": "add(None, {'k': [True]})", "returns_python": "3"},
    ]


def test_a_starter_with_a_class_makes_a_method_of_it() -> None:
    starter = "class Solution:\n    def add(self, a: List[int], b: Optional[int]) -> int:\n        "
    (case,) = called([[[1], 2]], [3], starter_code=starter)
    assert case == {"call": "Solution().add([1], 2)", "returns_python": "3"}
    given = {"fn_name": "add", "inputs": [[[1], 2]], "outputs": [3]}
    prompt = read(input_output=given, starter_code=starter).prompt
    assert prompt == (
        "Add two numbers.\n\nBegin with this code:\n\n```python\n"
        f"from typing import List, Optional\n\n{starter}\n```\n\n"
        "Write a Python class `Solution` with a method `add`."
    )


def test_a_solution_in_a_class_tells_as_much_where_there_is_no_starter() -> None:
    code = "class Solution:\n    def add(self, a):\n        return a"
    (case,) = called([[1]], [1], solutions=[code])
    assert case["call"] == "Solution().add(1)"


def test_expected_values_that_are_all_in_a_list_of_one_are_taken_out_of_it() -> None:
    assert [case["returns_python"] for case in called([[1], [2]], [[3], [[4]]])] == ["3", "[4]"]
    assert [case["returns_python"] for case in called([[1], [2]], [[3], [4, 5]])] == [
        "[3]",
        "[4, 5]",
    ]


def test_a_function_that_says_it_returns_a_list_keeps_its_lists_of_one() -> None:
    starter = "def add(a) -> List[int]:"
    (case,) = called([[1]], [[3]], starter_code=starter)
    assert case["returns_python"] == "[3]"
    (case,) = called([[1]], [[[3]]], starter_code=starter)
    assert case["returns_python"] == "[3]"


def test_a_number_of_any_length_is_kept_whole() -> None:
    given = '{"fn_name": "add", "inputs": [[123456789012345678901]], "outputs": [1.5e300]}'
    (case,) = read(input_output=given, solutions=None).criteria[0]["cases"]
    assert case == {"call": "add(123456789012345678901)", "returns_python": "1.5e+300"}


def test_a_row_without_an_id_has_its_number() -> None:
    tally = Tally(place=7)
    assert read(tally, problem_id=None).prompt_id == "7"
    assert read(tally, problem_id=True).prompt_id == "True"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"question": None}, "'question' is missing"),
        ({"input_output": None}, "'input_output' is missing"),
        ({"input_output": ""}, "'input_output' must be an object"),
        ({"input_output": "[1]"}, "expected an object"),
        ({"input_output": "{"}, "'input_output' is broken JSON"),
        ({"input_output": '{"inputs": [NaN]}'}, "NaN is no number of JSON"),
        ({"input_output": "[" * 100 + "]" * 100}, "nested deeper than 64 levels"),
        ({"input_output": "[" * 99999}, "'input_output' is nested too deep"),
        ({"input_output": {"inputs": "x", "outputs": []}}, "'inputs' of 'input_output' must be"),
        ({"input_output": {"inputs": [], "outputs": []}}, "0 inputs and 0 outputs"),
        ({"input_output": {"inputs": ["1"], "outputs": []}}, "1 inputs and 0 outputs"),
        ({"input_output": {"inputs": [5], "outputs": ["5"]}}, "input 1 must be text, or a list"),
        ({"input_output": {"inputs": ["5"], "outputs": [{}]}}, "output 1 must be text"),
        (
            {"input_output": {"inputs": ["5"], "outputs": [1], "fn_name": "f"}},
            "input 1 must be the list of the function's arguments",
        ),
        (
            {"input_output": {"inputs": [[5]], "outputs": [1], "fn_name": "f()"}},
            "'fn_name' must be the name of a function",
        ),
        ({"solutions": 5}, "'solutions' must be a list of texts"),
        ({"solutions": {"language": [3]}}, "'solutions' must be a list of texts, or {language"),
        ({"starter_code": []}, "'starter_code' must be text"),
    ],
)
def test_a_broken_row_is_refused_with_its_reason(change: dict[str, Any], said: str) -> None:
    with pytest.raises(BadRow) as raised:
        read(**change)
    assert said in str(raised.value)


def test_sets_of_tests_that_do_not_match_are_refused() -> None:
    row = {**CONTEST, "private_tests": {"input": ["1"], "output": []}}
    with pytest.raises(BadRow, match="'private_tests' has 1 inputs and 0 outputs"):
        stdio(row, Tally())
