"""Cases, tests and repositories that a check on code names beside the rubric file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from rlaif.authoring import including, outside_files
from rlaif.authoring.document import read_document
from rlaif.authoring.including import shared_of
from rlaif.authoring.lint import lint_file
from rlaif.authoring.rubric_file import RubricFile, read_rubric
from rlaif.errors import FileProblems
from rlaif.records.code import Program, PytestRepo, PythonFunction, PythonTests
from rlaif.records.criterion import Checked, leaves
from rlaif.runs import files
from rlaif.runs.files import rubric_and_text

HEAD = "rubric: r\nversion: 1.0.0\ntitle: T\ncriteria:\n"
FUNCTION = "  - id: a\n    check: python_function\n    function: solve\n    cases_file: {}\n"
PROGRAM = "  - id: a\n    check: program\n    language: c\n    cases_file: {}\n"
TESTS = "  - id: a\n    check: python_tests\n    tests_file: test_it.py\n"
REPO = "  - id: a\n    check: pytest_repo\n    file: it.py\n    repository: repo\n"


def read(folder: Path, criteria: str, **outside: str) -> RubricFile:
    """The rubric of `criteria`; each of `outside` is the text of `cases.<its name>`."""
    for ending, text in outside.items():
        (folder / f"cases.{ending}").write_text(text, encoding="utf-8", newline="")
    (folder / "r.yaml").write_text(HEAD + criteria)
    return read_rubric(folder / "r.yaml")


def check(found: RubricFile) -> Any:
    assert found.rubric is not None, found.problems
    (criterion,) = leaves(found.rubric.items)
    assert isinstance(criterion, Checked)
    return criterion.check


def said(found: RubricFile, folder: Path) -> list[str]:
    assert found.rubric is None
    return [str(p).replace(f"{folder}/", "").split("\n")[0] for p in found.problems]


def lines(*rows: Any) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_the_lines_of_a_file_are_cases_as_if_they_stood_there(tmp_path: Path) -> None:
    rows = [
        {"name": "one", "call": "solve(1)", "returns": 1},
        {"arguments": [[1, 2.0, None, True, "3"]], "returns": None},
    ]
    found = read(tmp_path, FUNCTION.format("cases.jsonl"), jsonl="\ufeff" + lines(*rows) + "\n \n")
    inline = PythonFunction.model_validate(
        {"check": "python_function", "function": "solve", "cases": rows}
    )
    assert check(found) == inline
    assert found.included == (tmp_path / "cases.jsonl",)
    arguments = check(found).cases[1].arguments
    assert [type(value) for value in arguments[0]] == [int, float, type(None), bool, str]


def test_cases_that_stand_there_come_first(tmp_path: Path) -> None:
    criteria = FUNCTION.format("cases.jsonl") + "    cases: [{call: solve(0), returns: 0}]\n"
    found = read(tmp_path, criteria, jsonl=lines({"call": "solve(1)", "returns": 1}))
    assert [case.call for case in check(found).cases] == ["solve(0)", "solve(1)"]


def test_a_cell_of_csv_is_read_as_behind_the_key(tmp_path: Path) -> None:
    text = (
        "name,call,arguments,returns,returns_python,tolerance\r\n"
        'one,"solve(1, ""a"")",,3,,\r\n'
        '3,solve(),,"[1, ""2"", null]",,0.5\r\n'
        ',,"[[1], {a: b}]",a text,,\r\n'
        ',solve(2),,,"(1,\r\n 2)",\r\n'
        ',solve(3),,"""3""",,\r\n'
        ",,,,,\r\n"
    )
    cases = check(read(tmp_path, FUNCTION.format("cases.csv"), csv=text)).cases
    assert [case.expected for case in cases] == [3, [1, "2", None], "a text", (1, 2), "3"]
    assert cases[0].call == 'solve(1, "a")'
    assert (cases[1].name, cases[1].tolerance) == ("3", 0.5)
    assert cases[2].arguments == ([1], {"a": "b"})


@pytest.mark.parametrize("separator", [";", "\t"])
def test_other_separators_of_csv_are_seen(tmp_path: Path, separator: str) -> None:
    text = f"call{separator}returns\n{separator}\nf(1, 2){separator}[3, 4]\n"
    (case,) = check(read(tmp_path, FUNCTION.format("cases.csv"), csv=text)).cases
    assert (case.call, case.expected) == ("f(1, 2)", [3, 4])


def test_a_cell_of_csv_may_be_long(tmp_path: Path) -> None:
    long = "x" * 200_000
    text = f"call,returns\nf(1),{long}\n"
    (case,) = check(read(tmp_path, FUNCTION.format("cases.csv"), csv=text)).cases
    assert case.expected == long


def test_runs_of_a_program_may_stand_in_a_file_too(tmp_path: Path) -> None:
    text = "stdin,stdout,exit_code,files\n1 2,3,any,{a.txt: b}\n"
    case = check(read(tmp_path, PROGRAM.format("cases.csv"), csv=text)).cases[0]
    assert (case.stdin, case.stdout, case.exit_code) == ("1 2", "3", None)
    assert case.files == {"a.txt": "b"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (lines({"call": "solve(1)", "returns": 1}) + "{", "2:2: this line is not JSON: Expecting"),
        ("[1]\n", "1:1: a line must be an object with the keys of a case"),
        ('{"call": "f()", "call": "g()"}', "1:1: the key 'call' stands twice"),
        ('{"call": "f()", "returns": NaN}', "1:1: NaN is no number in JSON"),
        ('{"call": "f()", "returns": ' + "9" * 5000 + "}", "1:1: this line holds a number that is"),
        ('{"a": ' + "[" * 70 + "]" * 70 + "}", "1:1: lists and mappings are nested more than 64"),
        ('{"a": ' + "[" * 99_999, "1:1: lists and mappings are nested more than 64"),
        (
            '{"call": "f(\\u0007)", "returns": 1}',
            "1:1: the text holds the control character U+0007",
        ),
        ('{"call": "f()", "returns": {"": 1}}', "1:1: an empty key cannot stand here"),
        ('{"call": "f()", "returns": "\\ud800"}', "1:1: half a character (a lone surrogate)"),
        ("\n\n", ": there is no case in this file"),
        ('\n{"call": "f()", "retruns": 1}', "2:1: unknown key 'retruns'"),
        ('{"call": "f("}', "1:1: 'f(' is not Python: '(' was never closed"),
        ('{"call": "f()"}', "1:1: nothing says what this case must come to"),
        ('{"name": "a", "call": "f()", "returns": 1}\n' * 2, "2:1: there are two cases 'a'"),
        ('{"call": "f()", "returns": 1, "tolerance": "x"}', "1:1: expected a number, not"),
        ('{"call": "f()", "returns": ' + "8" * 41 + "}", "1:1: a number of 41 characters is too"),
    ],
)
def test_a_fault_of_a_line_is_named_there(tmp_path: Path, text: str, message: str) -> None:
    found = said(read(tmp_path, FUNCTION.format("cases.jsonl"), jsonl=text), tmp_path)
    assert len(found) == 1
    assert found[0].startswith(f"cases.jsonl:{message}".replace("::", ":")), found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("call,call\n", "1:1: the column 'call' stands twice"),
        ("call,returns\nf(),1,2\n", "2:1: this row has 3 cells, and the first row 2"),
        ('call,returns\n"f(\n)",1\nf(),[1\n', "4:1: the cell 'returns' cannot be read: "),
        ('call,returns\n"f()x,1\n', "2:1: this is not CSV: "),
        ("call,retruns\nf(),1\n", "2:1: unknown key 'retruns'"),
        ("call,returns\n", ": there is no case in this file"),
        ("call,returns\nf(\x07),1\n", "2:1: the text holds the control character U+0007"),
    ],
)
def test_a_fault_of_a_row_is_named_there(tmp_path: Path, text: str, message: str) -> None:
    found = said(read(tmp_path, FUNCTION.format("cases.csv"), csv=text), tmp_path)
    assert found[0].startswith(f"cases.csv:{message}".replace("::", ":")), found


def test_all_faulty_lines_are_named_at_once_and_the_rubric_s_own_too(tmp_path: Path) -> None:
    text = lines({"call": "f("}, {"call": "f()", "returns": 1}, {"call": "f()"}) + "x\n"
    criteria = FUNCTION.format("cases.jsonl") + "    cases: [{call: g, returns: 1}]\n    wait: 1\n"
    assert [one.split(": ")[0] for one in said(read(tmp_path, criteria, jsonl=text), tmp_path)] == [
        *("cases.jsonl:1:1", "cases.jsonl:3:1", "cases.jsonl:4:1", "r.yaml:9:20", "r.yaml:10:5"),
    ]


def test_arguments_in_a_file_need_the_check_s_function(tmp_path: Path) -> None:
    criteria = FUNCTION.format("cases.jsonl").replace("    function: solve\n", "")
    found = read(tmp_path, criteria, jsonl=lines({"arguments": [1], "returns": 1}))
    assert said(found, tmp_path) == [
        "cases.jsonl:1:1: 'arguments' are given, and the check names no 'function'"
    ]


def test_only_json_lines_and_csv_are_read(tmp_path: Path) -> None:
    found = said(read(tmp_path, FUNCTION.format("cases.xml"), xml="<a/>"), tmp_path)
    assert found == ["cases.xml: cases are read from JSON Lines or CSV"]


def test_a_file_that_is_no_utf_8_is_refused_with_the_place(tmp_path: Path) -> None:
    (tmp_path / "cases.csv").write_bytes(b"call,returns\nf('\xe9'),1\n")
    found = said(read(tmp_path, FUNCTION.format("cases.csv")), tmp_path)
    assert found == ["cases.csv:2:4: this is not UTF-8 text (byte 0xe9)"]


def test_too_many_cases_are_refused(tmp_path: Path) -> None:
    many = lines({"call": "f()", "returns": 1}) * 5001
    found = said(read(tmp_path, FUNCTION.format("cases.jsonl"), jsonl=many), tmp_path)
    assert found == ["cases.jsonl: 'cases' has more than 5000 entries"]


def test_cases_with_too_much_in_them_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside_files, "MOST_NODES", 50)
    case = lines({"call": "f()", "returns": list(range(50))})
    found = said(read(tmp_path, FUNCTION.format("cases.jsonl"), jsonl=case), tmp_path)
    assert found == ["cases.jsonl: the cases of this file make more than 50 entries"]


def test_what_would_be_too_much_for_one_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(including, "MOST_NODES", 50)
    case = lines({"call": "f()", "returns": list(range(40))})
    found = said(read(tmp_path, FUNCTION.format("cases.jsonl"), jsonl=case), tmp_path)
    assert found == ["r.yaml: with all that it names, the file has more than 50 entries"]


def test_tests_are_read_from_a_python_file(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_a():\n    assert 1\n\n\n")
    found = read(tmp_path, TESTS)
    assert check(found) == PythonTests(check="python_tests", tests="def test_a():\n    assert 1\n")
    assert check(found).names == ("test_a",)
    assert found.included == (tmp_path / "test_it.py",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def test_a():\n    assert (1\n", "test_it.py:2:1: this is not Python: '(' was never"),
        ("def test_a(): 'a\x07'", "test_it.py:1:17: the control character U+0007 stands here"),
        ("x = 1\n", "r.yaml:7:17: the tests have no function 'test_...'"),
        ("", "r.yaml:7:5: 'tests' must not be empty"),
    ],
)
def test_a_fault_of_the_tests_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "test_it.py").write_text(text)
    (found,) = said(read(tmp_path, TESTS), tmp_path)
    assert found.startswith(message)


def repo(folder: Path, **more: str) -> Path:
    (folder / "repo" / "tests").mkdir(parents=True)
    (folder / "repo" / "tests" / "test_it.py").write_text("import it\n")
    (folder / "repo" / "__pycache__").mkdir()
    (folder / "repo" / "__pycache__" / "it.pyc").write_bytes(b"\xff\x00")
    for name, text in more.items():
        (folder / "repo" / name).write_text(text, newline="")
    return folder / "repo"


def test_a_repository_s_files_stand_in_the_record_without_caches(tmp_path: Path) -> None:
    repo(tmp_path, README="read\r\nme\n", empty="")
    found = read(tmp_path, REPO)
    assert check(found) == PytestRepo(
        check="pytest_repo",
        file="it.py",
        files={"tests/test_it.py": "import it\n", "README": "read\r\nme\n", "empty": ""},
    )
    assert found.included == (tmp_path / "repo",)


def test_a_link_in_a_repository_is_refused(tmp_path: Path) -> None:
    folder = repo(tmp_path)
    (folder / "a-link").symlink_to("tests/test_it.py")
    (folder / "b-link").symlink_to("tests")
    assert said(read(tmp_path, REPO), tmp_path) == [
        "repo/a-link: a repository cannot hold a link",
        "repo/b-link: a repository cannot hold a link",
    ]


def test_what_is_no_text_in_a_repository_is_refused(tmp_path: Path) -> None:
    folder = repo(tmp_path, form="a\n\x0cb\n")
    (folder / "image.png").write_bytes(b"\x89PNG")
    os.mkfifo(folder / "pipe")
    assert said(read(tmp_path, REPO), tmp_path) == [
        "repo/form:2:1: the control character U+000C stands here",
        "repo/image.png:1:1: this is not UTF-8 text (byte 0x89)",
        "repo/pipe: this is a pipe, socket or device, not a file",
    ]


def test_an_empty_repository_is_refused(tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()
    assert said(read(tmp_path, REPO), tmp_path) == ["r.yaml:8:17: there is no file in this folder"]


@pytest.mark.parametrize(("bound", "value"), [("MOST_FILES", 1), ("MOST_BYTES", 12)])
def test_a_large_repository_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str, value: int
) -> None:
    repo(tmp_path, other="text")
    monkeypatch.setattr(outside_files, bound, value)
    (found,) = said(read(tmp_path, REPO), tmp_path)
    assert found.startswith("r.yaml:8:17: the repository holds more than ")


def test_a_name_with_a_backslash_in_a_repository_is_refused(tmp_path: Path) -> None:
    repo(tmp_path, **{"a\\b": "text"})
    assert said(read(tmp_path, REPO), tmp_path) == [
        "repo/a\\b: the path 'a\\b' holds a backslash or a NUL"
    ]


@pytest.mark.parametrize("name", ["a", "b", "c", "d"])
def test_the_kept_text_is_whole_and_means_the_same(tmp_path: Path, name: str) -> None:
    repo(tmp_path, README="read\r\n me \n\n", nbsp="a\xa0b\n")
    (tmp_path / "test_it.py").write_text("def test_a():\n    assert '  # '\n")
    rows = lines(
        {"call": "solve('\\x07')", "returns": 2.0, "tolerance": 1},
        {"arguments": [1e300, ".5e5", "yes", -0.0], "returns": [None, "null", "~", "1.0"]},
        {"call": "f()", "returns": {"a": [], "b": {}, "- c": " x\n"}, "unchanged": True},
    )
    (tmp_path / "cases.csv").write_text('stdin,stdout\n" a\n\n",\n1,"1\n"\n')
    written = {"a": FUNCTION.format("cases.jsonl"), "b": PROGRAM.format("cases.csv")}
    written |= {"c": TESTS, "d": REPO}
    (tmp_path / "cases.csv").write_text('stdin,stdout\n" a\n\n",2\n1,"1\n"\n')
    found = read(tmp_path, written[name], jsonl=rows)
    rubric, text = rubric_and_text(str(tmp_path / "r.yaml"))
    alone = read_rubric("elsewhere.yaml", text)
    assert alone.problems == ()
    assert alone.rubric == rubric == found.rubric
    assert alone.rubric is not None
    assert alone.rubric.content_hash == rubric.content_hash
    assert alone.included == ()


def test_a_change_of_the_file_moves_the_hash(tmp_path: Path) -> None:
    hashes = set()
    for number in (1, 1.0, True, "1"):
        row = lines({"call": "solve(1)", "returns": number})
        rubric = read(tmp_path, FUNCTION.format("cases.jsonl"), jsonl=row).rubric
        assert rubric is not None
        hashes.add(rubric.content_hash)
    assert len(hashes) == 4


def test_a_rubric_that_is_too_large_to_be_kept_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(tmp_path, FUNCTION.format("cases.jsonl"), jsonl=lines({"call": "f(1)", "returns": 1}))
    monkeypatch.setattr(files, "MOST_BYTES", 100)
    with pytest.raises(FileProblems, match="with all that it names, the rubric is larger than"):
        rubric_and_text(str(tmp_path / "r.yaml"))


def test_a_shared_file_names_files_beside_itself(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "s.yaml").write_text(
        "shared: s\ncriteria:\n" + FUNCTION.format("cases.jsonl")
    )
    cases = tmp_path / "shared" / "cases.jsonl"
    cases.write_text(lines({"call": "solve(1)", "returns": 1}))
    found = read(tmp_path, "  - include: shared/s.yaml\n")
    assert [case.call for case in check(found).cases] == ["solve(1)"]
    assert found.included == (tmp_path / "shared" / "s.yaml", cases)
    shared, problems = shared_of(read_document(tmp_path / "shared" / "s.yaml"))
    assert shared is not None
    assert problems == []
    cases.write_text(lines({"call": "solve(1)"}))
    found = read(tmp_path, "  - include: shared/s.yaml\n")
    assert said(found, tmp_path) == [
        "shared/cases.jsonl:1:1: nothing says what this case must come to"
    ]
    assert len(lint_file(tmp_path / "shared" / "s.yaml")) == 1


def test_a_check_in_a_section_names_files_too(tmp_path: Path) -> None:
    inner = FUNCTION.format("cases.jsonl").replace("\n    ", "\n        ")
    criteria = "  - section: s\n    criteria:\n    " + inner
    found = read(tmp_path, criteria, jsonl=lines({"call": "solve(1)", "returns": 1}))
    assert len(check(found).cases) == 1


def test_a_long_file_of_tests_spreads_no_silence_over_what_follows(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("\n".join(f"def test_{i}(): pass" for i in range(50)))
    (tmp_path / "r.yaml").write_text(
        HEAD
        + TESTS
        + "    lint_off: {invisible-character: it is meant}\n"
        + "  - {id: b, ask: Is the dr\u200bug named in it?}\n"
        + "lint_off: {no-example: not here}\n"
    )
    found = lint_file(tmp_path / "r.yaml")
    assert "9: invisible-character" in [f"{one.line}: {one.code}" for one in found]


def test_a_case_that_a_file_brings_is_counted_by_lint(tmp_path: Path) -> None:
    read(tmp_path, FUNCTION.format("cases.jsonl"), jsonl=lines({"call": "f(1)", "returns": 1}))
    codes = [one.code for one in lint_file(tmp_path / "r.yaml")]
    assert codes == ["no-example", "few-cases"]


def test_a_program_s_record_is_the_same_from_a_file(tmp_path: Path) -> None:
    found = read(tmp_path, PROGRAM.format("cases.jsonl"), jsonl=lines({"stdout": "1"}))
    assert check(found) == Program.model_validate(
        {"check": "program", "language": "c", "cases": [{"stdout": "1"}]}
    )
