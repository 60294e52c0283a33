"""What a training depends on beyond its file: a hub's commit, a reward file, a chat template."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rlaif.errors import InputError
from rlaif.judging.weights import Weights
from rlaif.records.training import CONFIGS, GrpoTraining
from rlaif.runs.training_model import arguments_hashes, source_of
from rlaif.runs.training_reward import hashes_of, reward_of
from rlaif.training.trl.job import Source
from tests.runs.trained import RUBRIC, on_a_hub

OLD, NEW = "a" * 40, "b" * 40
GIVEN: dict[str, Any] = {"train": "sft", "model": "m", "data": "d.jsonl", "output": "out"}


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the hub that is all there is."""
    pytest.importorskip("huggingface_hub")
    return on_a_hub(tmp_path / "hub", monkeypatch)


def commit(hub: Path, name: str, branch: str) -> Path:
    """The folder of a commit that a branch now means."""
    model = hub / "models--me--tiny"
    (model / "refs").mkdir(parents=True, exist_ok=True)
    (model / "refs" / branch).write_text(name)
    folder = model / "snapshots" / name
    folder.mkdir(parents=True, exist_ok=True)
    for file in ("config.json", "tokenizer_config.json"):
        (folder / file).write_text("{}")
    return folder


def weights(revision: str | None = None) -> Weights:
    return Weights("me/tiny", revision, None, "")


def test_a_name_on_the_hub_is_loaded_at_the_commit_that_its_branch_means(hub: Path) -> None:
    first = commit(hub, OLD, "main")
    assert source_of(weights()) == Source("me/tiny", OLD, None, str(first))
    template = CONFIGS["sft"].model_validate(
        {**GIVEN, "arguments": {"chat_template_path": "me/tiny"}}
    )
    told = arguments_hashes(template)
    commit(hub, NEW, "main")
    assert source_of(weights()).revision == NEW
    assert source_of(weights(OLD)).revision == OLD
    assert arguments_hashes(template) != told
    with pytest.raises(InputError, match="'me/tiny' cannot be loaded"):
        source_of(weights("gone"))


def test_a_chat_template_is_compared_by_content_and_not_by_its_place(tmp_path: Path) -> None:
    def hashes(path: Path, text: str) -> dict[str, str]:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        arguments = {"chat_template_path": str(path), "max_steps": 2}
        return arguments_hashes(CONFIGS["sft"].model_validate({**GIVEN, "arguments": arguments}))

    first = hashes(tmp_path / "chat.jinja", "{{ messages }}")
    assert list(first) == ["arguments.chat_template_path"]
    assert hashes(tmp_path / "other" / "chat.jinja", "{{ messages }}") == first
    assert hashes(tmp_path / "chat.jinja", "{{ other }}") != first


@pytest.mark.parametrize(
    "more",
    ["columns: {reference: answer}\n", "accept_forgeable: [short]\n", "shaping: {floor: 0}\n"],
)
def test_all_that_a_reward_file_says_of_the_reward_is_compared(more: str, tmp_path: Path) -> None:
    (tmp_path / "form.yaml").write_text(RUBRIC)

    def hashes(name: str, text: str) -> dict[str, str]:
        (tmp_path / name).write_text(text)
        given = {**GIVEN, "train": "grpo", "reward": str(tmp_path / name)}
        config = GrpoTraining.model_validate(given)
        return hashes_of(config, reward_of(config))

    text = "reward: form\nrubric: form.yaml\njudge: scripted-hash\n"
    first = hashes("r.yaml", text)
    assert hashes("moved.yaml", text + "retries: 3\n") == first
    assert hashes("r.yaml", text + more) != first
