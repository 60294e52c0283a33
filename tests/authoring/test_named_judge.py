"""`BACKEND:MODEL` as a judge: what it is, and one clear error for what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlaif.authoring.judge_file import load_judge
from rlaif.authoring.named_judge import FORMS, named_judge
from rlaif.errors import InputError, UnknownName
from rlaif.records.backends import OpenaiJudge, TransformersJudge, VllmJudge


def refused(text: str) -> str:
    with pytest.raises(InputError) as raised:
        load_judge(text)
    return str(raised.value)


def test_a_backend_and_a_model_are_a_judge_with_defaults() -> None:
    judge = load_judge("vllm:Qwen/Qwen3-8B")
    assert judge.spec == VllmJudge(
        judge="qwen-qwen3-8b", version="1.0.0", backend="vllm", model="Qwen/Qwen3-8B"
    )
    assert judge.template == load_judge("scripted").template
    assert judge.speaks("de")


def test_every_form_that_is_shown_is_one() -> None:
    kinds = {"vllm": VllmJudge, "transformers": TransformersJudge, "openai": OpenaiJudge}
    assert {name: type(load_judge(form).spec) for name, form in FORMS.items()} == kinds


def test_a_served_model_has_its_address_behind_the_last_sign() -> None:
    judge = load_judge("openai:acme/Model@v2:free@https://example.org/v1/")
    assert isinstance(judge.spec, OpenaiJudge)
    assert judge.spec.model == "acme/Model@v2:free"
    assert judge.spec.base_url == ("https://example.org/v1",)
    assert judge.spec.judge == "acme-model-v2-free"


def test_a_folder_is_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my model").mkdir()
    (tmp_path / "step-100").mkdir()
    monkeypatch.chdir(tmp_path)
    judge = load_judge("vllm:./step-100")
    assert (judge.own.model, judge.folder) == ("./step-100", tmp_path)
    assert "'my model' is no model's name" in refused("vllm:my model")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_judge("transformers:~/step-100").own.model == str(tmp_path / "step-100")


def test_two_models_with_long_names_have_two_names() -> None:
    one, other = (load_judge(f"openai:{'m' * 150}{c}@http://a/v1").spec.judge for c in "ab")
    assert one != other
    assert len(one) <= 100


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("vllm:", "the judge 'vllm:': the model is missing"),
        ("vllm:Qwen/Qwen3 8B", "'Qwen/Qwen3 8B' is no model's name"),
        ("vllm:a/b/c", "'a/b/c' is no name on the hub, and no folder is there"),
        (
            "vllm:../no-such-folder",
            "'../no-such-folder' is no name on the hub, and no folder is there",
        ),
        ("vllm:a\x1b[31m", r"'a\x1b[31m' is no model's name"),
        ("vllm:q\u200bwen", r"'q\u200bwen' is no model's name"),
        (f"vllm:{'a' * 300}", "a model's name of 300 characters is too long"),
        ("openai:gpt", "the server's address is missing"),
        ("openai:gpt@127.0.0.1:8000", "the server's address is missing"),
        ("openai:@http://a/v1", "the model is missing"),
        ("openai:m@http:///v1", "'http:///v1' is no address"),
        ("vlm:Qwen/Qwen3-8B", "hint: did you mean 'vllm'?"),
        ("scripted:x", "there is no backend 'scripted' to name so"),
    ],
)
def test_what_cannot_be_is_one_clear_error(text: str, told: str) -> None:
    assert told in refused(text)
    assert len(refused(text).splitlines()) <= 2


@pytest.mark.parametrize("url", ["http://me:hunter2@a/v1", "https://a/v1?key=hunter2"])
def test_a_key_in_an_address_is_not_repeated(url: str) -> None:
    assert "hunter2" not in refused(f"openai:m@{url}")


def test_a_file_of_such_a_name_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vllm:mine.yaml").write_text("judge: mine\nversion: 1.0.0\nbackend: scripted\n")
    monkeypatch.chdir(tmp_path)
    assert load_judge("vllm:mine.yaml").spec.judge == "mine"


def test_other_names_are_left_to_files() -> None:
    assert named_judge("smollm2-135m") is None
    assert named_judge("http://a/v1") is None
    with pytest.raises(UnknownName):
        load_judge("nonsense")
