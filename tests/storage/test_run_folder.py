from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rlaif.errors import RunError
from rlaif.records.grade import Answered, Grade
from rlaif.records.outcome import Skipped, Verdict
from rlaif.storage.manifest import Manifest
from rlaif.storage.run_folder import Counts, RunFolder, make_run, open_run
from rlaif.storage.samples import read_rows

Build = Callable[..., dict[str, Any]]
Write = Callable[..., str]
Graded = Callable[..., Grade]


def grade_all(run: RunFolder, graded: Graded, **how: Any) -> None:
    with run.writer() as writer:
        for pending in run.pending(**how):
            writer.append(graded(pending))


def test_what_is_graded_is_no_longer_pending(run: RunFolder, graded: Graded) -> None:
    first = next(run.pending())
    with run.writer() as writer:
        writer.append(graded(first))
    assert [p.sample.sample_id for p in run.pending()] == ["s1", "s2", "s3", "s4"]
    assert run.counts() == Counts(samples=5, ok=1, failed=0)
    assert run.counts().missing == 4


def test_grades_come_in_the_order_of_the_input(run: RunFolder, graded: Graded) -> None:
    with run.writer(rows=2) as writer:
        for pending in reversed(list(run.pending())):
            writer.append(graded(pending))
    assert [g.sample_id for g in run.grades()] == ["s0", "s1", "s2", "s3", "s4"]


def test_a_grade_comes_back_as_it_was(run: RunFolder, graded: Graded) -> None:
    grades = [graded(p, probability=0.1 + 0.2 * i) for i, p in enumerate(run.pending())]
    with run.writer() as writer:
        for grade in grades:
            writer.append(grade)
    assert list(open_run(run.path).grades()) == grades


def test_a_failed_sample_is_pending_only_on_request(run: RunFolder, graded: Graded) -> None:
    with run.writer() as writer:
        for pending in run.pending():
            writer.append(graded(pending, failed=pending.sample.sample_id == "s2"))
    assert list(run.pending()) == []
    (again,) = run.pending(retry_failed=True)
    assert (again.sample.sample_id, again.attempt) == ("s2", 2)
    assert list(again.prior) == [f"key-{again.sample_hash}"]


def test_ok_beats_failed_and_the_later_attempt_the_earlier(run: RunFolder, graded: Graded) -> None:
    first = next(run.pending())
    with run.writer() as writer:
        for attempt, failed, probability in ((3, True, 0.0), (1, False, 0.1), (2, False, 0.2)):
            pending = replace(first, attempt=attempt)
            writer.append(graded(pending, failed=failed, probability=probability))
    (effective,) = run.grades()
    assert (effective.attempt, effective.score) == (2, 0.2)


def test_under_another_rubric_all_is_pending_with_the_verdicts_known(
    run: RunFolder, graded: Graded, restate: Callable[[RunFolder, str], None]
) -> None:
    grade_all(run, graded)
    restate(run, "u2")
    pending = list(run.pending())
    assert len(pending) == 5
    assert list(run.grades()) == []
    for each in pending:
        assert each.attempt == 1
        assert each.prior == {f"key-{each.sample_hash}": Verdict((0.25, 0.75), 0.9)}
    assert len(list(run.grades("u1"))) == 5


def test_a_judge_that_said_not_applicable_is_not_asked_again(
    run: RunFolder, graded: Graded, restate: Callable[[RunFolder, str], None]
) -> None:
    first = next(run.pending())
    verdict = Verdict((0.1, 0.1, 0.8), 0.9)
    outcomes = (Answered("c", Skipped("na", verdict), "k"), Answered("d", Skipped("gate"), ""))
    with run.writer() as writer:
        writer.append(replace(graded(first), outcomes=outcomes))
    restate(run, "u2")
    assert next(run.pending()).prior == {"k": verdict}


def test_changed_content_is_graded_again(
    run: RunFolder, graded: Graded, write: Write, row: Build
) -> None:
    grade_all(run, graded)
    source = write([row(4), row(0, completion="other"), row(1), row(7)])
    with run.lock():
        run.take_in(read_rows(source), source)
    assert [p.sample.sample_id for p in run.pending()] == ["s0", "s7"]
    assert [g.sample_id for g in run.grades()] == ["s4", "s1"]


def test_a_part_is_written_by_number_or_by_age(run: RunFolder, graded: Graded) -> None:
    now = 0.0
    pending = list(run.pending())
    parts = run.path / "parts"
    with run.writer(clock=lambda: now, rows=3, seconds=5.0) as writer:
        writer.append(graded(pending[0]))
        now = 4.9
        writer.tick()
        assert not list(parts.iterdir())
        now = 5.0
        writer.tick()
        assert len(list(parts.iterdir())) == 1
        for each in pending[1:4]:
            writer.append(graded(each))
        assert len(list(parts.iterdir())) == 2


def test_an_interrupt_keeps_what_was_graded(run: RunFolder, graded: Graded) -> None:
    def interrupted() -> None:
        with run.writer() as writer:
            writer.append(graded(next(run.pending())))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert run.counts().ok == 1


def test_the_manifest_names_what_was_graded_and_the_texts_are_kept(run: RunFolder) -> None:
    manifest = open_run(run.path).manifest
    assert manifest.rubric is not None
    assert manifest.judge is not None
    assert (run.path / manifest.rubric.file).read_text() == "rubric: r\n"
    assert manifest.judge.served == "abc"
    assert manifest.command == ("rlaif", "grade")
    assert manifest.samples is not None
    assert manifest.samples.count == 5


def test_a_folder_of_other_things_is_not_made_a_run(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(RunError, match=r"holds other things \(thesis.txt\)"):
        make_run(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(("name", "told"), [("", "not a run"), ("gone", "no such folder")])
def test_what_is_no_run_is_not_opened(tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(RunError, match=told):
        open_run(tmp_path / name)


def test_a_run_without_samples_says_so(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    with pytest.raises(RunError, match="no samples were taken in"):
        run.pending()


def test_a_newer_folder_is_left_alone(run: RunFolder) -> None:
    path = run.path / "manifest.json"
    path.write_text(path.read_text().replace('"schema_version": 1', '"schema_version": 2'))
    with pytest.raises(RunError, match="newer rlaif"):
        open_run(run.path)


def test_a_place_that_cannot_be_written_gives_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match=r"Not a directory|File exists"):
        make_run(tmp_path / "file" / "run")


def test_manifests_of_a_later_minor_version_are_read() -> None:
    assert Manifest.model_validate({"under": "u", "novelty": 1}).under == "u"
