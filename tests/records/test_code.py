"""The checks on code as records: what they hold, what they refuse, what they hand on."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from rlaif.records import code_fields, python_text
from rlaif.records.base import Fault
from rlaif.records.checks import AnyCheck
from rlaif.records.code import MEBIBYTE, Program, PytestRepo, PythonFunction, PythonTests
from rlaif.records.code_cases import EXCEPTIONS, NOTHING, FunctionCase, ProgramCase
from rlaif.records.code_fields import path_fault
from rlaif.records.code_languages import LANGUAGES
from rlaif.records.criterion import Checked
from rlaif.records.jobs import Limits, Step
from rlaif.records.python_text import NotPython, arity, defines, functions, parsed
from rlaif.records.written import Written

ANY: TypeAdapter[Any] = TypeAdapter(AnyCheck)
CASE = {"call": "solve(1)", "returns": 1}


def faults(model: Any, **given: Any) -> list[Fault]:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(given)
    return [
        fault._replace(at=(*error["loc"], *fault.at))
        for error in refused.value.errors()
        for fault in error.get("ctx", {}).get("faults", [Fault((), error["type"])])
    ]


def case(**given: Any) -> FunctionCase:
    return FunctionCase.model_validate({"call": "solve(1)"} | given)


def function(**given: Any) -> PythonFunction:
    return PythonFunction.model_validate({"check": "python_function", "cases": [CASE]} | given)


def program(**given: Any) -> Program:
    base = {"check": "program", "language": "c", "cases": [{"stdout": "1"}]}
    return Program.model_validate({k: v for k, v in (base | given).items() if v is not None})


def test_null_is_a_value_that_can_be_expected() -> None:
    assert case(returns=None).expected is None
    assert case(returns=Written("null")).expected is None
    assert case(raises="KeyError").expected is NOTHING
    assert case(unchanged=True).expected is NOTHING


@pytest.mark.parametrize("name", ["scikit-learn", "numpy==2", "numpy ", "1a", "a..b", ".a", "é"])
def test_a_package_has_the_name_that_stands_behind_import(name: str) -> None:
    (found,) = faults(PythonFunction, check="python_function", cases=[CASE], packages=[name])
    assert found.at[:2] == ("packages", 0)
    assert "is not the name of a package" in found.message
    assert "sklearn" in found.hint
    assert function(packages=["numpy", "sklearn.tree", "_x1"]).packages[1] == "sklearn.tree"


def test_an_expected_value_is_read_as_yaml_or_as_python() -> None:
    assert case(returns=Written("3")).expected == 3
    assert case(returns=[1.0, "a"]).expected == [1.0, "a"]
    assert case(returns_python="({1}, b'a')").expected == ({1}, b"a")


def test_a_case_is_written_out_as_it_was_given_and_read_back() -> None:
    for said in (
        {"returns": None},
        {"returns": 0},
        {"returns": False},
        {"returns_python": "None"},
        {"raises": "ValueError"},
        {"arguments_after": [None]},
        {"returns": 1, "tolerance": 0.0, "any_order": False},
    ):
        record = case(**said)
        assert record.as_written() == {"call": "solve(1)"} | said
        assert FunctionCase.model_validate(record.as_written()) == record


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=5).filter(str.strip),
        inner, max_size=3),
    max_leaves=10,
)  # fmt: skip


@given(JSON, st.lists(JSON, max_size=3))
def test_any_json_is_given_and_expected_as_it_is(value: Any, arguments: list[Any]) -> None:
    record = FunctionCase.model_validate({"arguments": arguments, "returns": value})
    assert repr(record.expected) == repr(value)
    assert repr(list(record.steps("f")[0].arguments)) == repr(arguments)
    assert FunctionCase.model_validate(record.as_written()) == record


_DEEP: Any = []
for _ in range(51):
    _DEEP = [_DEEP]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (10**39, "a number of more than 39 digits cannot stand here"),
        ([-(10**39)], "a number of more than 39 digits cannot stand here"),
        ({"a": {"": 1}}, "an empty key cannot stand here"),
        ({" ": 1}, "an empty key cannot stand here"),
        (["\ud800"], "half a character (a lone surrogate) is not text"),
        ({"\udfff": 1}, "half a character (a lone surrogate) is not text"),
        (_DEEP, "lists and mappings are nested more than 50 deep here"),
    ],
)
def test_a_value_that_no_file_could_keep_is_refused(value: Any, message: str) -> None:
    for said in ({"returns": value}, {"arguments_after": [value]}):
        assert faults(FunctionCase, call="f(1)", **said)[0].message == message
    assert case(returns=10**39 - 1).expected == 10**39 - 1


def test_the_function_of_the_check_is_called_with_the_arguments() -> None:
    record = FunctionCase.model_validate({"arguments": [1], "keywords": {"a": 2}, "returns": 3})
    assert record.steps("solve") == (Step("solve", (1,), {"a": 2}),)
    chain = FunctionCase.model_validate({"call": "Stack().size()", "returns": 0})
    assert chain.steps("solve") == (Step("Stack"), Step("size"))


def test_a_value_after_the_call_is_asked_of_each_argument_of_the_first_one() -> None:
    assert case(call="Stack([1]).size(1, 2)", arguments_after=[[1]]).arguments_after == ([1],)
    (found,) = faults(FunctionCase, call="Stack([1]).size(1, 2)", arguments_after=[1, 2])
    assert found.message == "'arguments_after' is for 2 arguments, and the call has 1"


def test_exceptions_are_python_s_own_and_can_be_caught_as_such() -> None:
    assert {"Exception", "ValueError", "ZeroDivisionError", "OSError"} <= set(EXCEPTIONS)
    assert not {"SystemExit", "KeyboardInterrupt", "IOError", "BaseException"} & set(EXCEPTIONS)


@pytest.mark.parametrize("path", ["a", "a/b.txt", ".hidden", "a b", "x" * 200, "ä/ß"])
def test_paths_below_the_folder_are_taken(path: str) -> None:
    assert path_fault(path) == ""


@pytest.mark.parametrize(
    "path",
    [
        *("", " ", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a\\b", "a\0"),
        "x" * 201,
    ],
)
def test_paths_out_of_the_folder_or_by_another_way_are_refused(path: str) -> None:
    assert path_fault(path)


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_fields, "MOST_FILES", 2)
    (found,) = faults(ProgramCase, stdout="", files={"a": "", "b": "", "c": ""})
    assert found == Fault(("files",), "3 files are too many", "2 at most")


def test_an_exit_code_may_be_left_open() -> None:
    for said in ("any", Written("any"), Written("null"), None):
        record = ProgramCase.model_validate({"stdout": "", "exit_code": said})
        assert record.exit_code is None
        assert record.as_written() == {"stdout": "", "exit_code": "any"}
    assert ProgramCase(stdout="").as_written() == {"stdout": ""}
    assert ProgramCase.model_validate({"exit_code": Written("3")}).exit_code == 3
    assert ProgramCase.model_validate({"exit_code": 0}).as_written() == {}
    (found,) = faults(ProgramCase, exit_code=None)
    assert found.message == "nothing says what this case must come to"


def test_limits_are_the_case_s_own_before_those_of_the_check() -> None:
    check = function(time_limit_s=3, memory_limit_mb=64)
    assert check.limits() == Limits(3.0, 64 * MEBIBYTE)
    assert check.limits(case(returns=1, time_limit_s=0.5)) == Limits(0.5, 64 * MEBIBYTE)
    assert check.limits(case(returns=1, memory_limit_mb=99)) == Limits(3.0, 99 * MEBIBYTE)
    run = program(scratch_limit_mb=2, processes=4)
    assert run.limits() == Limits(10.0, 512 * MEBIBYTE, 2 * MEBIBYTE, 4)
    assert run.compile_limits == Limits(30.0, 512 * MEBIBYTE, 2 * MEBIBYTE, 4)
    tests = PythonTests(check="python_tests", tests="def test_a(): pass")
    assert tests.limits() == Limits(10.0, 512 * MEBIBYTE)
    repository = PytestRepo(check="pytest_repo", file="a.py", files={"test_a.py": ""})
    assert repository.limits() == Limits(60.0, 1024 * MEBIBYTE, 64 * MEBIBYTE, 32)


@pytest.mark.parametrize(
    ("said", "meant"), [("cpp", "c++"), ("JS", "javascript"), ("py", "python")]
)
def test_what_people_call_a_language_is_the_same_content(said: str, meant: str) -> None:
    assert program(language=said) == program(language=meant)


def test_a_language_gives_what_is_not_given() -> None:
    check = program()
    assert check.file_name == "main.c"
    assert check.compile_command == ("gcc", "-O2", "-o", "program", "main.c", "-lm")
    assert check.run_command == ("./program",)
    own = program(file="sub dir/a.c", run="./program --fast 'two words'", language=" C ")
    assert own.language == "c"
    assert own.compile_command[-2] == "sub dir/a.c"
    assert own.run_command == ("./program", "--fast", "two words")
    script = program(language="python")
    assert (script.compile_command, script.run_command) == ((), ("python3", "main.py"))


def test_without_a_language_the_file_and_the_command_say_it_all() -> None:
    check = program(language=None, file="a.hs", compile="ghc -o a {file}", run="./a")
    assert check.compile_command == ("ghc", "-o", "a", "a.hs")
    assert (check.file_name, check.run_command) == ("a.hs", ("./a",))


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_language_has_commands(name: str) -> None:
    check = program(language=name)
    assert check.run_command
    assert not path_fault(check.file_name)
    assert bool(check.compile_command) == (name in ("c", "c++", "rust"))


def test_a_repository_s_command_is_split_as_a_shell_would() -> None:
    check = PytestRepo(check="pytest_repo", file="a.py", files={"t.py": ""}, command="pytest 'a b'")
    assert check.run_command == ("pytest", "a b")
    plain = PytestRepo(check="pytest_repo", file="a.py", files={"t.py": ""})
    assert plain.run_command == ("python", "-m", "pytest", "-q")


def test_the_names_of_the_tests_are_those_at_the_top_in_order() -> None:
    text = """
