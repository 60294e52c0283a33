"""Training files: every fault at its place, paths from the file's own folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rlaif.authoring.train_file import read_training
from rlaif.errors import FileProblems
from rlaif.records.base import Fault

FILE = "train: sft\nmodel: m\ndata: [d.jsonl, s3://bucket/more.jsonl]\noutput: out\n"


def problems_of(text: str, kind: str = "sft", **more: Any) -> list[str]:
    with pytest.raises(FileProblems) as raised:
        read_training(Path("t.yaml"), kind, text=text, **more)
    return str(raised.value).splitlines()


def test_paths_begin_at_the_files_folder_and_names_stay(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "t.yaml").write_text(FILE + "eval_data: e.jsonl\n")
    made = read_training(tmp_path / "t.yaml", "sft")
    assert made.data == (str(tmp_path / "d.jsonl"), "s3://bucket/more.jsonl")
    assert made.eval_data == (str(tmp_path / "e.jsonl"),)
    assert made.output == str(tmp_path / "out")
    assert made.model == str(tmp_path / "m")
    assert read_training(tmp_path / "t.yaml", "sft", text=FILE.replace(": m", ": a/b")).model == (
        "a/b"
    )


def test_paths_among_trls_arguments_begin_there_too_and_names_on_the_hub_stay(
    tmp_path: Path,
) -> None:
    (tmp_path / "chat.jinja").write_text("{{ messages }}")
    text = FILE + "arguments:\n  chat_template_path: chat.jinja\n  max_steps: 3\n"
    made = read_training(tmp_path / "t.yaml", "sft", text=text)
    assert made.arguments == {"chat_template_path": str(tmp_path / "chat.jinja"), "max_steps": 3}
    named = read_training(tmp_path / "t.yaml", "sft", text=text.replace("chat.jinja", "a/b"))
    assert named.arguments["chat_template_path"] == "a/b"


def test_an_evaluation_without_rows_is_told_at_its_argument() -> None:
    assert problems_of(FILE + "arguments:\n  max_steps: 3\n  eval_strategy: steps\n") == [
        "t.yaml:7:18: 'eval_strategy' needs held-out rows, and there is no 'eval_data'",
        "  hint: eval_data: FILE",
    ]


def test_the_rubric_beside_the_file_comes_before_a_shipped_name(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("")
    text = "train: grpo\nmodel: m\ndata: d\noutput: o\nrubric: r.yaml\njudge: scripted\n"
    made = read_training(tmp_path / "t.yaml", "grpo", text=text)
    assert (getattr(made, "rubric", ""), getattr(made, "judge", "")) == (
        str(tmp_path / "r.yaml"),
        "scripted",
    )


def test_faults_of_the_file_and_of_trls_arguments_are_told_together() -> None:
    asked: list[Mapping[str, Any]] = []

    def look(given: Mapping[str, Any]) -> list[Fault]:
        asked.append(given)
        return [Fault(("rate",), "there is no 'rate'", "did you mean 'learning_rate'?")]

    text = FILE + "sead: 1\nlora: {r: 0}\narguments:\n  max_steps: 3\n  rate: 1e-3\n"
    assert problems_of(text, look=look) == [
        "t.yaml:5:1: unknown key 'sead'",
        "  hint: did you mean 'seed'?",
        "t.yaml:6:11: 'r' is 0, but must be at least 1",
        "t.yaml:9:3: there is no 'rate'",
        "  hint: did you mean 'learning_rate'?",
    ]
    assert asked == [{"max_steps": 3, "rate": 0.001}]


def test_a_file_of_another_kind_is_named_and_nothing_else_is_said() -> None:
    assert problems_of(FILE, kind="dpo") == [
        "t.yaml:1:8: this is a file for `rlaif train sft`, not for `rlaif train dpo`"
    ]


def test_what_is_missing_is_told() -> None:
    assert problems_of("train: sft\nmodel: m\n") == [
        "t.yaml:1:1: 'data' is missing",
        "t.yaml:1:1: 'output' is missing",
    ]


def test_a_number_that_is_none_is_told_once() -> None:
    text = FILE + "arguments:\n  learning_rate: .inf\n"
    (told,) = problems_of(text, look=lambda _: [])
    assert told == "t.yaml:6:18: '.inf' is not a finite number"


def test_arguments_that_are_no_mapping_are_told_with_an_example() -> None:
    assert problems_of(FILE + "arguments: fast\n") == [
        "t.yaml:5:12: expected TRL's arguments by their names",
        "  hint: learning_rate: 1.0e-5",
    ]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileProblems, match=r"none\.yaml"):
        read_training(tmp_path / "none.yaml", "sft")
