"""`rlaif train`: its help, its refusals, and how it tells of its steps. No trainer is loaded."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from rlaif.cli import main
from rlaif.cli import train as command
from rlaif.cli.train_progress import TrainLines
from rlaif.errors import MissingExtra
from rlaif.records.base import Fault
from rlaif.records.training import CONFIGS, Trained
from rlaif.runs import training
from tests.runs.trained import rows_of, said, write_lines


def no_faults(kind: str, given: Mapping[str, Any], output: str) -> Sequence[Fault]:
    return []


@pytest.fixture
def without_trl(monkeypatch: pytest.MonkeyPatch) -> None:
    """TRL's fields take anything; whatever else needs TRL is not there."""

    def load(target: str) -> Any:
        if target.endswith(":faults"):
            return no_faults
        raise MissingExtra("'trl' is not installed; run: pip install 'rlaif[train]'")

    monkeypatch.setattr(training, "load", load)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_lines(tmp_path / "d.jsonl", rows_of("sft", 3))
    (tmp_path / "m").mkdir()
    path = tmp_path / "t.yaml"
    write_lines(tmp_path / "e.jsonl", rows_of("sft", 5)[3:])
    path.write_text("train: sft\nmodel: m\ndata: d.jsonl\neval_data: e.jsonl\noutput: out\n")
    return path


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as left:
        main(["train", *map(str, arguments)])
    return int(left.value.code or 0)


@pytest.mark.parametrize("kind", CONFIGS)
def test_the_help_of_each_kind_shows_a_file(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(kind, "--help") == 0
    assert f"train: {kind}" in capsys.readouterr().out


@pytest.mark.usefixtures("without_trl")
def test_a_dry_run_says_what_would_be_trained_on(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("sft", file, "--dry-run") == 0
    told = capsys.readouterr().out.replace(str(file.parent), "")
    assert told == "sft: 3 rows\nheld out: 2 rows\nmodel: /m\noutput: /out\n"
    assert not (file.parent / "out").exists()


@pytest.mark.usefixtures("without_trl")
def test_rows_that_are_trained_on_are_not_held_out(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = {**rows_of("sft", 3)[2], "completion": said("assistant", "Another answer.")}
    write_lines(file.parent / "e.jsonl", [*rows_of("sft", 5)[3:], other])
    assert run("sft", file, "--dry-run") == 2
    told = capsys.readouterr().err.replace(str(file.parent), "")
    assert "/e.jsonl: not held out: 1 row of 'data' has a prompt of 'eval_data'" in told
    assert "Say 2." in told


@pytest.mark.usefixtures("without_trl")
def test_without_trl_the_command_says_how_to_get_it(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("sft", file) == 2
    assert "pip install 'rlaif[train]'" in capsys.readouterr().err


@pytest.mark.usefixtures("without_trl")
def test_a_file_of_another_kind_is_refused(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("dpo", file) == 2
    assert "t.yaml:1:8: this is a file for `rlaif train sft`" in capsys.readouterr().err


@pytest.mark.usefixtures("without_trl")
def test_the_end_says_where_the_model_lies(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(kind: str, config: object, lines: TrainLines, **_: object) -> Trained:
        lines.step(0, 4, {})
        lines.step(4, 4, {"loss": 0.5})
        return Trained(Path("out/model"), Path("out/metrics.jsonl"), 4, {})

    monkeypatch.setattr(command, "train", train)
    assert run("sft", file) == 0
    out, err = capsys.readouterr()
    assert out == "4 steps\nmodel: out/model\nmetrics: out/metrics.jsonl\n"
    assert err == "0 of 4 steps\n4 of 4 steps, loss 0.5\n"


@pytest.mark.usefixtures("without_trl")
def test_an_interrupted_training_leaves_with_130_and_says_how_to_go_on(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(*_: object, **__: object) -> Trained:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "train", train)
    assert run("sft", file) == 130
    assert "the same command goes on" in capsys.readouterr().err


def test_a_log_gets_a_line_a_minute_with_the_time_left() -> None:
    out, now = io.StringIO(), [0.0]
    lines = TrainLines(out, lambda: now[0])
    for step in range(0, 101, 10):
        now[0] = step * 3.0
        lines.step(step, 200, {"reward": step / 200, "reward_std": 0.1, "kl": 0.01})
    lines.end()
    assert out.getvalue().splitlines() == [
        "0 of 200 steps, reward 0, kl 0.01",
        "20 of 200 steps, reward 0.1, kl 0.01, 9 min left",
        "40 of 200 steps, reward 0.2, kl 0.01, 8 min left",
        "60 of 200 steps, reward 0.3, kl 0.01, 7 min left",
        "80 of 200 steps, reward 0.4, kl 0.01, 6 min left",
        "100 of 200 steps, reward 0.5, kl 0.01, 5 min left",
    ]
