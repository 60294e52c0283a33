"""What a person sees of `rlaif import` and `rlaif convert`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Rlaif

TREE = {
    "id": "root",
    "requirements": "The paper is reproduced",
    "weight": 1,
    "score": 0.75,
    "valid_score": True,
    "sub_tasks": [
        {"id": "a", "requirements": "The code runs.", "weight": 3, "score": 1, "sub_tasks": []},
        {"id": "b", "requirements": "The table matches.", "weight": 1, "score": 0, "sub_tasks": []},
    ],
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tree.json").write_text(json.dumps(TREE))
    return tmp_path / "tree.json"


def test_a_graded_tree_is_imported_and_scored(rlaif: Rlaif, tree: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = rlaif("import", "paperbench", tree, "--out", out)
    assert ran.status == 0
    assert ran.out == ""
    assert ran.err.splitlines() == [
        f"wrote {out / 'rubric.yaml'}",
        f"wrote {out / 'answers.jsonl'} (answers about 1 sample)",
        "3 nodes read, 0 not read",
    ]
    scored = rlaif("score", out / "rubric.yaml", out / "answers.jsonl")
    assert json.loads(scored.out) == {"sample_id": "root", "score": 0.75, "raw_score": 0.75}
    assert "0 errors" in rlaif("lint", out / "rubric.yaml").err


def test_rows_that_cannot_be_read_are_told_and_the_status_says_so(
    rlaif: Rlaif, tmp_path: Path
) -> None:
    rows = tmp_path / "rows.jsonl"
    good = {"session_id": "w", "conversation_input": [{"role": "user", "content": "Hi"}]}
    rows.write_text(
        json.dumps({**good, "checklist": ["Is it polite?"]}) + '\n{"session_id": "x"}\n'
    )
    ran = rlaif("import", "wildbench", rows, "--out", tmp_path / "out")
    assert ran.status == 1
    assert "1 row read, 1 not read" in ran.err
    assert "  line 2: " in ran.err
    assert (tmp_path / "out" / "prompts.jsonl").exists()


@pytest.mark.parametrize(
    ("format_", "said"),
    [
        ("paperbnch", "rlaif: no format 'paperbnch'\n  hint: did you mean 'paperbench'?"),
        ("healthbench", "this looks like paperbench, not healthbench"),
    ],
)
def test_the_wrong_name_is_told_with_the_right_one(
    format_: str, said: str, rlaif: Rlaif, tree: Path, tmp_path: Path
) -> None:
    ran = rlaif("import", format_, tree, "--out", tmp_path / "out")
    assert ran.status == 2
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert not (tmp_path / "out").exists()


def test_a_data_set_of_code_is_imported_and_lints_clean(rlaif: Rlaif, tmp_path: Path) -> None:
    row = {"task_id": 1, "text": "Take off the first letter.", "code": "def f(s): return s[1:]"}
    tests = {"test_list": ["assert f('ab') == 'b'"], "challenge_test_list": ["assert f('') == ''"]}
    rows = [{**row, **tests}, {**row, "task_id": 2, "test_list": ["assert ("]}]
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, rows)))
    ran = rlaif("import", "mbpp", tmp_path / "m.jsonl", "--out", tmp_path / "out")
    assert ran.status == 1
    assert ran.err.splitlines() == [
        f"wrote {tmp_path / 'out' / 'rubric.yaml'}",
        f"wrote {tmp_path / 'out' / 'samples.jsonl'} (1 sample)",
        "1 row read, 1 not read",
        "  line 2: test 1: this is not Python: '(' was never closed (line 1 of it)",
        "rows with challenge tests, which the official score leaves out as well: 1",
    ]
    assert rlaif("lint", tmp_path / "out" / "rubric.yaml").status == 0


def test_a_broken_file_is_told_at_its_place(rlaif: Rlaif, tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('{"id": "a",\n "weight": }')
    ran = rlaif("import", "paperbench", tmp_path / "t.json", "--out", tmp_path / "out")
    assert ran.status == 2
    assert ran.err.startswith(f"{tmp_path / 't.json'}:2:")


def test_a_rubric_is_converted_and_what_is_left_out_is_said(rlaif: Rlaif, tmp_path: Path) -> None:
    rubric = tmp_path / "r.yaml"
    rubric.write_text(
        "rubric: r\nversion: 1.0.0\ntitle: T\ncriteria:\n  - id: a\n    ask: Is it kind?\n"
        "examples:\n  - prompt: p\n    completion: c\n    expect: {a: yes}\n"
    )
    ran = rlaif("convert", rubric, "--format", "csv", "--out", tmp_path / "r.csv")
    assert ran.status == 0
    assert ran.err == f"wrote {tmp_path / 'r.csv'} (1 criterion)\nleft out: the rubric's examples\n"
    assert (tmp_path / "r.csv").read_text() == "id,ask,weight\na,Is it kind?,1\n"
