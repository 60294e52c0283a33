"""Files into stores: whole, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFile

from rlaif.errors import InputError, RunError
from rlaif.storage.places import place_of
from rlaif.storage.placing import place_whole, placed, placed_folder
from tests.storage.stores import STORE, Faulty, put
from tests.storage.stores import stores as stores


def _half(url: str) -> None:
    with placed(url) as stream:
        stream.write(b"new\n")
        raise KeyError


def test_a_file_in_a_store_is_there_whole_or_not_at_all() -> None:
    url = put("/b/grades.jsonl", b"old\n")
    with pytest.raises(KeyError):
        _half(url)
    assert STORE.cat_file("/b/grades.jsonl") == b"old\n"
    place_whole(url, b"new\n")
    assert STORE.cat_file("/b/grades.jsonl") == b"new\n"


def test_a_commit_that_fails_is_told_and_the_store_can_be_written_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(MemoryFile, "commit", full)
        with pytest.raises(RunError, match=r"memory://b/x: cannot be written .*No space"):
            place_whole("memory://b/x", b"1")
    assert not STORE.exists("/b/x")
    place_whole("memory://b/x", b"2")
    assert STORE.cat_file("/b/x") == b"2"


def test_a_store_without_a_commit_gets_the_file_under_another_name_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moved: list[str] = []
    move = Faulty.mv

    def noted(self: Any, source: str, target: str, **more: Any) -> None:
        moved.append(source)
        move(self, source, target, **more)

    monkeypatch.setattr(Faulty, "mv", noted)
    with placed("faulty://b/x.jsonl") as stream:
        stream.write(b"one\n")
        assert not STORE.exists("/b/x.jsonl")
    assert STORE.cat_file("/b/x.jsonl") == b"one\n"
    assert ".tmp-" in moved[0]
    assert not [path for path in STORE.find("/b") if ".tmp-" in path]


def test_a_store_that_refuses_is_told_and_keeps_what_it_had() -> None:
    with pytest.raises(RunError, match="the store gives no right to this"):
        place_whole("faulty://b/forbidden.jsonl", b"x")
    assert not STORE.find("/b")


def test_nothing_is_written_to_the_web() -> None:
    with pytest.raises(InputError, match="nothing can be written there"):
        place_whole("https://example.org/x.jsonl", b"x")


def test_a_folder_comes_whole_and_is_never_laid_over_another(tmp_path: Path) -> None:
    for out in (str(tmp_path / "made"), "memory://b/made"):
        with placed_folder(out) as folder:
            (folder / "a").write_bytes(b"1")
            (folder / "b").write_bytes(b"2")
        assert [one.name.rpartition("/")[2] for one in place_of(out).files("")] == ["a", "b"]
        with pytest.raises(InputError, match="already there"), placed_folder(out):
            pass
    with pytest.raises(KeyError), placed_folder(str(tmp_path / "half")) as folder:
        raise KeyError
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
