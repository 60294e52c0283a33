"""Two jobs on one run: the second is refused, the first does not notice."""

from __future__ import annotations

import fcntl
import os
import socket
import time

import pytest

from rlaif.errors import RunLocked
from rlaif.runs.grade import grade_run
from tests.faults.conftest import Heard, Job
from tests.faults.invariants import finished, holds
from tests.faults.warm_process import KILLED, Ended, WarmProcess

ROWS_OF_THE_TABLE = ("two jobs on one run",)


def test_the_second_job_is_refused_by_name_and_the_first_ends_well(job: Job) -> None:
    whole = job.whole()
    told: list[str] = []

    class Followed(Heard):
        def graded(self, *_: object) -> None:
            with pytest.raises(RunLocked) as refused:
                job.grade()
            told.append(str(refused.value))

    grade_run(job.order, Followed())
    assert set(told) == {
        f"{job.run}: in use by process {os.getpid()} on {socket.gethostname()}\n"
        "  hint: wait for it to end, or choose another folder"
    }
    finished(job.run, whole)


def test_the_command_that_comes_second_leaves_with_status_2(warm: WarmProcess, job: Job) -> None:
    whole = job.whole()
    second: list[Ended] = []

    class Followed(Heard):
        def graded(self, *_: object) -> None:
            if not second:
                second.append(warm.run(job.command, job.folder))

    grade_run(job.order, Followed())
    (ended,) = second
    assert ended.status == 2
    assert "in use by process" in ended.err
    finished(job.run, whole)


def test_a_holder_on_another_host_is_told_with_its_host(job: Job) -> None:
    """On a shared folder the lock is held there; what it wrote into the file says where."""
    job.grade()
    with (job.run / "lock").open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.truncate()
        held.write("process 77 on node-14\n")
        held.flush()
        with pytest.raises(RunLocked, match="in use by process 77 on node-14"):
            job.grade()
    finished(job.run, job.whole())


@pytest.mark.slow
def test_a_holder_that_was_killed_holds_nothing(warm: WarmProcess, job: Job) -> None:
    whole = job.whole()
    how = {"pace_s": 0.01, "since": "grading", "kill_after_s": 0.15}
    assert warm.run(job.command, job.folder, **how).status == KILLED
    assert "process" in (job.run / "lock").read_text()
    holds(job.run, whole)
    began = time.monotonic()
    job.grade()
    assert time.monotonic() - began < 60  # nothing is waited for
    assert f"process {os.getpid()} " in (job.run / "lock").read_text()
    finished(job.run, whole)
