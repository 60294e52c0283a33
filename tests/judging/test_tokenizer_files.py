"""A tokenizer's files, from a folder or the hub, as transformers would give them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

from rlaif import load_judge
from rlaif.errors import JudgeUnavailable
from rlaif.judging import tokenizer_files as module
from rlaif.judging.model_loading import load_tokenizer
from rlaif.judging.tokenizer_files import tokenizer_files
from rlaif.judging.weights import find_weights
from rlaif.records.backends import TransformersJudge
from tests.judging.conftest import spec_of


def write(folder: Path, **files: Any) -> Path:
    """A folder with a least tokenizer, and the files given as JSON by their stem."""
    for name, content in {"tokenizer": {"model": {}}, **files}.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / f"{name}.json").write_text(text)
    return folder


def test_a_saved_model_gives_what_transformers_gives(folder: Path) -> None:
    ours, theirs = tokenizer_files(str(folder)), load_tokenizer(spec_of(folder))
    assert json.loads(ours.tokenizer_json) == json.loads(theirs.tokenizer_json)
    assert (ours.chat_template, ours.special_tokens) == (
        theirs.chat_template,
        theirs.special_tokens,
    )


@pytest.mark.slow
def test_the_small_judges_folder_gives_what_transformers_gives() -> None:
    spec = load_judge("smollm2-135m").spec
    assert isinstance(spec, TransformersJudge)
    ours, theirs = tokenizer_files(find_weights(spec, None).source), load_tokenizer(spec)
    assert json.loads(ours.tokenizer_json) == json.loads(theirs.tokenizer_json)
    assert (ours.chat_template, ours.special_tokens) == (
        theirs.chat_template,
        theirs.special_tokens,
    )


def test_special_tokens_are_texts_or_objects_that_hold_one(tmp_path: Path) -> None:
    config: dict[str, Any] = {"bos_token": {"content": "<s>", "lstrip": False}, "eos_token": "</s>"}
    config |= {"pad_token": None, "add_bos_token": True}
    write(tmp_path, tokenizer_config=config)
    assert tokenizer_files(str(tmp_path)).special_tokens == {
        "bos_token": "<s>",
        "eos_token": "</s>",
    }


def test_the_configuration_has_the_last_word_over_the_map_of_special_tokens(tmp_path: Path) -> None:
    roles = {"eos_token": "<old>", "unk_token": {"content": "<unk>"}, "additional": ["<x>"]}
    write(tmp_path, special_tokens_map=roles, tokenizer_config={"eos_token": "<new>"})
    found = tokenizer_files(str(tmp_path)).special_tokens
    assert found == {"eos_token": "<new>", "unk_token": "<unk>"}


@pytest.mark.parametrize(
    ("stated", "found"),
    [
        ("{{ one }}", "{{ one }}"),
        ([{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}], "d"),
        ([{"name": "tool_use", "template": "t"}], None),
        (None, None),
    ],
)
def test_the_default_chat_template_is_taken(tmp_path: Path, stated: Any, found: Any) -> None:
    write(tmp_path, tokenizer_config={"chat_template": stated})
    assert tokenizer_files(str(tmp_path)).chat_template == found


def test_a_chat_template_of_its_own_file_comes_before_the_configurations(tmp_path: Path) -> None:
    write(tmp_path, tokenizer_config={"chat_template": "old"})
    (tmp_path / "chat_template.jinja").write_text("new")
    assert tokenizer_files(str(tmp_path)).chat_template == "new"


def test_a_relative_folder_starts_where_the_judge_file_lies(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    write(tmp_path / "model")
    assert tokenizer_files("model", folder=tmp_path) == tokenizer_files(str(tmp_path / "model"))


def test_a_folder_without_a_fast_tokenizer_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(JudgeUnavailable, match=r"no tokenizer\.json in .*\n  hint: save"):
        tokenizer_files(str(tmp_path))


@pytest.mark.parametrize("text", ["{", "[]", "12"])
@pytest.mark.parametrize("name", ["tokenizer", "tokenizer_config", "special_tokens_map"])
def test_a_broken_file_is_named(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path, **{name: text})
    with pytest.raises(JudgeUnavailable, match=rf"{name}\.json of .* is not (a )?JSON"):
        tokenizer_files(str(tmp_path))


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "tokenizer_config.json").write_bytes(b"\xff\xfe{")
    with pytest.raises(JudgeUnavailable, match=r"tokenizer_config\.json cannot be read"):
        tokenizer_files(str(tmp_path))


def test_a_name_that_is_no_folder_is_asked_of_the_hub_at_its_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, tokenizer_config={"eos_token": "</s>"})
    asked = []

    def download(repo: str, name: str, revision: str | None) -> str:
        asked.append((repo, name, revision))
        if not (tmp_path / name).exists():
            raise EntryNotFoundError(name)
        return str(tmp_path / name)

    monkeypatch.setattr(module, "hf_hub_download", download)
    assert tokenizer_files("some/model", "v2").special_tokens == {"eos_token": "</s>"}
    assert ("some/model", "tokenizer.json", "v2") in asked


def test_a_hub_that_is_not_reached_is_one_clear_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def download(*_: Any, **__: Any) -> str:
        raise LocalEntryNotFoundError("no connection\nand much more")

    monkeypatch.setattr(module, "hf_hub_download", download)
    with pytest.raises(JudgeUnavailable, match="'some/model' cannot be had: no connection\n  hint"):
        tokenizer_files("some/model")


def test_what_was_had_before_is_enough_without_a_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, tokenizer_config={"chat_template": "t"})

    def download(_: str, name: str, **__: Any) -> str:
        if not (tmp_path / name).exists():
            raise LocalEntryNotFoundError("no connection")
        return str(tmp_path / name)

    monkeypatch.setattr(module, "hf_hub_download", download)
    assert tokenizer_files("some/model").chat_template == "t"


def test_neither_torch_nor_transformers_is_loaded_for_it() -> None:
    code = (
        "import sys, rlaif.judging.tokenizer_files\n"
        "assert not {'torch', 'transformers', 'vllm'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
