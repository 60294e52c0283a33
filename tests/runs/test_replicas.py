"""How many replicas there are, what each gets, and what is refused before any is started."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rlaif.cli import main
from rlaif.errors import InputError, MissingExtra, RunError
from rlaif.records.backends import OpenaiJudge, TransformersJudge, VllmJudge
from rlaif.records.judge import Judge
from rlaif.runs.engines import engine_of
from rlaif.runs.ray_keys import keys_for
from rlaif.runs.ray_messages import Given
from rlaif.runs.replicas import Replicas, gpus_each

Make = Callable[..., Any]


def openai_judge(url: str, key: str) -> Judge:
    spec = OpenaiJudge(judge="o", version="1.0.0", backend="openai", model="m", base_url=url,
                       api_key_env=key)  # fmt: skip
    return Judge(spec, "")


def test_replicas_get_only_the_keys_that_the_judge_names(judge: Make) -> None:
    there = {"RLAIF_API_KEY": "a", "OPENAI_API_KEY": "b", "HF_TOKEN": "c", "RLAIF_CACHE": "/c"}
    assert keys_for(judge(), there) == {"RLAIF_CACHE": "/c"}
    own = openai_judge("https://a.example/v1", "RLAIF_API_KEY")
    assert keys_for(own, there) == {"RLAIF_API_KEY": "a", "RLAIF_CACHE": "/c"}
    theirs = openai_judge("https://api.openai.com/v1", "OPENAI_API_KEY")
    assert keys_for(theirs, there) == {"OPENAI_API_KEY": "b", "RLAIF_CACHE": "/c"}
    told = Given("1", Path(), ("", ""), b"", keys_for(theirs, there))
    assert "'b'" not in repr(told)


def test_gpus_of_a_replica_follow_from_the_judge_file(judge: Make) -> None:
    model = {"judge": "v", "version": "1.0.0", "model": "m"}
    vllm = Judge(VllmJudge(backend="vllm", tensor_parallel=4, **model), "")
    plain = Judge(TransformersJudge(backend="transformers", **model), "")
    jury = replace(plain, members=(plain, vllm))
    assert [gpus_each(one, True, 8.0) for one in (vllm, plain, jury, judge())] == [4, 1, 4, 0]
    assert gpus_each(vllm, True, 0.0) == 0
    assert gpus_each(vllm, False, 8.0) == 0


def test_the_address_is_what_is_stated_then_the_environment_then_this_machine() -> None:
    assert Replicas("auto").resolved({"RAY_ADDRESS": "a:1"}) == "auto"
    assert Replicas().resolved({"RAY_ADDRESS": "a:1"}) == "a:1"
    assert Replicas().resolved({}) == "local"
    with pytest.raises(InputError, match="client cannot coordinate"):
        Replicas("ray://head:10001").resolved({})


def test_without_ray_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    for name in ("ray_engine", "ray_cluster"):
        monkeypatch.delitem(sys.modules, f"rlaif.runs.{name}", raising=False)
    with pytest.raises(
        MissingExtra, match=r"'ray' is not installed; run: pip install 'rlaif\[ray\]'"
    ):
        engine_of("ray")


def test_options_of_ray_are_refused_where_nothing_reads_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["grade", "safe-reply", "none.jsonl", "--replicas", "2", "--out", "run"])
    assert left.value.code == 2
    assert "are for --engine ray" in capsys.readouterr().err


def test_ray_leaves_the_end_by_sigterm_to_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = pytest.importorskip("rlaif.runs.ray_cluster", exc_type=ImportError)
    before = signal.getsignal(signal.SIGTERM)

    def init(**_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    monkeypatch.setattr(cluster.ray, "init", init)
    monkeypatch.setattr(cluster.ray, "is_initialized", lambda: False)
    monkeypatch.setattr(cluster.ray, "shutdown", lambda: None)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with cluster.connected("local"):
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


def test_no_cluster_at_an_address_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = pytest.importorskip("rlaif.runs.ray_cluster", exc_type=ImportError)

    def init(**_: object) -> None:
        raise ConnectionError("nobody answers\nand more")

    monkeypatch.setattr(cluster.ray, "init", init)
    monkeypatch.setattr(cluster.ray, "is_initialized", lambda: False)
    with (
        pytest.raises(RunError, match="no Ray cluster at 'h:1': nobody answers"),
        cluster.connected("h:1"),
    ):
        pass
