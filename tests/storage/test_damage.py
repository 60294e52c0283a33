from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rlaif.errors import RunError, RunLocked
from rlaif.records.grade import Grade
from rlaif.storage.run_folder import RunFolder, make_run, open_run
from rlaif.storage.samples import read_rows
from rlaif.storage.whole_files import write_whole

Build = Callable[..., dict[str, Any]]
Write = Callable[..., str]
Graded = Callable[..., Grade]


@pytest.fixture
def full(run: RunFolder, graded: Graded) -> RunFolder:
    """All five graded, in parts of two."""
    with run.writer(rows=2) as writer:
        for pending in run.pending():
            writer.append(graded(pending))
    return run


def grade_parts(run: RunFolder) -> list[Path]:
    return sorted((run.path / "parts").glob("*.parquet"))


def test_a_torn_part_counts_as_missing_and_is_set_aside(full: RunFolder) -> None:
    torn = grade_parts(full)[1]
    torn.write_bytes(torn.read_bytes()[:-20])
    assert [g.sample_id for g in full.grades()] == ["s0", "s1", "s4"]
    with full.lock() as damaged:
        (told,) = damaged
        assert told.startswith(f"parts/{torn.name} is damaged")
    assert (full.path / "quarantine" / torn.name).exists()
    assert [p.sample.sample_id for p in full.pending()] == ["s2", "s3"]


def test_a_flipped_byte_anywhere_in_a_part_is_seen(full: RunFolder) -> None:
    part = grade_parts(full)[0]
    content = bytearray(part.read_bytes())
    for at in range(0, len(content), 499):
        content[at] ^= 0x40
        part.write_bytes(content)
        assert full.counts().missing == 2
        content[at] ^= 0x40
    part.write_bytes(content)
    assert full.counts().missing == 0


def test_a_deleted_part_is_graded_again(full: RunFolder) -> None:
    grade_parts(full)[2].unlink()
    assert [p.sample.sample_id for p in full.pending()] == ["s4"]


def test_a_damaged_manifest_says_how_to_mend_it_and_the_grades_are_kept(
    full: RunFolder, write: Write, row: Build
) -> None:
    manifest = full.path / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"u1"', b'"u7"'))
    with pytest.raises(RunError, match=r"damaged.*checksum"):
        open_run(full.path)
    manifest.unlink()
    again = make_run(full.path)
    source = write(row(i) for i in range(5))
    with again.lock():
        again.take_in(read_rows(source), source)
    assert list(again.pending("u1")) == []


def test_leftovers_of_a_killed_process_are_not_read_and_go_away(full: RunFolder) -> None:
    leftovers = [
        full.path / "parts" / ".tmp-1-part.parquet",
        full.path / ".tmp-2-manifest.json",
        full.path / "samples" / ".tmp-3" / "part.parquet",
    ]
    for leftover in leftovers:
        leftover.parent.mkdir(exist_ok=True)
        leftover.write_bytes(b"PAR1 half")
    assert full.counts().ok == 5
    with full.lock():
        assert not any(leftover.exists() for leftover in leftovers)


def test_a_full_disk_gives_the_reason_and_keeps_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.json"
    write_whole(path, b"old")

    def full_disk(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(RunError, match=r"No space left on device\n  hint: make room"):
        write_whole(path, b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]
    assert path.read_bytes() == b"old"


def test_grades_that_could_not_be_written_are_written_later(
    run: RunFolder, graded: Graded, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = run.writer()
    writer.append(graded(next(run.pending())))
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _broken)
        with pytest.raises(RunError, match="Input/output error"):
            writer.flush()
    writer.flush()
    assert run.counts().ok == 1


def _broken(handle: int) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_second_writer_is_refused_and_told_who_holds_the_run(run: RunFolder) -> None:
    with (
        run.lock(),
        pytest.raises(RunLocked, match=f"in use by process {os.getpid()} on "),
        open_run(run.path).lock(),
    ):
        pass
    with run.lock():
        pass


_CHILD = """
import sys
from pathlib import Path
from rlaif.records.grade import Answered, Grade
from rlaif.records.outcome import Verdict
from rlaif.storage.run_folder import open_run

run = open_run(Path(sys.argv[1]))
with run.lock(), run.writer(rows=7) as writer:
    for p in run.pending():
        outcome = Answered("c", Verdict((0.5, 0.5)), p.sample_hash, "yes", 0.5)
        writer.append(Grade(p.sample.sample_id, "r", "j", 0.5, 0.5, "ok", "", (), (outcome,),
                            p.sample_hash, p.attempt))
        print(p.sample.sample_id, flush=True)
"""


def test_a_process_killed_while_it_writes_leaves_a_run_that_goes_on(
    tmp_path: Path, write: Write, row: Build
) -> None:
    source = write(row(i) for i in range(400))
    run = make_run(tmp_path / "killed")
    with run.lock():
        run.take_in(read_rows(source), source)
    ends = []
    for lines in (5, 60, 111, None):
        with subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(run.path)], stdout=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            for number, _ in enumerate(child.stdout):
                if number == lines:
                    child.send_signal(signal.SIGKILL)
                    break
            child.stdout.read()
        ends.append(child.returncode)
        with run.lock() as damaged:
            assert damaged == []
        assert run.counts().ok == len(list(run.grades()))
    assert ends == [-signal.SIGKILL] * 3 + [0]
    assert [g.sample_id for g in run.grades()] == [f"s{i}" for i in range(400)]
