from __future__ import annotations

from typing import Any

import pytest

from rlaif.authoring.importers.imported import BadRow, Entry, Tally
from rlaif.authoring.importers.mbpp import mbpp
from rlaif.records.sample import Sample

ROW: dict[str, Any] = {
    "task_id": 11,
    "text": "Write a function to take off the first letter.",
    "code": "def rest(s):\r\n  return s[1:]",
    "test_list": ['assert rest("ab") == "b"', "assert rest('abc',) == ('bc') , 'wrong'"],
    "test_setup_code": "",
    "challenge_test_list": [],
}


def read(tally: Tally | None = None, **other: Any) -> Entry:
    entry = mbpp({**ROW, **other}, tally or Tally(where="line 1"))
    Sample.model_validate(
        {"sample_id": "s", "prompt": "p", "completion": "c", "criteria": entry.criteria}
    )
    return entry


def check(*tests: str, **other: Any) -> dict[str, Any]:
    return read(test_list=list(tests), **other).criteria[0]


def test_plain_asserts_are_cases_as_they_are_written() -> None:
    entry = read()
    assert entry.prompt_id == "11"
    assert entry.criteria == [
        {
            "id": "tests",
            "check": "python_function",
            "cases": [
                {"call": 'rest("ab")', "returns_python": '"b"'},
                {"call": "rest('abc',)", "returns_python": "'bc'"},
            ],
        }
    ]


def test_the_prompt_shows_the_tests_which_alone_name_the_function() -> None:
    assert read().prompt == (
        "Write a function to take off the first letter.\n\nYour code must pass these tests:\n\n"
        "assert rest(\"ab\") == \"b\"\nassert rest('abc',) == ('bc') , 'wrong'"
    )


def test_the_sanitized_form_is_read_too() -> None:
    row = {k: ROW[k] for k in ("task_id", "code", "test_list")}
    entry = mbpp({**row, "prompt": "Do it.", "test_imports": [], "source_file": "x"}, Tally())
    assert entry.prompt.startswith("Do it.\n\n")


@pytest.mark.parametrize(
    "expected",
    ["'a'", "b'a'", "None", "[]", "('a', 2)", "{'a': [2.5]}", "{'a', 'b'}", "set()", "-2", "7.0"],
)
def test_a_case_where_strict_types_decide_as_the_assert_does(expected: str) -> None:
    made = check(f"assert rest('ab') == {expected}")
    assert made["cases"] == [{"call": "rest('ab')", "returns_python": expected}]


@pytest.mark.parametrize(
    "test",
    [
        "assert rest('ab') == True",
        "assert rest('ab') == 1",
        "assert rest('ab') == [2, 0.0]",
        "assert rest('ab') == {1: 'a'}",
        "assert rest('ab') == float('nan')",
        "assert rest('ab') == len('b')",
        "assert rest('ab') != 'a'",
        "assert rest('ab') == 'b' == 'b'",
        "assert not rest('ab')",
        "assert rest('ab')",
        "assert rest(*'ab') == 'b'",
        "assert 'b' == rest('ab')",
        "assert set(rest('ab')) == {'b'}",
        "assert rest('ab').upper() == 'B'",
        "assert rest(rest('abc')) == 'c'",
        "assert rest(len) == 'c'",
        "x = rest('ab'); assert x == 'b'",
    ],
)
def test_anything_else_is_a_test_function(test: str) -> None:
    made = check("assert rest('ab') == 'b'", test)
    assert made["check"] == "python_tests"
    assert made["tests"] == (
        "def test_1():\n    from candidate import rest\n\n    assert rest('ab') == 'b'\n\n\n"
        f"def test_2():\n    from candidate import rest\n\n    {test}\n"
    )


def test_setup_makes_one_test_of_all_asserts_as_the_official_run_does() -> None:
    made = check(
        "assert depth(root) == 2",
        test_setup_code="root = Node(1)\nroot.left = Node(2)",
        code="class Node:\n    pass\n\ndef depth(n):\n    return 2",
    )
    assert made["tests"] == (
        "def test_all():\n    from candidate import Node, depth\n\n"
        "    root = Node(1)\n    root.left = Node(2)\n    assert depth(root) == 2\n"
    )


def test_imports_come_from_the_row_and_then_from_its_code_never_from_the_completion() -> None:
    made = check(
        "assert math.isclose(area(2), np.pi, rel_tol=cmath.pi)",
        test_imports=["import numpy as np"],
        code="import math, cmath as c, cmath\nimport scipy\ndef area(r):\n    return r",
    )
    assert made["packages"] == ["scipy"]
    assert made["test_packages"] == ["numpy"]
    head, _, function = made["tests"].partition("\n\n\n")
    assert head == "import numpy as np\nimport cmath\nimport math"
    assert "from candidate import area\n" in function


def test_a_test_of_several_lines_keeps_what_its_texts_say() -> None:
    tests = check('x = """a\nb"""\nassert rest(x) == 1', "if True:\n\n  assert rest('b') == 1")
    compile(tests["tests"], "tests", "exec")
    assert "'a\\nb'" in tests["tests"]
    assert "    if True:\n\n      assert rest('b') == 1\n" in tests["tests"]


def test_a_function_with_the_name_of_a_built_in_one_is_the_candidates_where_the_code_says_so() -> (
    None
):
    assert check("assert max('ab') == 'b'", "assert rest('a') == ''")["check"] == "python_tests"
    made = check("assert max('ab') == 'b'", code="def max(s):\n    return 'b'")
    assert made["check"] == "python_function"


def test_what_nothing_defines_is_told_and_what_is_not_used_is_counted() -> None:
    tally = Tally(where="line 9")
    read(
        tally, test_list=["assert gone('a') > 1"], challenge_test_list=["assert x"], test="import x"
    )
    assert tally.warnings.told == ["line 9: its tests use 'gone', which nothing defines"]
    assert sum(tally.notes.values()) == 2


def test_a_row_without_code_is_a_prompt() -> None:
    entry = read(code=None)
    assert entry.completions == ()
    assert entry.criteria[0]["check"] == "python_function"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"text": None}, "'prompt' is missing"),
        ({"test_list": []}, "'test_list' must be a list, and not empty"),
        ({"test_list": ["assert x", " "]}, "'test_list' must be a list of texts"),
        ({"test_list": ["assert ("]}, "test 1: this is not Python"),
        ({"test_list": ["return rest('a')"]}, "test 1: this is not Python: 'return' outside"),
        ({"test_list": ["assert len('a') == 1"]}, "the tests call nothing that a completion"),
        ({"test_list": ["# nothing"]}, "a test cannot stand in a function: '# nothing'"),
        ({"code": "def rest(s"}, "'code': this is not Python"),
        ({"test_setup_code": "x = ("}, "'test_setup_code': this is not Python"),
        ({"test_setup_code": "from os import *"}, "the tests with their imports: this is not"),
        (
            {"test_list": ["assert rest(1) > 1"], "test_imports": ["import"]},
            "'test_imports': this is not Python",
        ),
    ],
)
def test_a_broken_row_is_refused_with_its_reason(change: dict[str, Any], said: str) -> None:
    with pytest.raises(BadRow) as raised:
        read(**change)
    assert said in str(raised.value)
