"""The example docs/examples/one-sentence is sound; a short form of what docs/learning.md ran."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from rlaif.authoring.rubric_file import load_rubric
from rlaif.runs.training import checked, train, training_of

EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "one-sentence"
TRL = pytest.mark.skipif(find_spec("trl") is None, reason="the extra 'train' is not installed")


def prompts(name: str) -> list[Any]:
    return [json.loads(line) for line in (EXAMPLE / name).read_text().splitlines()]


def test_no_held_out_prompt_is_trained_on() -> None:
    train_prompts = {json.dumps(row["prompt"]) for row in prompts("prompts.jsonl")}
    held_out = {json.dumps(row["prompt"]) for row in prompts("held-out.jsonl")}
    assert (len(train_prompts), len(held_out)) == (64, 32)
    assert not train_prompts & held_out


def test_the_rubric_has_checks_and_a_judged_criterion() -> None:
    kinds = [type(one).__name__ for one in load_rubric(EXAMPLE / "rubric.yaml").items]
    assert sorted(kinds) == ["Checked", "Checked", "Judged"]


@TRL
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of torch, transformers and TRL
def test_its_training_takes_a_step_with_the_real_policy_and_the_real_judge(tmp_path: Path) -> None:
    stated = training_of("grpo", EXAMPLE / "grpo.yaml")
    assert checked("grpo", stated).data.rows == 64
    short = {"max_steps": 1, "num_generations": 4, "per_device_train_batch_size": 4}
    arguments = {**stated.arguments, **short, "max_completion_length": 12, "logging_steps": 1}
    update = {"output": str(tmp_path / "out"), "arguments": arguments}
    done = train("grpo", stated.model_copy(update=update))
    assert done.steps == 1
    logged = json.loads((tmp_path / "out" / "metrics.jsonl").read_text().splitlines()[0])
    assert set(logged["criteria"]) == {"short", "one-sentence", "on-topic"}
    assert 0 < logged["criteria"]["on-topic"] < 1
    assert logged["failed_rate"] == 0
    assert (done.model / "model.safetensors").exists()
