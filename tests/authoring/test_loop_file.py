"""Loop files: what they may say, and where each fault is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rlaif.authoring.loop_file import read_loop, read_policy_of
from rlaif.errors import FileProblems
from rlaif.records.loop import DpoLoop, GrpoLoop

DOCS = Path(__file__).parents[2] / "docs" / "loop.md"
BASE = """\
loop: a
method: {method}
rounds: 2
policy: {{policy: p, backend: transformers, model: some/model}}
prompts: prompts.jsonl
held_out: held-out.jsonl
rubric: worked-math-solution
"""


def told(text: str) -> str:
    with pytest.raises(FileProblems) as raised:
        read_loop("loop.yaml", text)
    return str(raised.value)


def test_the_file_that_the_docs_show_is_sound() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", DOCS.read_text(), re.DOTALL)
    loop = read_loop("loop.yaml", text)
    assert isinstance(loop, DpoLoop)
    assert loop.training.lora is not None
    assert loop.rules.text.distinct == 0.4


def test_what_a_file_leaves_out_has_the_values_that_the_docs_state() -> None:
    shown = read_loop("loop.yaml", re.findall(r"```yaml\n(.*?)```", DOCS.read_text(), re.DOTALL)[0])
    plain = read_loop("loop.yaml", BASE.format(method="dpo"))
    assert plain.per_prompt == shown.per_prompt
    assert plain.evaluation == shown.evaluation
    assert plain.panel.text == shown.panel.text
    assert plain.panel.depart == shown.panel.depart


def test_paths_hold_wherever_the_command_is_started(tmp_path: Path) -> None:
    (tmp_path / "rubric.yaml").write_text("")
    (tmp_path / "tiny").mkdir()
    text = BASE.format(method="grpo").replace("worked-math-solution", "rubric.yaml")
    loop = read_loop(tmp_path / "loop.yaml", text.replace("some/model", "tiny"))
    assert isinstance(loop, GrpoLoop)
    assert (loop.rubric, loop.prompts) == tuple(
        str(tmp_path / name) for name in ("rubric.yaml", "prompts.jsonl")
    )
    assert read_policy_of(loop).model == str(tmp_path / "tiny")


def test_a_policy_file_is_found_beside_the_loop_file(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(
        "policy: beside\nbackend: transformers\nmodel: some/model\nmax_tokens: 9\n"
    )
    text = BASE.format(method="sft")
    policy = re.sub("policy: {.*", "policy: policy.yaml", text)
    found = read_policy_of(read_loop(tmp_path / "loop.yaml", policy))
    assert (found.policy, found.max_tokens, found.model) == ("beside", 9, "some/model")


@pytest.mark.parametrize(
    ("method", "more", "said"),
    [
        ("grpo", "rows: {strategy: margin}", "loop.yaml:8:1: unknown key 'rows'"),
        ("kto", "rows: {good_form: 0.5}", "8:8: unknown key 'good_form'\n  hint: did you mean 'go"),
        ("kto", "rows: {good_from: 0.2}", "8:1: bad_to (0.3) is not below good_from (0.2)"),
        ("dpo", "per_prompt: 1", "8:13: a pair needs 2 completions of a prompt"),
        ("dpo", "rows: {rows: reward}", "8:14: a loop of dpo trains on rows of dpo"),
        ("dpo", "panel: {rubric: other.yaml}", "8:17: nobody is asked this rubric"),
        ("dpo", "panel: {judges: [a, b, a]}", "8:24: 'a' is named twice"),
        ("sft", "panel: {text: {lenght: 2}}", "8:16: unknown key 'lenght'\n  hint: did you mean"),
        ("sft", "evaluation: {fall: 2}", "8:20: "),
        ("sft", "training: {shaping: {}}", "8:12: unknown key 'shaping'"),
    ],
)
def test_every_fault_has_its_place_and_its_mend(method: str, more: str, said: str) -> None:
    assert said in told(BASE.format(method=method) + more + "\n")
