"""Told to stop: Ctrl-C, SIGTERM, a closed terminal, and an impatient second Ctrl-C."""

from __future__ import annotations

import os
import pty
import random
import shutil
import signal

import pytest

from rlaif.runs.grade import grade_run
from rlaif.storage.database import database
from rlaif.storage.run_folder import open_run
from tests.cli.conftest import PROGRAM, scripted
from tests.faults.conftest import Heard, Job, MakeJob, greeting
from tests.faults.invariants import exported, finished, holds
from tests.faults.warm_process import WarmProcess

ROWS_OF_THE_TABLE = ("Ctrl-C, SIGTERM", "a second Ctrl-C", "closed terminal")
SAMPLES = 300
SLOW = {"pace_s": 0.002, "sample_rows": 200, "send_at": "grading", "send_after_s": 0.1}


@pytest.fixture(scope="module")
def long(make_job: MakeJob) -> Job:
    """Long enough to be stopped in the midst."""
    return make_job(SAMPLES)


@pytest.mark.slow
@pytest.mark.parametrize("sent", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_job_that_is_told_to_stop_writes_what_it_has_and_goes_on_later(
    warm: WarmProcess, long: Job, sent: str
) -> None:
    whole = long.whole()
    job = long.at("run")
    _clear(job)
    ended = warm.run(job.command, job.folder, signals=[sent], **SLOW)
    assert ended.status == 130
    told = "interrupted; what was graded is kept, and the same command goes on"
    assert ended.err.endswith(f"rlaif: {told}\n")
    holds(job.run, whole)
    done = len(exported(job.run))
    assert 0 < done < SAMPLES
    heard = job.grade()
    assert heard.begun == [(SAMPLES, done)]
    finished(job.run, whole)


@pytest.mark.slow
def test_what_was_graded_after_the_last_part_is_written_too(warm: WarmProcess, long: Job) -> None:
    """Parts have four rows here: a last one that is smaller was written because of the signal."""
    job = long.at("run")
    for _ in range(8):
        _clear(job)
        ended = warm.run(job.command, job.folder, signals=["SIGINT"], **SLOW)
        assert ended.status == 130
        if len(exported(job.run)) % 4:
            return
    pytest.fail("eight times in a row just nothing was to be written")


@pytest.mark.slow
def test_ctrl_c_at_any_moment_is_an_interruption_and_no_fault_of_the_program(
    warm: WarmProcess, make_job: MakeJob
) -> None:
    """Also while DuckDB works, which makes an error of its own of it."""
    job = make_job([*map(greeting, range(6)), greeting(2)])
    whole = job.whole()
    moments = random.Random(6)  # noqa: S311 - to be the same every time
    for _ in range(30):
        _clear(job)
        # sent once the lock is taken: before that there is nothing to end in good order
        how = {"signals": ["SIGINT"], "send_at_point": "fcntl.flock"}
        ended = warm.run(job.command, job.folder, send_after_s=moments.uniform(0, 0.15), **how)
        assert ended.status in (130, 0), ended.err
        holds(job.run, whole)
    job.grade()
    finished(job.run, whole)


def test_what_duckdb_makes_of_ctrl_c_is_an_interruption(job: Job) -> None:
    job.grade()
    samples = open_run(job.run).files()[0]
    with pytest.raises(KeyboardInterrupt), database(samples=samples):
        raise RuntimeError("Query interrupted")
    with pytest.raises(RuntimeError, match="other"), database(samples=samples):
        raise RuntimeError("other")


@pytest.mark.slow
@pytest.mark.parametrize("times", [2, 5])
def test_more_of_the_same_while_it_ends_does_no_harm(
    warm: WarmProcess, long: Job, times: int
) -> None:
    whole = long.whole()
    job = long.at("run")
    _clear(job)
    impatient = {**SLOW, "signals": ["SIGINT"] * times, "send_after_s": 0.004}
    ended = warm.run(job.command, job.folder, **impatient)
    assert ended.status == 130
    assert "Traceback" not in ended.err
    holds(job.run, whole)
    job.grade()
    finished(job.run, whole)


@pytest.mark.parametrize("again", [1, 2, 3])
def test_ctrl_c_again_while_a_part_is_synced_does_no_harm(
    job: Job, monkeypatch: pytest.MonkeyPatch, again: int
) -> None:
    """The first comes when five samples are graded, the others in the syncs that follow."""
    whole = job.whole()
    left = [0]
    sync = os.fsync

    def interrupted(handle: int) -> None:
        if left[0]:
            left[0] -= 1
            signal.raise_signal(signal.SIGINT)
        sync(handle)

    class Stopping(Heard):
        seen = 0

        def graded(self, *_: object) -> None:
            self.seen += 1
            if self.seen == 5:
                left[0] = again
                signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", interrupted)
        with pytest.raises(KeyboardInterrupt):
            grade_run(job.order, Stopping())
    assert left[0] < again
    holds(job.run, whole)
    job.grade()
    finished(job.run, whole)


@pytest.mark.slow
def test_a_terminal_that_is_closed_ends_the_job_in_good_order(long: Job) -> None:
    whole = long.whole()
    job = long.at("run")
    _clear(job)
    scripted(job.folder / "slow.yaml", latency_s=2.0, judge="scripted-hash")
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(job.folder)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # these tests may run under nohup
        command = [PROGRAM, *job.command[:-3], "slow.yaml", *job.command[-2:]]
        os.execv(PROGRAM, command)  # noqa: S606 - this process is the terminal's
    shown = b""
    while b"verdicts/s" not in shown:
        shown += os.read(terminal, 4096)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 130
    holds(job.run, whole)
    assert exported(job.run)


def _clear(job: Job) -> None:
    shutil.rmtree(job.run, ignore_errors=True)
