"""A disk, or a server of files, that refuses: any one call fails, or all that write."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from rlaif.errors import RunError
from rlaif.runs.grade import grade_run
from tests.faults.conftest import Heard, Job, MakeJob, greeting
from tests.faults.invariants import Rows, finished, holds
from tests.faults.test_disk_full import disk as disk
from tests.faults.warm_process import WarmProcess

ROWS_OF_THE_TABLE = (
    "I/O error",
    "stale network file handle",
    "read-only folder",
    "folder taken away",
    "file system without locks",
)
ERRORS = ("EIO", "ESTALE", "ENOSPC", "EROFS")


@pytest.mark.slow
def test_any_one_call_to_the_disk_that_fails_is_told_once_and_costs_nothing(
    warm: WarmProcess, make_job: MakeJob
) -> None:
    """Reads included; of calls of one kind the first. The four errors take turns."""
    job = make_job([*map(greeting, range(6)), greeting(2)])
    whole = job.whole()
    kinds: dict[str, int] = {}
    for at, point in enumerate(warm.run(job.command, job.folder, reads=True).points, 1):
        kinds.setdefault(re.sub(r"[0-9a-f]{8,}|\d+", "", point), at)
    failed = 0
    for at in kinds.values():
        shutil.rmtree(job.run)
        name = ERRORS[at % len(ERRORS)]
        ended = warm.run(job.command, job.folder, at=at, what=name, reads=True)
        failed += ended.status == 2
        try:
            _one_clear_error(ended.status, ended.err, os.strerror(getattr(errno, name)))
            _goes_on(job, whole)
        except BaseException as error:
            error.add_note(f"{name} at {ended.points[at - 1]}")
            raise
    assert failed > 25


def _one_clear_error(status: int, err: str, told: str) -> None:
    assert status in (0, 2), err  # 0: what cannot be tidied up stays for the next time
    assert err.count(told) == (status == 2), err
    assert "Traceback" not in err


def _goes_on(job: Job, whole: Rows) -> None:
    holds(job.run, whole)
    job.grade()
    finished(job.run, whole)


def test_a_folder_on_a_read_only_disk_is_told_and_left_as_it_is(disk: Path, job: Job) -> None:
    on_it = job.at(disk / "run")
    shutil.rmtree(on_it.run, ignore_errors=True)
    on_it.grade(limit=5)
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    try:
        with pytest.raises(RunError, match=r"Read-only file system\n  hint: choose a folder"):
            on_it.grade()
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    whole = job.whole()
    holds(on_it.run, whole)
    on_it.grade()
    finished(on_it.run, whole, inputs=2)


@pytest.mark.parametrize("inner", ["", "parts", "samples"])
def test_a_folder_that_one_may_not_write_is_told(warm: WarmProcess, job: Job, inner: str) -> None:
    job.grade(limit=5)
    whole = job.whole()
    paths = [job.run, *job.run.rglob("*")]
    for path in (job.folder, *job.folder.parents, *paths):
        if path.owner() == "root" or path in paths:
            path.chmod(path.stat().st_mode | 0o055)
    (job.run / "lock").chmod(0o666)
    for path in (p for p in paths if p.is_dir()):
        path.chmod(0o777)
    (job.run / inner).chmod(0o555)
    ended = warm.run(job.command, job.folder, uid=65534)
    assert ended.status == 2, ended.err
    assert ended.err.count("Permission denied\n  hint: choose a folder that you may write") == 1
    (job.run / inner).chmod(0o777)
    job.grade()
    finished(job.run, whole, inputs=2)


@pytest.mark.parametrize("inner", ["", "parts"])
def test_a_folder_that_is_taken_away_midway_ends_the_job_with_the_reason(
    job: Job, inner: str
) -> None:
    whole = job.whole()

    class TakingAway(Heard):
        def graded(self, *_: object) -> None:
            shutil.rmtree(job.run / inner, ignore_errors=True)

    with pytest.raises(RunError, match="No such file or directory"):
        grade_run(job.order, TakingAway())
    job.grade()
    finished(job.run, whole)


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ESTALE])
def test_a_file_system_that_gives_no_lock_is_told_and_nothing_is_graded(
    job: Job, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refused(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(fcntl, "flock", refused)
        with pytest.raises(RunError) as told:
            job.grade()
    says = "no locks" if number != errno.ESTALE else os.strerror(number)
    assert says in str(told.value)
    assert "\n  hint: " in str(told.value)
    assert not list((job.run / "samples").iterdir())
    whole = job.whole()
    job.grade()
    finished(job.run, whole)
