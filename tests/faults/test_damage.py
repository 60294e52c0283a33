"""Bytes that changed on the disk, in parts and in kept samples, with how much it cost."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rlaif.errors import RunError
from rlaif.storage.run_folder import open_run
from tests.faults.conftest import Job, MakeJob
from tests.faults.invariants import Rows, finished
from tests.faults.warm_process import WarmProcess

ROWS_OF_THE_TABLE = ("torn, flipped or deleted part", "damaged kept samples")
SAMPLES, IN_A_PART = 12, 4


def tear(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(bytes(content))


def delete(path: Path) -> None:
    path.unlink()


@pytest.fixture(scope="module")
def sound(warm: WarmProcess, make_job: MakeJob) -> Job:
    """A finished run, in parts of four."""
    job = make_job(SAMPLES)
    assert warm.run(job.command, job.folder).status == 0
    return job


@pytest.fixture(scope="module")
def whole(sound: Job) -> Rows:
    return sound.whole()


@pytest.fixture
def job(sound: Job, tmp_path: Path) -> Job:
    """A copy of it, to be damaged."""
    copy = sound.at(tmp_path / "copy")
    shutil.copytree(sound.run, copy.run)
    return copy


@pytest.mark.parametrize("damage", [tear, flip, delete])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_damaged_part_is_set_aside_and_its_samples_alone_are_graded_again(
    job: Job, whole: Rows, damage: Callable[[Path], None], which: int
) -> None:
    part = sorted((job.run / "parts").iterdir())[which]
    damage(part)
    assert open_run(job.run).counts().missing == IN_A_PART
    heard = job.grade()
    aside = damage is not delete
    told = f"parts/{part.name} is damaged: put into quarantine/, its samples are graded again"
    assert (told in heard.notes) == aside
    assert heard.begun == [(SAMPLES, SAMPLES - IN_A_PART)]
    finished(job.run, whole, quarantined=int(aside))


@pytest.mark.parametrize("damage", [tear, flip, delete])
def test_several_damaged_parts_are_told_one_by_one(
    job: Job, whole: Rows, damage: Callable[[Path], None]
) -> None:
    for part in (job.run / "parts").iterdir():
        damage(part)
    heard = job.grade()
    aside = 0 if damage is delete else SAMPLES // IN_A_PART
    assert sum("is damaged" in note for note in heard.notes) == aside
    assert heard.begun == [(SAMPLES, 0)]
    finished(job.run, whole, quarantined=aside)


@pytest.mark.parametrize("damage", [tear, flip, delete])
def test_damaged_samples_are_taken_in_again_and_nothing_is_asked(
    job: Job, whole: Rows, damage: Callable[[Path], None]
) -> None:
    (generation,) = (job.run / "samples").iterdir()
    damage(sorted(generation.iterdir())[1])
    with pytest.raises(RunError, match=r"the kept samples are damaged\n  hint: start the same"):
        open_run(job.run).counts()
    heard = job.grade()
    assert heard.begun == []
    finished(job.run, whole, inputs=2)
