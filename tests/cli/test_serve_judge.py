"""`rlaif serve-judge`: what would be started, and the judge file that asks it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest

from rlaif import load_judge
from rlaif.judging import vllm_place
from rlaif.records.backends import OpenaiJudge
from rlaif.runs import serve_judge
from tests.cli.conftest import Rlaif

JUDGE = """\
judge: mine
version: 2.0.0
backend: vllm
model: org/model
revision: abc123
labels: {yes: "Ja", no: "Nein"}
verdict: generated
evidence: true
tensor_parallel: 2
quantization: fp8
memory_share: 0.4
max_length: 8192
max_completion: 3000
options: {max-num-seqs: 64, enforce_eager: true, kv_cache_dtype: fp8}
"""


@pytest.fixture(autouse=True)
def gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve_judge, "place", lambda: vllm_place.Place("0.32.0", ("0", "1")))


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(JUDGE)
    return path


def flags(command: str) -> dict[str, str]:
    words = shlex.split(command)
    return {w: v for w, v in zip(words, [*words[1:], ""], strict=True) if w.startswith("--")}


def test_the_command_has_the_options_of_the_judge_file(rlaif: Rlaif, mine: Path) -> None:
    done = rlaif("serve-judge", mine, "--port", "8123", "--dry-run")
    assert done.status == 0
    assert "vllm.entrypoints.openai.api_server" in done.err
    found = flags(done.err)
    for flag, value in {
        "--model": "org/model", "--revision": "abc123", "--tensor-parallel-size": "2",
        "--quantization": "fp8", "--gpu-memory-utilization": "0.4", "--max-model-len": "8192",
        "--max-num-seqs": "64", "--port": "8123", "--host": "127.0.0.1",
        "--served-model-name": "org/model", "--kv-cache-dtype": "fp8",
        "--generation-config": "vllm",
        "--structured-outputs-config": '{"backend":"xgrammar","disable_any_whitespace":true}',
    }.items():  # fmt: skip
        assert found[flag] == value
    assert {"--enforce-eager", "--enable-prefix-caching"} <= found.keys()


def test_what_is_printed_is_the_judge_file_that_asks_the_server(
    rlaif: Rlaif, mine: Path, tmp_path: Path
) -> None:
    served = tmp_path / "served.yaml"
    served.write_text(rlaif("serve-judge", mine, "--dry-run").out)
    spec, own = load_judge(served).spec, load_judge(mine).spec
    assert isinstance(spec, OpenaiJudge)
    assert spec.base_url == ("http://127.0.0.1:8000/v1",)
    assert (spec.model, spec.tokenizer) == ("org/model", None)
    assert spec.revision == "abc123 fp8 kv_cache_dtype fp8"
    for key in ("judge", "version", "labels", "verdict", "evidence", "max_length"):
        assert getattr(spec, key) == getattr(own, key)
    assert spec.max_completion == 3000


def test_a_model_in_a_folder_is_served_with_its_tokenizer(rlaif: Rlaif, tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "config.json").write_text("{}")
    path = tmp_path / "j.yaml"
    path.write_text("judge: j\nversion: 1.0.0\nbackend: transformers\nmodel: weights\n")
    done = rlaif("serve-judge", path, "--dry-run")
    assert flags(done.err)["--model"] == str(tmp_path / "weights")
    assert flags(done.err)["--served-model-name"] == "weights"
    (tmp_path / "served.yaml").write_text(done.out)
    spec = load_judge(tmp_path / "served.yaml").spec
    assert isinstance(spec, OpenaiJudge)
    assert spec.tokenizer == str(tmp_path / "weights")
    assert spec.revision is not None
    assert len(spec.revision) == 32


def test_a_judge_of_the_backend_openai_has_its_model_served(rlaif: Rlaif, tmp_path: Path) -> None:
    path = tmp_path / "j.yaml"
    path.write_text(
        "judge: j\nversion: 1.0.0\nbackend: openai\nmodel: org/model\n"
        "base_url: http://else.where:9/v1\nmax_length: 4096\n"
    )
    done = rlaif("serve-judge", path, "--dry-run")
    assert flags(done.err)["--max-model-len"] == "4096"
    assert 'base_url: "http://127.0.0.1:8000/v1"' in done.out


def test_a_judge_without_a_model_is_refused(rlaif: Rlaif) -> None:
    done = rlaif("serve-judge", "scripted", "--dry-run")
    assert done.status == 2
    assert "has no model that could be served" in done.err


def test_the_key_is_named_and_never_printed(
    rlaif: Rlaif, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[Sequence[str], dict[str, str]]] = []
    monkeypatch.setattr(os, "execve", lambda _, words, env: started.append((words, env)))
    monkeypatch.setenv("RLAIF_MY_API_KEY", "s3cret")
    done = rlaif("serve-judge", mine, "--api-key-env", "RLAIF_MY_API_KEY", "--host", "0.0.0.0")  # noqa: S104 - that is what is tried
    assert 'api_key_env: "RLAIF_MY_API_KEY"' in done.out
    assert "s3cret" not in done.out + done.err
    ((words, environment),) = started
    assert not any("s3cret" in word for word in words)
    assert environment["VLLM_API_KEY"] == "s3cret"


def test_a_key_that_is_not_set_is_told(
    rlaif: Rlaif, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RLAIF_MY_API_KEY", raising=False)
    done = rlaif("serve-judge", mine, "--api-key-env", "RLAIF_MY_API_KEY")
    assert done.status == 2
    assert "the variable RLAIF_MY_API_KEY is not set" in done.err


def test_a_name_that_is_no_keys_is_told(rlaif: Rlaif, mine: Path) -> None:
    done = rlaif("serve-judge", mine, "--api-key-env", "HF_TOKEN", "--dry-run")
    assert done.status == 2
    assert done.err.startswith("rlaif: --api-key-env HF_TOKEN: ")
    assert "hint:" in done.err


@pytest.mark.parametrize("option", ["trust-remote-code: true", "Middleware: x.y", "config: f.yaml"])
def test_a_strangers_judge_file_passes_nothing_on_that_could_run_code(
    rlaif: Rlaif, mine: Path, option: str
) -> None:
    mine.write_text(JUDGE.replace("max-num-seqs: 64", option))
    done = rlaif("serve-judge", mine, "--dry-run")
    assert done.status == 2
    assert done.err.startswith(f"{mine}:14:")
    assert f"'{option.partition(':')[0]}' cannot be set here" in done.err
    assert "start a server of your own" in done.err


def test_a_server_that_all_can_reach_without_a_key_is_warned_of(rlaif: Rlaif, mine: Path) -> None:
    open_to_all = rlaif("serve-judge", mine, "--host", "0.0.0.0", "--dry-run")  # noqa: S104 - that is what is tried
    assert "warning: whoever reaches 0.0.0.0 can use the server" in open_to_all.err
    assert 'base_url: "http://127.0.0.1:8000/v1"' in open_to_all.out
    assert "warning" not in rlaif("serve-judge", mine, "--dry-run").err


def test_several_engines_are_replicas_of_the_server(rlaif: Rlaif, mine: Path) -> None:
    mine.write_text(JUDGE + "engines: 3\n")
    assert flags(rlaif("serve-judge", mine, "--dry-run").err)["--data-parallel-size"] == "3"
