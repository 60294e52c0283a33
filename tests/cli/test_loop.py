"""`rlaif loop`: what it says, and how it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from rlaif.cli import loop as command
from rlaif.records.loop_figures import RoundFigures, Stop
from rlaif.runs.loop import Ended
from rlaif.runs.loop_watching import LoopWatcher
from tests.cli.conftest import Rlaif
from tests.runs.loops import prompts, written
from tests.training.histories import history


def ends(
    monkeypatch: pytest.MonkeyPatch, rounds: Sequence[RoundFigures], stop: Stop | None = None
) -> None:
    """Let every loop end so."""

    def run(order: object, out: Path, watcher: LoopWatcher) -> Ended:
        watcher.stage("round 1 of 3: model")
        watcher.progress("step 1 of 9")
        if not rounds:
            raise KeyboardInterrupt
        return Ended(rounds, stop, out)

    monkeypatch.setattr(command, "run_loop", run)


def test_a_dry_run_says_the_plan_and_makes_nothing(rlaif: Rlaif) -> None:
    ran = rlaif("loop", written(Path(), rounds=3), "--dry-run")
    assert ran.status == 0
    assert "rollout, run, rows, model, held-out, evaluation, panel" in ran.out
    assert "6 to train on, 12 held out" in ran.out
    assert "At most 168 completions" in ran.out  # 3 x 6 x 4 and 4 x 12 x 2
    assert not Path("out").exists()


def test_all_rounds_done_leaves_with_0_and_names_the_best_model(
    rlaif: Rlaif, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends(monkeypatch, history((0.25, 0.75, 0.5), noise=0))
    ran = rlaif("loop", written(Path()), "-o", "out")
    assert ran.status == 0
    assert "2 rounds done; held-out score 0.2" in ran.out
    assert "in round 1, whose model is model-1" in ran.out
    assert ran.err == "round 1 of 3: model\n"  # how far it is comes once a minute


def test_a_stop_leaves_with_1_and_names_the_last_model_to_be_trusted(
    rlaif: Rlaif, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = Stop(name="panel-departed", round=2, against=1, told="Reward hacking in round 2: so.")
    ends(monkeypatch, history((0.1, 0.2, 0.9), noise=0), stop)
    ran = rlaif("loop", written(Path()), "-o", "out")
    assert ran.status == 1
    assert ran.err.endswith("stopped: panel-departed\nReward hacking in round 2: so.\n")
    assert "whose model is model-1" in ran.out


def test_an_end_by_ctrl_c_says_that_the_same_command_goes_on(
    rlaif: Rlaif, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends(monkeypatch, [])
    ran = rlaif("loop", written(Path()), "-o", "out")
    assert ran.status == 130
    assert "the same command goes on" in ran.err


def test_a_folder_is_needed_to_begin(rlaif: Rlaif) -> None:
    ran = rlaif("loop", written(Path()))
    assert ran.status == 2
    assert "--out DIR" in ran.err


def test_every_fault_of_a_loop_file_is_told_at_its_place(rlaif: Rlaif) -> None:
    path = written(Path(), method="dqo", rounds=0, more="rows: {strategie: margin}\n")
    ran = rlaif("loop", path, "--dry-run")
    assert ran.status == 2
    assert ran.err == "loop.yaml:2:9: unknown method 'dqo'\n  hint: did you mean 'dpo'?\n"
    ran = rlaif("loop", written(Path(), rounds=0, more="rows: {strategie: margin}\n"))
    assert ran.status == 2
    assert "loop.yaml:3:9: " in ran.err
    assert "loop.yaml:11:8: unknown key 'strategie'\n  hint: did you mean 'strategy'?" in ran.err


def test_the_report_that_is_named_is_there(rlaif: Rlaif, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without what draws it, there is no page."""
    ends(monkeypatch, history((0.25, 0.75), noise=0))
    path = written(Path())
    assert "The report lies in out/loop.json" in rlaif("loop", path, "-o", "out").out
    Path("out/loop.html").write_text("")
    assert "The report lies in out/loop.html" in rlaif("loop", path, "-o", "out").out


def test_too_few_held_out_prompts_are_said_before_anything_is_done(
    rlaif: Rlaif, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(Path())
    assert "Too few" not in rlaif("loop", path, "--dry-run").out
    prompts(Path("held-out.jsonl"), "test", 3)
    told = "3 different held-out prompts: no fall can be found; 10 or more are wanted"
    assert told in rlaif("loop", path, "--dry-run").out
    ends(monkeypatch, history((0.25, 0.75), noise=0))
    assert told in rlaif("loop", path, "-o", "out").err
