"""From experts' corrections to a better judge: export, `rlaif train sft`, and ask it again."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean

import pytest

import rlaif as package
from rlaif.records.sample import Sample
from rlaif.storage.corrections.reading import write_corrections
from tests.cli.conftest import Rlaif
from tests.prompting.conftest import CHATML, byte_level
from tests.storage.corrections.made import RUBRIC, correction

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("trl") is None, reason="the extra 'train' is not installed"),
    pytest.mark.filterwarnings("ignore"),  # of torch, transformers and TRL
]
KIND = ("Welcome, dear friend {}!", "yes")
RUDE = ("Go away, number {}.", "no")
JUDGE = """\
judge: tiny
version: 1.0.0
backend: transformers
model: {}
dtype: float32
device: cpu
min_label_mass: 0
"""
TRAIN = """\
train: sft
model: {}
data: {}
output: {}
arguments:
  max_steps: 30
  per_device_train_batch_size: 8
  learning_rate: 0.01
  lr_scheduler_type: constant
  max_length: 2048
  save_strategy: 'no'
"""


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A random model of two layers with a small tokenizer, in which Yes and No are tokens."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    roles = {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=byte_level(), chat_template=CHATML, **roles
    )
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    folder = tmp_path / "model"
    LlamaForCausalLM(config).save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))
    return folder


def right(folder: Path, judge: Path, rubric: Path, labels: dict[str, tuple[str, str]]) -> float:
    """The mean probability that the judge in `folder` gives to the experts' labels."""
    judge.write_text(JUDGE.format(folder))
    samples = [
        Sample(sample_id=name, prompt=f"Greet person {name[1:]}.", completion=text)
        for name, (text, _) in labels.items()
    ]
    graded = package.grade_sync(
        samples, package.load_rubric(str(rubric)), package.load_judge(str(judge))
    )
    said = {one.sample_id: one.outcomes[0].value for one in graded}
    values = {name: value for name, value in said.items() if value is not None}
    assert values.keys() == labels.keys()
    return fmean(value if labels[name][1] == "yes" else 1 - value for name, value in values.items())


def test_a_judge_trained_on_corrections_says_what_the_experts_said(
    model: Path, tmp_path: Path, rlaif: Rlaif
) -> None:
    rubric, judge = tmp_path / "greeting.yaml", tmp_path / "judge.yaml"
    rubric.write_text("\n".join(RUBRIC.splitlines()[:6]) + "\n")
    judge.write_text(JUDGE.format(model))
    forms = {n: KIND if n % 3 else RUDE for n in range(24)}
    labels = {f"s{n}": (text.format(n), label) for n, (text, label) in forms.items()}
    source, rows = tmp_path / "c.jsonl", tmp_path / "rows.jsonl"
    write_corrections(
        [
            correction(n, {"kind": label}, output=text.format(n))
            for n, (text, label) in forms.items()
        ],
        str(source),
    )
    before = right(model, judge, rubric, labels)
    written = rlaif(
        *("corrections", "export", source, "--as", "judge-sft", "-o", rows),
        *("--rubric", rubric, "--judge", judge),
    )
    assert written.status == 0, written.err
    training = tmp_path / "train.yaml"
    training.write_text(TRAIN.format(model, rows, tmp_path / "out"))
    done = rlaif("train", "sft", training)
    assert done.status == 0, done.err
    after = right(tmp_path / "out" / "model", judge, rubric, labels)
    assert before == pytest.approx(0.5, abs=0.15)
    assert after > before + 0.1, (before, after)
