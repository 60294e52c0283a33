"""Runs listed below a folder, whatever state they are in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rlaif.errors import RunError
from rlaif.records.grade import Grade
from rlaif.storage.inventory import in_use, list_runs
from rlaif.storage.run_folder import RunFolder

Graded = Callable[..., Grade]


@pytest.fixture
def graded_run(run: RunFolder, graded: Graded) -> RunFolder:
    """Four of five graded, one of them failed."""
    with run.writer(rows=2) as writer:
        for pending in list(run.pending())[:4]:
            writer.append(graded(pending, failed=pending.sample.sample_id == "s1"))
    return run


def test_a_run_is_told_with_how_far_it_is(graded_run: RunFolder) -> None:
    (found,) = list_runs(graded_run.path.parent)
    assert (found.path, found.rubric, found.judge) == (graded_run.path, "r@1.0.0", "j@1.0.0")
    assert (found.samples, found.graded, found.failed, found.mean_score) == (5, 4, 1, 0.75)
    assert (found.problem, found.in_use, found.of_pairs) == ("", False, False)
    sizes = (p.stat().st_size for p in graded_run.path.rglob("*") if p.is_file())
    assert found.bytes == sum(sizes)


def test_the_run_itself_can_be_named(graded_run: RunFolder) -> None:
    assert [one.path for one in list_runs(graded_run.path)] == [graded_run.path]


def test_a_run_in_use_is_told_and_not_disturbed(graded_run: RunFolder) -> None:
    with graded_run.lock():
        (found,) = list_runs(graded_run.path)
        assert found.in_use
    assert not in_use(graded_run.path)
    with graded_run.lock():
        pass


def test_the_run_that_was_written_to_last_comes_first(
    graded_run: RunFolder, tmp_path: Path
) -> None:
    other = tmp_path / "deep" / "er" / "other"
    other.parent.mkdir(parents=True)
    for path in graded_run.path.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    shutil.copytree(graded_run.path, other, copy_function=shutil.copyfile)
    found = list_runs(tmp_path)
    assert [one.path for one in found] == [other, graded_run.path]
    assert found[1].day == "2001-09-09 01:46"


def test_links_are_not_followed_and_the_search_ends(graded_run: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "again").symlink_to(graded_run.path)
    (tmp_path / "round").symlink_to(tmp_path)
    deep = tmp_path / "a/b/c/d/e"
    deep.mkdir(parents=True)
    graded_run.path.rename(deep / "run")
    assert list_runs(tmp_path) == []
    assert len(list_runs(tmp_path / "a")) == 0
    assert len(list_runs(tmp_path / "a/b")) == 1


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda run: (run / "manifest.json").write_bytes(b"{}"), "manifest.json: damaged"),
        (lambda run: (run / "manifest.json").unlink(), "manifest.json: missing"),
        (
            lambda run: [p.write_bytes(b"PAR1") for p in (run / "samples").rglob("*.parquet")],
            "the kept samples are damaged",
        ),
    ],
)
def test_a_damaged_run_is_listed_with_what_is_wrong(
    graded_run: RunFolder, damage: Callable[[Path], object], told: str
) -> None:
    damage(graded_run.path)
    (found,) = list_runs(graded_run.path.parent)
    assert told in found.problem


def test_what_is_no_run_is_not_listed(tmp_path: Path) -> None:
    for name in ("parts", "samples"):
        (tmp_path / "begun" / name).mkdir(parents=True)
    (tmp_path / "begun" / "lock").touch()
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "manifest.json").write_text("{}")
    assert list_runs(tmp_path) == []


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no such folder"):
        list_runs(tmp_path / "gone")
