"""TRL's own trainers on a tiny model: they train, end early, go on, and leave what loads."""

from __future__ import annotations

import json
import math
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rlaif.errors import FileProblems, InputError, RunError
from rlaif.runs.training import checked, train, training_of
from tests.runs.trained import Seen, config_of, on_a_hub, rows_of, save_tiny, write_lines

pytestmark = pytest.mark.slow
pytest.importorskip("trl")

KILLED = """
import os, signal, sys
from pathlib import Path
from rlaif.runs.training import train
from tests.runs.trained import Seen, config_of

def at(step):
    if step == 3:
        os.kill(os.getpid(), signal.SIGKILL)

model, folder = map(Path, sys.argv[1:])
steps = {"max_steps": 3, "save_steps": 2, "logging_steps": 1}
train("sft", config_of("sft", model, folder, arguments=steps), Seen(at))
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """More gain a tiny model nothing, and cost much where the machine is busy."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def lines_of(metrics: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in metrics.read_text().splitlines()]


def loaded(folder: Path, kind: str = "sft") -> Any:
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

    made = AutoModelForSequenceClassification if kind == "reward" else AutoModelForCausalLM
    return made.from_pretrained(str(folder))


@pytest.mark.parametrize("kind", ["sft", "reward", "dpo", "kto", "grpo"])
def test_a_training_leaves_a_changed_model_its_tokenizer_and_its_metrics(
    kind: str, model: Path, tmp_path: Path
) -> None:
    from transformers import AutoTokenizer

    seen = Seen()
    done = train(kind, config_of(kind, model, tmp_path), seen)
    assert (done.steps, seen.steps) == (2, [0, 1, 2])
    before, after = loaded(model).model.embed_tokens, loaded(done.model, kind).model.embed_tokens
    assert not before.weight.equal(after.weight)
    assert AutoTokenizer.from_pretrained(str(done.model)).chat_template
    last = lines_of(done.metrics)[-1]
    assert last["step"] == 2
    assert isinstance(last["loss"], float)
    assert done.figures["loss"] == last["loss"]
    if kind == "grpo":
        assert set(last["criteria"]) == {"short", "open"}
        assert {"reward", "reward_std", "mean_length", "clipped_ratio", "failed_rate"} <= set(last)
    assert (tmp_path / "out" / "training.html").exists()
    assert not [*(tmp_path / "out").glob("checkpoint-*"), *(tmp_path / "out").glob("rows")]


