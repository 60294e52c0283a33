"""Scratch folders on disk: counted and removed, whatever lies in them."""

from __future__ import annotations

import os
from pathlib import Path

from rlaif.checks.sandbox import scratch


def test_a_folder_is_removed_with_what_is_in_it_and_nothing_else(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("mine")
    folder = tmp_path / "scratch"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "link").symlink_to(kept)
    (folder / "a" / "b" / "file").symlink_to(kept / "file")
    (folder / "hard").hardlink_to(kept / "file")
    os.mkfifo(folder / "fifo")
    for path in ("a/b", "a", "."):
        (folder / path).chmod(0)
    scratch.removed(str(folder))
    assert not folder.exists()
    assert (kept / "file").read_text() == "mine"
    assert kept.stat().st_mode & 0o700 == 0o700


def test_a_folder_deeper_than_any_path_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "scratch"
    folder.mkdir()
    here = os.open(folder, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("deep", dir_fd=here)
        below = os.open("deep", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    scratch.removed(str(folder))
    assert not folder.exists()


def test_a_folder_that_is_gone_needs_no_removal(tmp_path: Path) -> None:
    scratch.removed(str(tmp_path / "gone"))
    assert list(tmp_path.iterdir()) == []


def test_what_is_in_a_folder_is_counted_without_following_links(tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(bytes(2**20))
    folder = tmp_path / "scratch"
    (folder / "below").mkdir(parents=True)
    (folder / "link").symlink_to(large)
    (folder / "below" / "file").write_bytes(bytes(2**16))
    size, entries = scratch.used(str(folder), 2**20)
    assert 2**16 <= size < 2**18
    assert entries == 3


def test_counting_stops_at_the_limit(tmp_path: Path) -> None:
    for number in range(100):
        (tmp_path / str(number)).write_bytes(bytes(2**14))
    size, entries = scratch.used(str(tmp_path), 2**16)
    assert size > 2**16
    assert entries < 20
