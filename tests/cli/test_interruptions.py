"""A job that is stopped: what was graded is kept, and the same command goes on."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import PROGRAM, Rlaif, sample, scripted, write_samples

COUNT = 2000
"""Samples of the slow job: several times what is under way at once."""


@pytest.fixture
def uninterrupted(rlaif: Rlaif) -> str:
    """The export of the same job when nobody stops it."""
    write_samples(Path("samples.jsonl"), map(sample, range(COUNT)))
    scripted(Path("slow.yaml"), latency_s=0.3)
    Path("quick").mkdir()
    scripted(Path("quick/slow.yaml"))
    rlaif("grade", "rubric.yaml", "samples.jsonl", "-j", "quick/slow.yaml", "-o", "whole")
    return rlaif("export", "whole").out


GRADE = [PROGRAM, "grade", "rubric.yaml", "samples.jsonl", "--judge", "slow.yaml", "--out", "run"]


@contextmanager
def slow_job() -> Iterator[subprocess.Popen[str]]:
    """The job in a process of its own, in the midst of grading."""
    with subprocess.Popen(GRADE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as job:
        assert job.stderr is not None
        while "grading" not in job.stderr.readline():
            assert job.poll() is None
        time.sleep(1.0)
        try:
            yield job
        finally:
            job.kill()


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_job_that_is_told_to_stop_keeps_what_it_has(
    rlaif: Rlaif, uninterrupted: str, sent: signal.Signals
) -> None:
    with slow_job() as job:
        job.send_signal(sent)
        out, err = job.communicate(timeout=20)
    assert job.returncode == 130
    assert out == ""
    progress, told = err.splitlines()
    assert progress.partition(" of ")[2].startswith("2,000 samples, ")
    assert told == "rlaif: interrupted; what was graded is kept, and the same command goes on"
    some = rlaif("export", "run")
    assert 0 < len(some.rows) < COUNT
    assert "not graded yet: start `rlaif grade` again" in some.err
    assert "samples not graded yet" in rlaif("show", "run").out
    again = rlaif(*GRADE[1:])
    assert again.status == 0
    assert f"grading 2,000 samples, {len(some.rows):,} of them done before" in again.err
    assert rlaif("export", "run").out == uninterrupted


@pytest.mark.slow
def test_a_job_that_is_killed_can_be_resumed(rlaif: Rlaif, uninterrupted: str) -> None:
    for _ in range(3):
        with slow_job() as job:
            job.kill()
            job.communicate(timeout=20)
        assert job.returncode == -signal.SIGKILL
    assert rlaif("show", "run").status == 0
    assert rlaif(*GRADE[1:]).status == 0
    assert rlaif("export", "run").out == uninterrupted


@pytest.mark.slow
@pytest.mark.usefixtures("uninterrupted")
def test_a_second_process_is_refused_and_told_by_whom(rlaif: Rlaif) -> None:
    with slow_job() as job:
        ran = rlaif(*GRADE[1:])
        assert ran.status == 2
        assert f"run: in use by process {job.pid} on " in ran.err
        assert rlaif("show", "run").status == 0
