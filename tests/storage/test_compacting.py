"""Parts laid together: what is kept, in which order, and what a kill at any instant leaves."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from rlaif.errors import RunError
from rlaif.records.grade import Grade
from rlaif.records.outcome import Quote, Verdict
from rlaif.storage.compacting import compact, planned
from rlaif.storage.run_folder import RunFolder, open_run
from rlaif.storage.samples import read_rows

Build = Callable[..., dict[str, Any]]
Write = Callable[..., str]
Graded = Callable[..., Grade]
Restate = Callable[[RunFolder, str], None]


@pytest.fixture
def scattered(run: RunFolder, graded: Graded, restate: Restate) -> RunFolder:
    """Five samples, in many parts: under "u1" and "u2", one failed first, one never retried."""
    with run.writer(rows=2) as writer:
        for pending in run.pending():
            writer.append(graded(pending))
    restate(run, "u2")
    with run.writer(rows=1) as writer:
        for pending in reversed(list(run.pending())):
            failed = pending.sample.sample_id in ("s1", "s3")
            writer.append(graded(pending, failed=failed, probability=0.25))
    with run.writer(rows=1) as writer:
        (again, _) = run.pending(retry_failed=True)
        writer.append(graded(again, probability=0.875))
    return run


def parts_of(run: RunFolder) -> list[Path]:
    return sorted((run.path / "parts").glob("*.parquet"))


def ids_in(part: Path) -> list[tuple[str, str]]:
    table = pq.read_table(part, columns=["sample_id", "under"])
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def test_many_parts_become_one_and_every_grade_stays(scattered: RunFolder) -> None:
    before = list(scattered.grades())
    assert len(parts_of(scattered)) == 9
    done = compact(scattered, current_only=False)
    assert (done.parts_before, done.parts_after) == (9, 1)
    assert (done.rows_before, done.rows_after) == (11, 10)
    assert list(open_run(scattered.path).grades()) == before
    assert [p.sample.sample_id for p in scattered.pending(retry_failed=True)] == ["s3"]


def test_rows_come_in_the_order_of_the_samples_and_as_they_were_written(
    scattered: RunFolder,
) -> None:
    compact(scattered, current_only=False)
    (part,) = parts_of(scattered)
    wanted = [(f"s{n}", under) for n in range(5) for under in ("u1", "u2")]
    assert ids_in(part) == wanted


def test_verdicts_under_another_rubric_are_still_known(
    scattered: RunFolder, restate: Restate
) -> None:
    before = list(scattered.pending("u3"))
    compact(scattered, current_only=False)
    restate(scattered, "u3")
    assert list(scattered.pending()) == before
    assert all(pending.prior for pending in before)


def test_only_what_counts_now_stays_if_that_is_wanted(scattered: RunFolder) -> None:
    before = list(scattered.grades())
    done = compact(scattered, current_only=True)
    assert done.rows_after == 5
    assert list(scattered.grades()) == before
    assert list(scattered.grades("u1")) == []


def test_not_every_grade_is_thrown_away(scattered: RunFolder, restate: Restate) -> None:
    restate(scattered, "u3")
    with pytest.raises(RunError, match="--current-only would leave nothing"):
        compact(scattered, current_only=True)
    assert len(parts_of(scattered)) == 9


def test_a_large_run_has_several_parts_and_a_sample_lies_in_one_of_them(
    scattered: RunFolder,
) -> None:
    before = list(scattered.grades())
    compact(scattered, current_only=False, rows=3)
    parts = [ids_in(part) for part in parts_of(scattered)]
    assert len(parts) > 1
    owners = [{name for name, _ in part} for part in parts]
    assert sum(map(len, owners)) == len(set().union(*owners)) == 5
    assert list(scattered.grades()) == before


def test_a_compact_run_is_left_alone(scattered: RunFolder) -> None:
    compact(scattered, current_only=False)
    (part,) = parts_of(scattered)
    done = compact(scattered, current_only=False)
    assert not done.changes
    assert parts_of(scattered) == [part]


def test_what_is_graded_later_beats_what_was_laid_together(
    scattered: RunFolder, graded: Graded
) -> None:
    for part in parts_of(scattered):  # as by a clock that is an hour ahead
        stamp, _, rest = part.name.partition("-")
        part.rename(part.with_name(f"{int(stamp) + 3_600_000:013d}-{rest}"))
    newest = parts_of(scattered)[-1]
    compact(scattered, current_only=False)
    assert parts_of(scattered)[0].name > newest.name
    (again,) = scattered.pending(retry_failed=True)
    with scattered.writer() as writer:
        writer.append(graded(again, probability=1.0))
    assert scattered.counts().failed == 0


def test_a_plan_changes_nothing(scattered: RunFolder) -> None:
    before = sorted(p.name for p in scattered.path.rglob("*"))
    plan = planned(scattered, current_only=False)
    assert (plan.parts_before, plan.parts_after, plan.bytes_after) == (9, 1, None)
    assert plan.texts == 2
    assert sorted(p.name for p in scattered.path.rglob("*")) == before


def test_earlier_inputs_and_texts_that_nothing_names_go(
    scattered: RunFolder, write: Write, row: Build
) -> None:
    source = write(row(i) for i in range(4))
    with scattered.lock():
        scattered.take_in(read_rows(source), source)
        done = compact(scattered, current_only=False)
    assert (done.generations, done.texts) == (1, 2)
    stated = scattered.manifest.samples
    assert stated is not None
    assert [p.name for p in (scattered.path / "samples").iterdir()] == [stated.generation]
    assert [g.sample_id for g in scattered.grades()] == ["s0", "s1", "s2", "s3"]
    (part,) = parts_of(scattered)
    assert ids_in(part)[-2:] == [("s4", "u1"), ("s4", "u2")]


def test_damaged_samples_stop_it_before_anything_is_done(scattered: RunFolder) -> None:
    (kept,) = (scattered.path / "samples").rglob("*.parquet")
    kept.write_bytes(kept.read_bytes()[:-1])
    with pytest.raises(RunError, match="the kept samples are damaged"):
        compact(scattered, current_only=False)
    assert len(parts_of(scattered)) == 9


def test_a_full_disk_leaves_the_run_as_it_was(
    scattered: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = parts_of(scattered)
    synced = 0

    def full(handle: int) -> None:
        nonlocal synced
        synced += 1
        if synced == 3:  # the second new part
            raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match="No space left on device"):
        compact(scattered, current_only=False, rows=3)
    assert parts_of(scattered) == before
    assert not list((scattered.path / "parts").glob(".tmp-*"))


@pytest.mark.slow
def test_a_kill_at_any_instant_changes_no_grade(
    scattered: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every state that the disk is in on the way is kept as a folder, and read."""
    before = list(scattered.grades())
    known = [(p.sample.sample_id, p.prior) for p in scattered.pending("u3")]
    states: list[Path] = []

    def watched(step: Callable[..., Any]) -> Callable[..., Any]:
        def taken(*args: Any, **more: Any) -> Any:
            state = tmp_path / f"state-{len(states)}"
            states.append(Path(shutil.copytree(scattered.path, state)))
            return step(*args, **more)

        return taken

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", watched(os.fsync))
        for name in ("replace", "unlink"):
            patched.setattr(Path, name, watched(getattr(Path, name)))
        compact(scattered, current_only=False, rows=5)
    assert len(states) >= 15
    seen = set()
    for state in states:
        killed = open_run(state)
        files = tuple(sorted(p.name for p in (state / "parts").glob("[!.]*")))
        if files in seen:
            continue
        seen.add(files)
        assert list(killed.grades()) == before
        assert [(p.sample.sample_id, p.prior) for p in killed.pending("u3")] == known
    assert len(seen) > 9
    halfway = open_run(states[4])
    with halfway.lock():
        assert compact(halfway, current_only=False).parts_after == 1
    assert list(halfway.grades()) == before


def test_grades_with_and_without_grounds_lie_in_one_part(run: RunFolder, graded: Graded) -> None:
    waiting = list(run.pending())
    grades = [graded(pending) for pending in waiting]
    first, *rest = grades[1].outcomes
    assert isinstance(first.outcome, Verdict)
    quoted = replace(first, outcome=replace(first.outcome, evidence=(Quote("a", True),)))
    grades[1] = replace(grades[1], outcomes=(quoted, *rest))
    with run.writer(rows=1) as writer:
        for grade in grades:
            writer.append(grade)
    compact(run, current_only=False)
    assert list(run.grades()) == grades
