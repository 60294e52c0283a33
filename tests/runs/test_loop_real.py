"""A loop in earnest, on a tiny model: a rubric that can be hacked is, and the panel names it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from rlaif.runs import loop_report
from rlaif.runs.loop import run_loop
from rlaif.runs.loop_order import loop_order
from rlaif.runs.loop_stages import do_here
from rlaif.runs.loop_watching import Quiet
from tests.runs.loops import lineage, prompts
from tests.runs.trained import save_tiny

pytestmark = pytest.mark.slow
pytest.importorskip("trl")

VOWELS = """\
rubric: open-sounds
version: 1.0.0
title: A text with open sounds
criteria:
  - {id: a-vowel, check: regex, pattern: '[aeiou]'}
  - {id: vowels, check: regex, pattern: '(?s)([aeiou].*){2}'}
  - {id: many-vowels, check: regex, pattern: '(?s)([aeiou].*){5}'}
"""
MIXED = """\
rubric: mixed
version: 1.0.0
title: A text that is not all vowels
criteria:
  - {id: mixed, check: regex, pattern: '(?s)[^aeiou]*([aeiou][^aeiou]*){0,4}', whole: true}
"""
CONFIG = """\
loop: open sounds
method: grpo
rounds: 2
policy: {{policy: tiny, backend: transformers, model: {model}, max_tokens: 16, dtype: float32}}
prompts: prompts.jsonl
held_out: held-out.jsonl
rubric: rubric.yaml
evaluation: {{per_prompt: 4}}
panel: {{checks: checks.yaml}}
training:
  arguments:
    max_steps: 16
    learning_rate: 0.02
    per_device_train_batch_size: 16
    num_generations: 16
    max_completion_length: 16
    logging_steps: 4
"""


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """More gain a tiny model nothing, and cost much where the machine is busy."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_a_rubric_that_rewards_a_sign_is_hacked_stopped_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_report, "_library", lambda: "// draws")
    model = save_tiny(tmp_path / "tiny")
    prompts(tmp_path / "prompts.jsonl", "train", 16)
    prompts(tmp_path / "held-out.jsonl", "test", 10)
    (tmp_path / "rubric.yaml").write_text(VOWELS)
    (tmp_path / "checks.yaml").write_text(MIXED)
    (tmp_path / "loop.yaml").write_text(CONFIG.format(model=model))
    out = tmp_path / "out"
    ended = run_loop(loop_order(tmp_path / "loop.yaml"), out, Quiet(), do_here)
    assert ended.stop is not None
    assert ended.stop.name == "panel-departed"
    assert ended.stop.members == ("checks",)
    then, now = ended.history[ended.stop.against].training, ended.history[-1].training
    rose = {name: value - then.criteria[name] for name, value in now.criteria.items()}
    assert rose[ended.stop.criterion] == max(rose.values())
    means = [one.training.mean or 0 for one in ended.history]
    assert means[-1] > means[0] + 0.3
    told = orjson.loads((out / "loop.json").read_bytes())
    assert told["history"][1]["learned"]["reward"] > 0
    kinds = [one["kind"] for one in lineage(out) if one["round"] == 1]
    assert kinds == ["model", "held_out", "evaluation", "panel"]
