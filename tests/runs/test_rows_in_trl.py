"""TRL's own trainers take the rows as they are: one step each, of a tiny random model."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rlaif.records.row_rules import PairRules, SelectRules, UnpairedRules
from rlaif.runs.pairs import make_pairs
from rlaif.runs.select import make_selection
from rlaif.runs.unpaired import make_unpaired
from tests.runs.graded import Scored, graded_run

pytestmark = [
    pytest.mark.slow,  # loads torch and TRL
    pytest.mark.filterwarnings("default"),  # theirs
]

TEMPLATE = (
    "{% for m in messages %}{{ '<s>' + m['role'] + ' ' + m['content'] + '</s>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<s>assistant ' }}{% endif %}"
)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    pytest.importorskip("trl")
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate(["<pad>", "<s>", "</s>", *letters])}
    inner = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    roles = dict(
        zip(("bos_token", "eos_token", "pad_token"), ("<s>", "</s>", "<pad>"), strict=True)
    )
    return PreTrainedTokenizerFast(tokenizer_object=inner, chat_template=TEMPLATE, **roles)


@pytest.fixture(scope="module")
def model(tokenizer: Any, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of the model, from which trainers load it, and what they compare it with."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    size = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 2, "pad_token_id": 0}
    folder = str(tmp_path_factory.mktemp("tiny") / "model")
    config = LlamaConfig(vocab_size=len(tokenizer), **size, **heads)
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def trained(
    model: str, tokenizer: Any, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Any]:
    """`trained("DPO", dataset)`: the loss of one step over two rows."""
    import trl

    def train(kind: str, dataset: Any) -> float:
        arguments = getattr(trl, f"{kind}Config")(
            output_dir=str(tmp_path_factory.mktemp(kind)),
            per_device_train_batch_size=2,
            max_steps=1,
            logging_steps=1,
            use_cpu=True,
            bf16=False,
            report_to=[],
            save_strategy="no",
            disable_tqdm=True,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trainer = getattr(trl, f"{kind}Trainer")(
                model=model, args=arguments, train_dataset=dataset,
                processing_class=tokenizer,
            )  # fmt: skip
            trainer.train()
        return float(next(log["loss"] for log in trainer.state.log_history if "loss" in log))

    return train


def scored(chat: bool) -> list[Scored]:
    """Four prompts with two completions each."""
    made: list[Scored] = []
    for number in range(8):
        prompt: Any = f"Greet number {number % 4}."
        policy = "p" if number % 3 else None
        row = {
            "sample_id": f"s{number}",
            "prompt": [{"role": "user", "content": prompt}] if chat else prompt,
            "completion": f"Hello, number {number}!",
            "policy": policy,
        }
        made.append((row, 0.9 if number < 4 else 0.2))
    return made


def test_the_trainers_take_the_rows(trained: Callable[..., Any], tmp_path: Path) -> None:
    text = graded_run(tmp_path / "text", scored(chat=False))
    chat = graded_run(tmp_path / "chat", scored(chat=True))
    made = {
        "DPO": make_pairs(chat, PairRules(), str(tmp_path / "dpo.jsonl")),
        "Reward": make_pairs(text, PairRules(rows="reward"), str(tmp_path / "reward"), "dataset"),
        "KTO": make_unpaired(text, UnpairedRules(), str(tmp_path / "kto.parquet"), "parquet"),
        "SFT": make_selection(chat, SelectRules(rows="messages"), str(tmp_path / "sft.jsonl")),
    }
    for kind, rows in made.items():
        dataset = _loaded(rows.paths[0], str(tmp_path / "cache"))
        assert len(dataset) == rows.kept == (8 if kind == "KTO" else 4)
        assert 0 < trained(kind, dataset) < 100


def _loaded(path: str, cache: str) -> Any:
    datasets = importlib.import_module("datasets")
    if Path(path).is_dir():
        return datasets.load_from_disk(path)
    kind = "parquet" if path.endswith("parquet") else "json"
    return datasets.load_dataset(kind, data_files=path, split="train", cache_dir=cache)
