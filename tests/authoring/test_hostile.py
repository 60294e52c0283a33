"""Files from strangers: refused with a problem, and nothing is run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rlaif.authoring.lint import lint_paths
from rlaif.authoring.reading import read_text
from rlaif.authoring.rubric_file import load_rubric, read_rubric
from rlaif.errors import FileProblems, InputError

HEAD = "rubric: a\nversion: 1\ntitle: t\ncriteria:\n"


def first(path: Path) -> str:
    problems = lint_paths([path])
    assert problems
    return str(problems[0]).removeprefix(str(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 2_000_000, ":1:65: lists and mappings are nested more than 64 deep here"),
        ("{a: " * 1_000_000, ":1:257: lists and mappings are nested more than 64 deep here"),
        ("- " * 1_000_000, ":1:129: lists and mappings are nested more than 64 deep here"),
        ("-\n" * 1_000_000, ":5001:2: one list or mapping has more than 5000 entries"),
        (
            "a: [" + "[x]," * 4_900 + "]\n" + "b: [" + "[x,x,x,x,x,x,x]," * 4_900 + "]",
            ":2:60394: the file has more than 40000 entries",
        ),
        (
            "#" * 9_000_000,
            ": the file is larger than 8 MiB\n  hint: is this the file that you meant?",
        ),
    ],
)
def test_an_enormous_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text)
    assert first(file) == message


def test_aliases_are_never_expanded(tmp_path: Path) -> None:
    laughs = 'a0: &a0 "lol"\n' + "".join(
        f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10)
    )
    found = read_rubric(tmp_path / "x.yaml", laughs).document.problems
    assert len(found) == 10 + 81


def test_a_tag_runs_nothing(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    found = read_rubric("x.yaml", f"rubric: !!python/object/apply:os.mkdir ['{ran}']").problems
    assert "'!!python/object/apply:os.mkdir' is a YAML tag, which is not allowed" in [
        problem.message for problem in found
    ]
    assert not ran.exists()


def test_a_sparse_gigabyte_is_refused_unread(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    with file.open("wb") as open_file:
        open_file.truncate(2**30)
    assert first(file).startswith(": the file is larger than 8 MiB")


def test_a_pipe_is_refused_unopened(tmp_path: Path) -> None:
    pipe = tmp_path / "x.yaml"
    os.mkfifo(pipe)
    assert first(pipe) == ": this is not a regular file (a pipe, socket or device)"


def test_a_device_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileProblems, match="not a regular file"):
        read_text(Path("/dev/zero"))
    with pytest.raises(FileProblems, match="this is a folder, not a file"):
        load_rubric(tmp_path)


def test_bytes_that_are_not_utf_8_are_named_with_their_line(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes("rubric: é\ntitle: é".encode() + b"x\xff")
    assert first(file) == (
        ":2:10: this is not UTF-8 text (byte 0xff)\n  hint: save the file with the encoding UTF-8"
    )


def test_a_program_is_no_text_file(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes(b"\x7fELF" + bytes(100_000))
    assert first(file) == ":1:5: this is not a text file (it has a NUL)"
    file.write_bytes(b"\x01" * 100_000)
    assert first(file) == ":1:1: this is not a text file (1000 control characters)"


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (".nan", "'.nan' is not a finite number"),
        ("nan", "'nan' is not a number"),
        (".inf", "'.inf' is not a finite number"),
        ("1e400", "the number is not finite"),
        ("1" + "0" * 400, "a number of 401 characters is too long"),
        ("1000001", "weight 1000001 is out of bounds"),
        ("0", "weight 0 makes the criterion count for nothing"),
        ("'3'", "expected a number, not the text '3'"),
        ("true", "'true' is not a number"),
    ],
)
def test_a_weight_is_a_number_within_bounds(weight: str, message: str) -> None:
    text = f"{HEAD}  - {{id: a, ask: Is it really so?, weight: {weight}}}\n"
    (problem,) = read_rubric("x.yaml", text).problems
    assert (problem.line, problem.column, problem.message) == (5, 44, message)


def test_thousands_of_faults_are_counted_not_listed() -> None:
    text = HEAD + "  - {id: a b, weight: 0}\n" * 3_000
    found = read_rubric("x.yaml", text).problems
    assert len(found) == 1001
    assert found[0].message == "about 2001 more problems of this file are not listed"


def test_lint_of_the_shipped_files_imports_nothing_heavy() -> None:
    script = (
        "import sys; from rlaif.authoring.lint import lint_paths; "
        "from rlaif.authoring.shipped import shipped_folder as f; "
        "print(lint_paths([f('rubrics'), f('judges')])); "
        "heavy = {'torch', 'transformers', 'vllm', 'trl', 'ray', 'datasets'} & set(sys.modules); "
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_name_that_no_file_system_takes_is_an_input_error() -> None:
    for name in ("x" * 5000, "a\0b", "no/such.yaml"):
        with pytest.raises(InputError, match="no rubric"):
            load_rubric(name)
