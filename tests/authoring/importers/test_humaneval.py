from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from rlaif.authoring.importers.humaneval import humaneval
from rlaif.authoring.importers.imported import BadRow, Entry, Tally
from rlaif.checks.blocks import last_block
from rlaif.records.sample import Sample

ROW = {
    "task_id": "HumanEval/32",
    "prompt": (
        "import math\n\n\ndef poly(xs: list, x: float):\n    return xs[0] + xs[1] * x\n\n\n"
        'def find_zero(xs: list):\n    """Where poly is 0.\n    >>> find_zero([1, 2])\n    """\n'
    ),
    "entry_point": "find_zero",
    "canonical_solution": "    return -xs[0] / xs[1]\n",
    "test": (
        "\n\nMETADATA = {}\n\n\ndef check(candidate):\n"
        "    assert math.fabs(poly([1, 2], candidate([1, 2]))) < 1e-4\n"
    ),
}
TESTS = """\
import math


def poly(xs: list, x: float):
    return xs[0] + xs[1] * x


METADATA = {}


def check(candidate):
    assert math.fabs(poly([1, 2], candidate([1, 2]))) < 1e-4


def test_official():
    from candidate import find_zero as candidate

    check(candidate)
"""


def read(tally: Tally | None = None, **other: Any) -> Entry:
    return humaneval({**ROW, **other}, tally or Tally(where="line 1"))


def passes(entry: Entry, code: str, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Run the tests of a row of this file, which is our own, on `code`, which is as well."""
    module = ModuleType("candidate")
    exec(code, module.__dict__)  # noqa: S102 - a text of this file
    monkeypatch.setitem(sys.modules, "candidate", module)
    names: dict[str, Any] = {}
    exec(entry.criteria[0]["tests"], names)  # noqa: S102 - a text of this file
    try:
        names["test_official"]()
    except AssertionError:
        return False
    return True


def test_the_tests_hold_the_prompts_helpers_and_not_the_function_that_is_asked_for() -> None:
    entry = read()
    assert entry.criteria == [{"id": "tests", "check": "python_tests", "tests": TESTS}]
    assert entry.prompt_id == "HumanEval/32"
    assert entry.prompt == ROW["prompt"]


def test_the_canonical_solution_is_a_fenced_completion_that_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = read()
    (completion,) = entry.completions
    code = last_block(completion.completion)
    assert code == (ROW["prompt"] + ROW["canonical_solution"]).rstrip()
    assert passes(entry, code, monkeypatch)


def test_a_helper_that_the_completion_defines_anew_decides_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cheat = "def poly(xs, x):\n    return 0\n\ndef find_zero(xs):\n    return 7"
    assert not passes(read(), cheat, monkeypatch)


def test_a_fence_inside_the_code_does_not_end_its_block() -> None:
    fenced = "def find_zero(xs):\n    '''\n```\n    '''\n"
    (completion,) = read(prompt=fenced).completions
    assert completion.completion.startswith("````python\n")
    assert last_block(completion.completion) == fenced + "    return -xs[0] / xs[1]"


def test_a_row_without_a_solution_is_a_prompt() -> None:
    for nothing in (None, "", "\n"):
        assert read(canonical_solution=nothing).completions == ()
    assert read(canonical_solution=None, prompt="def find_zero(xs):").completions == ()


def test_the_call_of_an_entry_point_named_check_is_the_official_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prompt, test = "def check(x):\n", "def check(candidate):\n    assert candidate(1) == 2\n"
    entry = read(entry_point="check", prompt=prompt, canonical_solution="    return 2", test=test)
    assert passes(entry, "def check(x):\n    return 2", monkeypatch)
    assert not passes(entry, "def check(x):\n    return 3", monkeypatch)


def test_decorators_go_with_the_function_that_they_stand_at() -> None:
    entry = read(prompt="import functools\n@functools.cache\ndef find_zero(xs):\n", test=CHECK)
    assert "cache" not in entry.criteria[0]["tests"].replace("import functools", "")


CHECK = "def check(candidate):\n    pass\n"


def test_packages_of_the_tests_are_not_given_to_the_code() -> None:
    entry = read(test="import numpy as np\nimport os.path\n" + CHECK)
    assert entry.criteria[0]["test_packages"] == ["numpy"]
    assert "packages" not in entry.criteria[0]
    entry = read(prompt="import numpy\n" + ROW["prompt"], test="import numpy\n" + CHECK)
    assert entry.criteria[0]["packages"] == ["numpy"]
    assert "test_packages" not in entry.criteria[0]


def test_what_only_the_solution_defines_comes_from_the_completion() -> None:
    test = "def check(candidate):\n    assert find_zero([1, 2]) == missing\n"
    tally = Tally(where="line 3")
    tests = read(tally, test=test).criteria[0]["tests"]
    assert "\nfrom candidate import find_zero\n" in tests
    assert tally.warnings.told == ["line 3: its tests use 'missing', which nothing defines"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"task_id": None}, "'task_id' is missing"),
        ({"prompt": " "}, "'prompt' must be text, and not empty"),
        ({"prompt": "def other():\n"}, "defines no function 'find_zero'"),
        ({"canonical_solution": "return ("}, "'prompt' with 'canonical_solution': this is not"),
        ({"canonical_solution": 3}, "'canonical_solution' must be text"),
        ({"entry_point": "find zero"}, "'entry_point' must be the name of a function"),
        ({"entry_point": "import"}, "'entry_point' must be the name of a function"),
        ({"test": "def check(:"}, "'test': this is not Python: invalid syntax (line 1 of it)"),
        ({"test": "x = 1"}, "'test' defines no function 'check'"),
        ({"test": "return 1"}, "'test': this is not Python: 'return' outside function"),
        ({"test": "x = '\0'"}, "'test': this is not Python"),
        ({"test": f"{CHECK}x = {'-' * 99999}1"}, "'test': the Python is nested too deep"),
        ({"test": f"{CHECK}def test_x(): 0"}, "defines 'test_x', which would be run as a test"),
        (
            {"prompt": f"x = 1\n{ROW['prompt']}", "test": f"global x\n{CHECK}"},
            "'test' behind the definitions",
        ),
        ({"test": f"from __future__ import annotations\n{CHECK}"}, "'test' behind the definitions"),
    ],
)
def test_a_broken_row_is_refused_with_its_reason(change: dict[str, Any], said: str) -> None:
    with pytest.raises(BadRow) as raised:
        read(**change)
    assert said in str(raised.value)


def test_code_with_a_doubtful_escape_is_read_without_a_warning() -> None:
    entry = read(test="PATTERN = '\\d'\n" + CHECK)
    read_back = Sample.model_validate(
        {"sample_id": "s", "prompt": "p", "completion": "c", "criteria": entry.criteria}
    )
    assert len(read_back.criteria) == 1