def test_a_training_that_was_killed_goes_on_from_its_last_whole_checkpoint(
    model: Path, tmp_path: Path
) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", KILLED, str(model), str(tmp_path)]
    died = subprocess.run(command, cwd=root, capture_output=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()[-2000:]
    output = tmp_path / "out"
    (output / "checkpoint-3").mkdir()  # as one that was being written
    with (output / "metrics.jsonl").open("a") as file:
        file.write('{"step": 3, "time_s": 9.0, "loss": 1.0}\n{"step"')
    steps = {"max_steps": 3, "save_steps": 2, "logging_steps": 1}
    config = config_of("sft", model, tmp_path, arguments=steps)
    seen = Seen()
    done = train("sft", config, seen)
    assert done.steps == 3
    assert seen.steps == [2, 3]
    assert any("checkpoint-2" in note for note in seen.notes)
    assert [line["step"] for line in lines_of(done.metrics)] == [1, 2, 3]
    left = sorted(path.name for path in output.glob("checkpoint-*"))
    assert left == ["checkpoint-2", "checkpoint-3"]
    assert train("sft", config, seen) == done
    assert "done already" in seen.notes[-1]
    weights = loaded(done.model).model.embed_tokens.weight
    shutil.rmtree(done.model)  # as if it was killed before that was there
    assert train("sft", config).steps == 3
    assert weights.equal(loaded(done.model).model.embed_tokens.weight)


def test_ctrl_c_leaves_a_checkpoint_and_what_changed_since_is_refused(
    model: Path, tmp_path: Path
) -> None:
    config = config_of("dpo", model, tmp_path)
    interrupting = Seen(lambda step: signal.raise_signal(signal.SIGINT) if step == 1 else None)
    with pytest.raises(KeyboardInterrupt):
        train("dpo", config, interrupting)
    assert "ending after this step" in interrupting.notes[0]
    assert (tmp_path / "out" / "checkpoint-1" / ".whole").exists()
    other = config_of("dpo", model, tmp_path, arguments={"learning_rate": 0.5})
    with pytest.raises(RunError, match=r"arguments\.learning_rate: 0\.01, now 0\.5"):
        train("dpo", other)
    seen = Seen()
    done = train("dpo", config, seen)
    assert (done.steps, seen.steps) == (2, [1, 2])
    assert [line["step"] for line in lines_of(done.metrics)] == [2]


def test_adapters_are_merged_into_the_model_and_held_out_rows_are_measured(
    model: Path, tmp_path: Path
) -> None:
    pytest.importorskip("peft")
    config = config_of(
        "sft",
        model,
        tmp_path,
        lora={"r": 2},
        eval_data=str(write_lines(tmp_path / "held_out.jsonl", rows_of("sft", 10)[8:])),
        arguments={"eval_strategy": "steps", "eval_steps": 1},
    )
    done = train("sft", config)
    assert isinstance(done.figures["held_out"]["loss"], float)
    adapter = tmp_path / "out" / "adapter"
    assert (adapter / "adapter_config.json").exists()
    assert not (adapter / "training_args.bin").exists()
    before, after = (loaded(one).model.layers[0].self_attn.q_proj for one in (model, done.model))
    assert not before.weight.equal(after.weight)


@pytest.mark.parametrize("kind", ["dpo", "kto", "grpo"])
def test_the_reference_is_of_the_same_commit_as_the_model(
    kind: str, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = on_a_hub(tmp_path / "hub", monkeypatch) / "models--me--tiny"
    (hub / "refs").mkdir(parents=True)
    for branch, name in (("old", "a" * 40), ("main", "b" * 40)):
        (hub / "refs" / branch).write_text(name)
        shutil.copytree(model, hub / "snapshots" / name)
    other = loaded(model)
    other.lm_head.weight.data.mul_(3.0)
    other.save_pretrained(str(hub / "snapshots" / ("b" * 40)))
    still = {"max_steps": 1, "learning_rate": 0.0} | ({"beta": 0.1} if kind == "grpo" else {})
    config = config_of(kind, Path("me/tiny"), tmp_path, revision="old", arguments=still)
    line = lines_of(train(kind, config).metrics)[-1]
    for name in ("kl",) if kind == "grpo" else ("reward_chosen", "reward_rejected"):
        assert line[name] == pytest.approx(0, abs=1e-5)
    stated = json.loads((tmp_path / "out" / "training.json").read_text())["stated"]
    assert stated["model"] == f"me/tiny@{'a' * 40}"


def test_each_dimension_can_have_a_reward_of_its_own(model: Path, tmp_path: Path) -> None:
    config = config_of("grpo", model, tmp_path, per_dimension=True, arguments={"max_steps": 1})
    done = train("grpo", config)
    assert set(done.figures["dimensions"]) == {"short", "open"}


def test_every_fault_of_trls_arguments_is_told_at_its_line(tmp_path: Path) -> None:
    file = tmp_path / "train.yaml"
    file.write_text(
        "train: sft\nmodel: m\ndata: d.jsonl\noutput: out\nsed: 1\narguments:\n"
        "  learning_rat: 1e-3\n  max_steps: many\n  report_to: wandb\n"
    )
    with pytest.raises(FileProblems) as raised:
        training_of("sft", file)
    told = str(raised.value).replace(str(tmp_path), "")
    assert "/train.yaml:5:1: unknown key 'sed'\n  hint: did you mean 'seed'?" in told
    assert "/train.yaml:7:3: SFTConfig of TRL has no argument 'learning_rat'" in told
    assert "did you mean 'learning_rate'?" in told
    assert "/train.yaml:8:3: 'max_steps' does not take 'many'" in told
    assert "/train.yaml:9:14: 'report_to' is set by rlaif" in told


def test_what_trl_refuses_of_arguments_together_is_told_before_anything_is_loaded(
    model: Path, tmp_path: Path
) -> None:
    config = config_of("grpo", model, tmp_path, arguments={"num_generations": 3})
    with pytest.raises(InputError, match="divisible by num_generations"):
        checked("grpo", config)


def test_a_dry_run_writes_nothing(model: Path, tmp_path: Path) -> None:
    ready = checked("kto", config_of("kto", model, tmp_path))
    assert (ready.data.rows, ready.data.conversational) == (8, True)
    assert not (tmp_path / "out").exists()


def test_the_figures_of_a_reward_stand_by_criterion_and_those_held_out_apart() -> None:
    from rlaif.training.trl.metrics import line_of

    logs = {
        "loss": 0.5,
        "epoch": 1.0,
        "reward": math.nan,
        "rewards/form/mean": 0.4,
        "rewards/form/std": 0.1,
        "rewards/form/tone/mean": 0.3,
        "form/short": 0.75,
        "form/failed": 0.25,
        "form/score": None,
        "completions/mean_length": 8,
        "eval_form/short": 1.0,
        "eval_loss": 0.25,
    }
    assert line_of(logs, "form") == {
        "loss": 0.5,
        "reward": None,
        "criteria": {"short": 0.75},
        "dimensions": {"tone": 0.3},
        "failed_rate": 0.25,
        "score": None,
        "mean_length": 8.0,
        "held_out": {"criteria": {"short": 1.0}, "loss": 0.25},
    }


def test_without_a_reward_trls_names_are_kept_or_said_plainly() -> None:
    from rlaif.training.trl.metrics import line_of

    assert line_of({"rewards/margins": 0.1, "logps/chosen": -3.0}) == {
        "margin": 0.1,
        "logps/chosen": -3.0,
    }
