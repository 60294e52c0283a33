"""A training's folder: whose it is, from where it goes on, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rlaif.errors import RunError, RunLocked
from rlaif.records.training import CONFIGS
from rlaif.runs.training_output import begin, finish, held, last_figures, stated_of

STATED: dict[str, Any] = {"train": "sft", "arguments.max_steps": 4, "data": "aa"}


def checkpoint(folder: Path, step: int, *, whole: bool = True) -> Path:
    made = folder / f"checkpoint-{step}"
    made.mkdir(parents=True)
    if whole:
        (made / ".whole").touch()
    return made


def metrics(folder: Path, *steps: int) -> None:
    lines = [json.dumps({"step": n, "time_s": n * 2.0, "loss": 1.0 / n}) for n in steps]
    (folder / "metrics.jsonl").write_text("\n".join(lines) + "\n")


def test_it_goes_on_from_the_last_checkpoint_that_is_whole(tmp_path: Path) -> None:
    assert begin(tmp_path, STATED).checkpoint is None
    checkpoint(tmp_path, 2)
    last = checkpoint(tmp_path, 10)
    torn = checkpoint(tmp_path, 12, whole=False)
    metrics(tmp_path, 1, 10, 11, 12)
    begun = begin(tmp_path, STATED)
    assert (begun.checkpoint, begun.spent_s, begun.done) == (last, 20.0, None)
    assert not torn.exists()
    assert last_figures(tmp_path / "metrics.jsonl")["step"] == 10


def test_without_a_whole_checkpoint_it_begins_again_with_no_metrics(tmp_path: Path) -> None:
    begin(tmp_path, STATED)
    checkpoint(tmp_path, 2, whole=False)
    metrics(tmp_path, 1, 2)
    assert begin(tmp_path, STATED).checkpoint is None
    assert (tmp_path / "metrics.jsonl").read_text() == ""


def test_further_processes_of_one_training_change_nothing(tmp_path: Path) -> None:
    assert begin(tmp_path, STATED, alone=False).checkpoint is None
    assert not [*tmp_path.iterdir()]
    begin(tmp_path, STATED)
    torn = checkpoint(tmp_path, 2, whole=False)
    begin(tmp_path, STATED, alone=False)
    assert torn.exists()


def test_what_is_done_is_done_and_leaves_no_checkpoints(tmp_path: Path) -> None:
    begin(tmp_path, STATED)
    checkpoint(tmp_path, 4)
    (tmp_path / "rows").mkdir()
    (tmp_path / "model").mkdir()
    metrics(tmp_path, 3, 4)
    done = finish(tmp_path, 4)
    assert (done.steps, done.figures["loss"]) == (4, 0.25)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "metrics.jsonl",
        "model",
        "training.json",
    ]
    assert begin(tmp_path, STATED).done == done


def test_a_model_that_is_gone_is_trained_again(tmp_path: Path) -> None:
    begin(tmp_path, STATED)
    finish(tmp_path, 4)
    assert begin(tmp_path, STATED).done is None


def test_another_training_is_refused_by_what_differs(tmp_path: Path) -> None:
    begin(tmp_path, STATED)
    with pytest.raises(RunError) as raised:
        begin(tmp_path, {"train": "sft", "arguments.max_steps": 5, "data": "bb", "seed": 1})
    assert str(raised.value).splitlines() == [
        f"{tmp_path}: holds a training that was begun with something else:",
        "  arguments.max_steps: 4, now 5",
        "  data: aa, now bb",
        "  seed: not given, now 1",
        "  hint: name another 'output', or put back what it was begun with",
    ]


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with (
        pytest.raises(RunError, match="not empty, and no training's folder"),
        held(tmp_path, fresh=False),
    ):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_fresh_begins_in_an_empty_folder_alone(tmp_path: Path) -> None:
    with held(tmp_path / "new", fresh=True):
        begin(tmp_path / "new", STATED)
    with (
        pytest.raises(RunError, match="--fresh begins in an empty folder"),
        held(tmp_path / "new", fresh=True),
    ):
        pass


def test_two_trainings_cannot_write_one_folder(tmp_path: Path) -> None:
    with held(tmp_path, fresh=False), pytest.raises(RunLocked), held(tmp_path, fresh=False):
        pass


def test_a_damaged_manifest_is_told(tmp_path: Path) -> None:
    (tmp_path / "training.json").write_text('{"form": 1')
    with pytest.raises(RunError, match=r"training\.json: damaged"):
        begin(tmp_path, STATED)


def test_limits_and_places_may_change_and_content_may_not() -> None:
    given = {"train": "grpo", "model": "m", "data": "d", "output": "o", "rubric": "r"}
    hashes = {"model": "1", "data": "2", "rubric": "3"}

    def stated(**more: Any) -> dict[str, Any]:
        return stated_of(CONFIGS["grpo"].model_validate({**given, **more}), hashes)

    moved = {"output": "p", "data": "e", "deadline_s": 3, "in_flight": 2, "model": "elsewhere"}
    assert stated() == stated(**moved)
    assert stated() != stated(arguments={"beta": 0.1})
    assert stated(arguments={"beta": 0.1})["arguments.beta"] == 0.1
    assert stated() == stated(revision="a-branch")  # the model's hash states the commit
