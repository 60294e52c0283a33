"""A disk that runs full at every stage of a job: one clear error, nothing lost, and on it goes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rlaif.errors import RunError
from rlaif.runs.grade import grade_run
from tests.faults.conftest import Heard, Job
from tests.faults.invariants import exported, finished, holds
from tests.faults.servers import Served
from tests.faults.warm_process import WarmProcess

ROWS_OF_THE_TABLE = ("disk full", "verdict cache on a full disk")
PAGE = 4096
SIZE = 60 * PAGE


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file system of its own, and a small one."""
    place = tmp_path_factory.mktemp("disk")
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(disk: Path, pages: int) -> Path:
    """Leave room for so many pages; what takes the rest."""
    ballast = disk / "ballast"
    ballast.unlink(missing_ok=True)
    free = os.statvfs(disk).f_bavail * PAGE
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(free - pages * PAGE, 1))
    return ballast


@pytest.mark.slow
def test_a_disk_that_is_full_at_any_stage_stops_the_job_and_costs_nothing(
    disk: Path, job: Job
) -> None:
    whole = job.whole()
    on_it = job.at(disk / "run")
    stopped: list[str] = []
    for pages in range(SIZE // PAGE):
        shutil.rmtree(on_it.run, ignore_errors=True)
        ballast = fill(disk, pages)
        try:
            on_it.grade()
        except RunError as error:
            told = str(error)
        else:
            ballast.unlink()
            break
        assert told.endswith(
            ": No space left on device\n  hint: make room and start the same command again"
        )
        stopped.append(told.partition(": ")[0].removeprefix(str(on_it.run)))
        holds(on_it.run, whole)
        ballast.unlink()
        on_it.grade()
        finished(on_it.run, whole)
    finished(on_it.run, whole)
    stages = {name.partition("-")[0] for name in stopped}
    assert "/manifest.json" in stages, stages
    assert stages & {"/rubric", "/judge"}, stages
    assert any(name.startswith("/samples") for name in stopped)
    assert any(name.startswith("/parts") for name in stopped)


def test_the_command_says_so_once_and_leaves_with_status_2(
    warm: WarmProcess, disk: Path, job: Job
) -> None:
    whole = job.whole()
    on_it = job.at(disk / "run")
    shutil.rmtree(on_it.run, ignore_errors=True)
    ballast = fill(disk, 12)
    ended = warm.run(on_it.command, on_it.folder)
    ballast.unlink()
    assert ended.status == 2
    assert ended.err.count("No space left on device") == 1
    assert ended.err.endswith("  hint: make room and start the same command again\n")
    assert "Traceback" not in ended.err
    assert warm.run(on_it.command, on_it.folder).status == 0
    finished(on_it.run, whole)


def test_a_full_disk_under_the_verdict_cache_stops_nothing(
    disk: Path,
    served: Served,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    whole = served.job.whole()
    for pages in (0, 3, 9):
        shutil.rmtree(disk / "cache", ignore_errors=True)
        monkeypatch.setenv("RLAIF_VERDICT_CACHE", str(disk / "cache"))
        ballast = fill(disk, pages)
        caplog.clear()
        run = served.job.folder / f"cached-{pages}"
        grade_run(replace(served.job.order, out=run, cache=True), Heard())
        ballast.unlink()
        finished(run, whole)
        assert len([m for m in caplog.messages if "verdict cache" in m]) == 1
    assert exported(run) == whole
