"""kill -9: at random moments of one job, and at everything that a job asks of the disk."""

from __future__ import annotations

import random
import shutil
from typing import Any

import pytest

from tests.faults.conftest import Job, MakeJob, greeting, write_rows
from tests.faults.invariants import Rows, finished, holds
from tests.faults.warm_process import KILLED, Ended, WarmProcess

ROWS_OF_THE_TABLE = ("kill -9, at any moment", "power cut")
KILLS = 50
SAMPLES = 700
FEW = 6


@pytest.fixture(scope="module")
def small(make_job: MakeJob) -> Job:
    """Few samples, one of which stands in the input twice, so that intake writes a part again."""
    return make_job([*map(greeting, range(FEW)), greeting(2)])


@pytest.fixture(scope="module")
def whole(small: Job) -> Rows:
    return small.whole()


@pytest.mark.slow
def test_a_job_killed_fifty_times_at_random_gives_the_grades_of_one_that_was_not(
    warm: WarmProcess, make_job: MakeJob
) -> None:
    job = make_job(SAMPLES)
    whole = job.whole()
    moments = random.Random(6)  # noqa: S311 - to be the same every time
    kills: list[Ended] = []
    while len(kills) < KILLS:
        how: dict[str, Any] = {"pace_s": 0.002, "sample_rows": 200}
        how["kill_after_s"] = moments.uniform(0.0, 0.2)
        if moments.random() < 0.6:
            how["since"] = "grading"
        ended = warm.run(job.command, job.folder, **how)
        assert ended.status == KILLED, ended.err
        kills.append(ended)
        if len(kills) % 10 == 0:
            holds(job.run, whole)
    grading = sum("grading" in one.err for one in kills)
    assert grading >= KILLS // 3
    assert any("grading" not in one.err for one in kills)
    last = warm.run(job.command, job.folder)
    assert last.status == 0, last.err
    assert "of them done before" in last.err
    finished(job.run, whole)


@pytest.mark.slow
def test_a_kill_at_anything_that_a_new_job_asks_of_the_disk_costs_nothing(
    warm: WarmProcess, small: Job, whole: Rows
) -> None:
    killed = 0
    while True:
        shutil.rmtree(small.run, ignore_errors=True)
        ended = warm.run(small.command, small.folder, at=killed + 1, what="kill")
        if ended.status != KILLED:
            break
        killed += 1
        assert len(ended.points) == killed
        _goes_on(small, whole, ended)
    assert (ended.status, killed) == (0, len(ended.points))
    calls = {point.split()[0] for point in ended.points}
    assert {"open", "os.mkdir", "os.fsync", "os.rename", "os.remove", "fcntl.flock"} <= calls


@pytest.mark.slow
def test_a_kill_at_anything_that_a_resumed_job_in_trouble_asks_of_the_disk_costs_nothing(
    warm: WarmProcess, small: Job, whole: Rows
) -> None:
    """It has a leftover to take away, a damaged part to set aside, and other samples to take in."""
    before = small.at("before")
    shutil.rmtree(before.run, ignore_errors=True)
    write_rows(small.folder / "fewer.jsonl", [*map(greeting, range(FEW - 2))])
    before.grade(samples=str(small.folder / "fewer.jsonl"))
    (damaged,) = (before.run / "parts").iterdir()
    damaged.write_bytes(damaged.read_bytes()[:-9])
    (before.run / "samples" / ".tmp-left").mkdir()
    (before.run / "samples" / ".tmp-left" / "part.parquet").write_bytes(b"PAR1")
    (before.run / "parts" / ".tmp-left").write_bytes(b"PAR1")
    killed = 0
    while True:
        shutil.rmtree(small.run, ignore_errors=True)
        shutil.copytree(before.run, small.run)
        ended = warm.run(small.command, small.folder, at=killed + 1, what="kill")
        if ended.status != KILLED:
            break
        killed += 1
        _goes_on(small, whole, ended, quarantined=1, inputs=2)
    assert ended.status == 0
    assert any(point.startswith("os.rename /parts/") for point in ended.points)


def _goes_on(job: Job, whole: Rows, ended: Ended, quarantined: int = 0, inputs: int = 1) -> None:
    try:
        holds(job.run, whole, inputs=inputs)
        job.grade()
        finished(job.run, whole, quarantined=quarantined, inputs=inputs)
    except Exception as error:
        error.add_note(f"killed at {ended.points[-1:]}")
        raise


def test_nothing_gets_its_name_before_its_bytes_are_on_the_disk(
    warm: WarmProcess, small: Job
) -> None:
    """So a power cut leaves no file that is there by name only."""
    shutil.rmtree(small.run, ignore_errors=True)
    points = [p.split(maxsplit=1) for p in warm.run(small.command, small.folder).points]
    named = [n for n, (call, *_) in enumerate(points) if call == "os.rename"]
    assert len(named) > 8
    for n in named:
        folder = points[n][1].rpartition("/")[0]
        assert ["os.fsync", points[n][1]] in points[:n]
        assert points[n + 1] == ["os.fsync", *([folder] if folder else [])]
