"""Data sets that tests decide: what is written is read back, and no row of any kind is a crash."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rlaif.authoring.importers.python_source import unbound
from rlaif.authoring.rubric_file import load_rubric
from rlaif.errors import InputError
from rlaif.grading.completion import prepare
from rlaif.grading.prescreen import prescreen
from rlaif.records.code import PythonTests
from rlaif.records.criterion import Checked
from rlaif.runs.import_report import Report
from rlaif.runs.imports import import_file
from rlaif.runs.lint import lint
from rlaif.storage.samples import read_samples

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "humaneval.jsonl"

ROWS: dict[str, dict[str, Any]] = {
    "humaneval": {
        "task_id": "H/1",
        "prompt": "import math\n\ndef area(r):\n",
        "entry_point": "area",
        "canonical_solution": "    return r * r * math.pi\n",
        "test": "def check(candidate):\n    assert candidate(1) > math.e\n",
    },
    "mbpp": {
        "task_id": 2,
        "text": "Take off the first letter.",
        "code": "def rest(s):\n    return s[1:]",
        "test_list": ["assert rest('ab') == 'b'", "assert rest('') == ''"],
    },
    "stdio": {
        "id": "p",
        "question": "Write it fifty times.",
        "input_output": '{"inputs": ["1"], "outputs": ["x\\n"]}',
        "solutions": ["print('x')"],
    },
}


def imported(name: str, rows: list[Any], folder: Path) -> Report:
    path = folder / f"{name}.jsonl"
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return import_file(name, path, folder / "out", force=True)


@pytest.mark.parametrize("name", list(ROWS))
def test_what_is_written_lints_clean_and_is_read_back(name: str, tmp_path: Path) -> None:
    report = imported(name, [ROWS[name]], tmp_path)
    assert report.files == ("rubric.yaml", "samples.jsonl")
    assert lint([tmp_path / "out" / "rubric.yaml"]) == []
    (sample,) = read_samples(str(tmp_path / "out" / "samples.jsonl"))
    (criterion,) = sample.criteria
    assert isinstance(criterion, Checked)
    assert criterion.weight == 1.0
    assert sample.group_id == sample.sample_id


@pytest.mark.parametrize("name", list(ROWS))
def test_no_rule_about_style_rejects_code_before_its_tests_are_run(
    name: str, tmp_path: Path
) -> None:
    imported(name, [ROWS[name]], tmp_path)
    rubric = load_rubric(tmp_path / "out" / "rubric.yaml")
    (sample,) = read_samples(str(tmp_path / "out" / "samples.jsonl"))
    for completion in ("print('x')\n" * 100, "_ = {}", "Sure!"):
        subject = prepare(sample.model_copy(update={"completion": completion}), rubric.reasoning)
        assert prescreen(subject, rubric.prescreen) is None
    subject = prepare(sample.model_copy(update={"completion": "\u200b"}), rubric.reasoning)
    assert prescreen(subject, rubric.prescreen) == "invisible"


@pytest.mark.parametrize("name", list(ROWS))
def test_a_broken_row_is_told_with_its_line_and_stops_no_other(name: str, tmp_path: Path) -> None:
    broken = {**ROWS[name], "task_id": "b", "id": "b", "prompt": 5, "text": 5, "question": 5}
    report = imported(name, [broken, ROWS[name]], tmp_path)
    assert report.tally.bad.count == 1
    assert report.tally.bad.told[0].startswith("line 1: '")
    assert len(report.made.samples) == 1


@pytest.mark.parametrize(("name", "other"), [("mbpp", "humaneval"), ("humaneval", "stdio")])
def test_a_file_of_another_format_is_told_by_its_name(
    name: str, other: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=f"looks like {other}, not {name}"):
        imported(name, [ROWS[other]], tmp_path)


def test_completions_of_a_policy_take_the_place_of_the_solution(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    path.write_bytes(orjson.dumps(ROWS["humaneval"]))
    given = [{"prompt_id": "H/1", "completion": f"```\n{n}\n```", "policy": "a"} for n in range(2)]
    (tmp_path / "c.jsonl").write_bytes(b"\n".join(map(orjson.dumps, given)))
    report = import_file(
        "humaneval", path, tmp_path / "out", completions=tmp_path / "c.jsonl", force=True
    )
    assert [sample["completion"] for sample in report.made.samples] == [
        "```\n0\n```",
        "```\n1\n```",
    ]


def test_nothing_of_a_file_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    run = f"__import__('pathlib').Path({str(mark)!r}).touch()"
    rows: dict[str, dict[str, Any]] = {
        "humaneval": {"prompt": f"{run}\ndef area(r, x={run}):\n", "test": f"def check(c): {run}"},
        "mbpp": {"code": run, "test_list": [f"assert f({run}) == {run}"], "test_setup_code": run},
        "stdio": {"solutions": [run], "starter_code": run},
    }
    for name, change in rows.items():
        assert imported(name, [{**ROWS[name], **change}], tmp_path).tally.read == 1
    assert not mark.exists()


_PYTHON = st.sampled_from(
    [
        *("def", "class", "import os", "from x import *", "lambda:", "(", ")", "[", "]", ":", "\n"),
        *("    ", "\t", "assert", "==", "f()", "'", '"""', "\\", "#", "check", "candidate", "area"),
        *(
            "def check(candidate):",
            "\r",
            "\x0c",
            "\0",
            "\u2028",
            "é",
            "return",
            "await",
            "1" * 5000,
        ),
        *("-" * 9999, "@", ";", "global x", "nonlocal y", "from __future__ import annotations"),
        *("```", "~~~", "def test_x():", "async ", "yield", "{", "}", "f'{x!r}'", "*", "0x"),
    ]
)
_TEXTS = st.lists(_PYTHON, max_size=12).map("".join) | st.text(max_size=30)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("name", list(ROWS))
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_a_row_of_anything_is_read_or_told(name: str, data: st.DataObject, tmp_path: Path) -> None:
    row = dict(ROWS[name])
    keys = [*row, "test_setup_code", "test_imports", "starter_code", "public_tests"]
    for key in data.draw(st.lists(st.sampled_from(keys), min_size=1, max_size=3)):
        row[key] = data.draw(_VALUES)
    try:
        orjson.dumps(row)
    except TypeError:
        return  # half a surrogate pair, which no file of JSON holds
    report = imported(name, [row, ROWS[name] | {"task_id": "sound", "id": "sound"}], tmp_path)
    assert report.tally.read + report.tally.bad.count == 2
    assert lint([tmp_path / "out" / "rubric.yaml"]) == []


@pytest.mark.skipif(not DATA.exists(), reason="the public data are not here")
def test_every_row_of_the_real_file_is_imported_whole(tmp_path: Path) -> None:
    report = import_file("humaneval", DATA, tmp_path / "out")
    assert (report.tally.read, report.tally.bad.count, report.tally.warnings.count) == (100, 0, 0)
    assert lint([tmp_path / "out" / "rubric.yaml"]) == []
    rows = [orjson.loads(line) for line in DATA.read_bytes().splitlines()]
    samples = list(read_samples(str(tmp_path / "out" / "samples.jsonl")))
    assert [s.sample_id for s in samples] == [row["task_id"] for row in rows]
    for sample, row in zip(samples, rows, strict=True):
        (criterion,) = sample.criteria
        assert isinstance(criterion, Checked)
        check = criterion.check
        assert isinstance(check, PythonTests)
        assert (check.names, check.packages, check.test_packages) == (("test_official",), (), ())
        assert check.tests is not None
        assert row["test"].strip() in check.tests
        assert unbound(check.tests) == []
        defined = [n.name for n in ast.parse(check.tests).body if isinstance(n, ast.FunctionDef)]
        assert row["entry_point"] not in defined
        assert sample.prompt == row["prompt"]