def test_b(): pass
class T:
    def test_in_class(self): pass
def helper(): pass
async def test_a():
    def test_inner(): pass
"""
    assert PythonTests(check="python_tests", tests=text).names == ("test_b", "test_a")


def test_white_space_at_the_end_of_python_is_no_content() -> None:
    one = PythonTests(check="python_tests", tests="def test_a(): pass")
    assert one == PythonTests(check="python_tests", tests="def test_a(): pass\n\n  \n")
    assert one.tests == "def test_a(): pass\n"


def test_python_is_never_run(capsys: pytest.CaptureFixture[str]) -> None:
    PythonTests(check="python_tests", tests="print('ran')\ndef test_a(): pass")
    assert capsys.readouterr().out == ""


def test_a_large_or_deep_text_of_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotPython, match="nested too deep"):
        parsed("x = " + "-" * 100_000 + "1")
    monkeypatch.setattr(python_text, "LONGEST_TEXT", 5)
    with pytest.raises(NotPython, match="6 characters of Python are too many"):
        parsed("a = 12")


def test_a_warning_of_python_about_style_is_no_fault() -> None:
    assert list(functions("def f():\n    return '\\d' is 1\n")) == ["f"]


@pytest.mark.parametrize(
    "text",
    [
        *("def f(x): pass", "async def f(): pass", "class f: pass", "f = 1", "f, g = 1, 2"),
        *("from a import f", "from a import b as f", "import f", "f: int = 3"),
        *("if True:\n    def f(): pass", "try:\n    import g\nexcept E:\n    f = 2"),
    ],
)
def test_a_name_that_is_bound_at_the_top_is_defined(text: str) -> None:
    assert defines(text, "f")


@pytest.mark.parametrize("text", ["def g():\n    f = 1\n    def f(): pass", "f()", "f.x = 1"])
def test_a_name_that_is_used_or_bound_elsewhere_is_not(text: str) -> None:
    assert not defines(text, "f")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def f(): pass", (0, 0)),
        ("def f(a, b=1): pass", (1, 2)),
        ("def f(a, /, b, *, c=1): pass", (2, 2)),
        ("def f(a, *rest): pass", (1, float("inf"))),
        ("def f(a): pass\ndef f(a, b): pass", (2, 2)),
        ("@cache\ndef f(a): pass", None),
        ("f = g", None),
        ("def f(a): pass\nf = cache(f)", None),
        ("def g(a): pass", None),
    ],
)
def test_how_many_arguments_a_function_takes(text: str, expected: Any) -> None:
    assert arity(text, "f") == expected


def test_the_parameters_stand_beside_the_id_of_the_criterion() -> None:
    written = {"id": "a", "check": "python_function", "cases": [CASE], "weight": 2.0}
    criterion = Checked.model_validate(written)
    assert criterion.as_written() == written
    assert isinstance(criterion.check, PythonFunction)


def test_every_check_is_found_by_its_name() -> None:
    for record in (
        function(),
        program(),
        PythonTests(check="python_tests", tests="def test_a(): pass"),
        PytestRepo(check="pytest_repo", file="a.py", files={"t.py": ""}),
    ):
        assert ANY.validate_python(record.as_written()) == record


def test_a_file_is_refused_where_there_is_no_folder_to_read_it_from() -> None:
    (found,) = faults(PythonFunction, check="python_function", cases_file="cases.jsonl")
    assert found.at == ("cases_file",)
    assert "beside a rubric file only" in found.message


def test_reading_the_records_loads_nothing_heavy() -> None:
    code = "import rlaif.records.code, sys; print([m for m in sys.modules if 'rlaif.' in m])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(eval(ran.stdout))  # noqa: S307 - a list of names that we printed
    assert not {"rlaif.records.checks", "rlaif.records.criterion"} & loaded
    assert all(name.startswith(("rlaif.records", "rlaif.errors")) for name in loaded)
