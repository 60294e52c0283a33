"""A run verified: what is sound, what is named, and what a job makes of every damage."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from rlaif.authoring.judge_file import load_judge
from rlaif.errors import RunError
from rlaif.grading.recheck import grade_faults
from rlaif.grading.verdict import answered
from rlaif.records.criterion import leaves
from rlaif.records.grade import Grade
from rlaif.records.outcome import Failure, Skipped, Verdict
from rlaif.records.sample import Sample
from rlaif.runs.files import rubric_and_text
from rlaif.runs.grade import grade_run
from rlaif.runs.order import Order
from rlaif.runs.verify import verify_run
from rlaif.storage.export_rows import export_row
from rlaif.storage.run_folder import open_run
from tests.runs.quiet import Quiet

RUBRIC = """\
rubric: greeting
version: 1.0.0
title: A greeting
criteria:
  - {id: says-hello, check: contains, text: hello, gate: true}
  - {id: kind, ask: Is the greeting kind to the reader?, weight: 2, gate: true}
  - {id: flatters, ask: Does the greeting flatter the reader?, weight: -1}
  - {id: formal, ask: Is the greeting as formal as it should be?, when: {place: court}}
  - {id: right, ask: Does it say what the reference says?, needs: [reference]}
  - section: form
    weight: 2
    criteria:
      - {id: warm, ask: How warm is the greeting?, levels: [cold, mild, warm], allow_na: true}
      - {id: long, check: contains, text: dear}
"""
FAILING = {"failure_share": 0.2}
OVERALL = {"verdict": "holistic"}


def made(folder: Path, **judge: Any) -> Order:
    """An order for 24 samples of all kinds, by a scripted judge with those keys."""
    (folder / "rubric.yaml").write_text(RUBRIC)
    stated = {"judge": "j", "version": "1.0.0", "backend": "scripted", "answers": "hash"}
    (folder / "j.yaml").write_bytes(orjson.dumps({**stated, **judge}))
    (folder / "samples.jsonl").write_bytes(b"\n".join(map(orjson.dumps, map(_row, range(24)))))
    rubric, text = rubric_and_text(str(folder / "rubric.yaml"))
    order = Order(
        rubric,
        text,
        load_judge(str(folder / "j.yaml")),
        str(folder / "samples.jsonl"),
        folder / "run",
        cache=False,
    )
    grade_run(replace(order, limit=8), Quiet())
    grade_run(order, Quiet())
    return order


def _row(number: int) -> dict[str, Any]:
    row: dict[str, Any] = {
        "sample_id": f"s{number}",
        "prompt": "Greet.",
        "completion": f"<think>Hm.</think>hello dear number {number}, how are you?",
        "metadata": {"place": "court" if number % 2 else "home"},
    }
    if number % 3:
        row["reference"] = "Hello."
    if number % 5 == 0:
        row["criteria"] = [{"id": "own", "ask": "Is the number in the greeting right?"}]
    if number % 7 == 0:
        row["completion"] = "Good evening to you, my dear friend."
    if number == 11:
        row["completion"] = "   "
    return row


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Order:
    """A run in two parts; nobody changes it."""
    return made(tmp_path_factory.mktemp("sound"))


@pytest.fixture
def order(sound: Order, tmp_path: Path) -> Order:
    """A copy of it, to be damaged."""
    shutil.copytree(sound.out, tmp_path / "run")
    return replace(sound, out=tmp_path / "run")


def exported(path: Path) -> list[dict[str, Any]]:
    return [export_row(grade) for grade in open_run(path).grades()]


def test_a_finished_run_is_sound_and_all_of_it_was_looked_at(sound: Order) -> None:
    found = verify_run(sound.out)
    assert (found.findings, found.notes) == ((), ())
    looked = found.looked
    assert (looked.samples, looked.grades, looked.parts, looked.missing) == (24, 24, 2, 0)
    assert looked.ok + looked.failed == 24
    reasons = {grade.reason.partition(":")[0] for grade in open_run(sound.out).grades()}
    assert {"", "gate", "prescreen", "failed"} <= reasons


@pytest.mark.parametrize("judge", [FAILING, OVERALL], ids=["failing", "holistic"])
def test_a_run_with_failures_or_one_overall_question_is_sound(
    tmp_path: Path, judge: dict[str, Any]
) -> None:
    found = verify_run(made(tmp_path, **judge).out)
    assert found.findings == ()
    assert found.looked.grades == 24
    assert found.looked.failed


def test_what_is_not_graded_yet_is_told_and_no_finding(order: Order) -> None:
    newest = max((order.out / "parts").glob("*.parquet"))
    newest.unlink()
    found = verify_run(order.out)
    assert found.sound
    assert found.looked.missing == 16
    assert found.notes == ("16 samples not graded yet: start the same `rlaif grade` command again",)


FILES = {
    "manifest": "manifest.json",
    "rubric": "rubric-*.yaml",
    "judge": "judge-*.json",
    "samples": "samples/0002-*/*.parquet",
    "first part": "parts/*-000000-*.parquet",
    "last part": "parts/*.parquet",
}
NOT_NEEDED = ("lock", "samples/0001-*/*.parquet")
"""A signature for the one who comes second, and the input before this one."""


def test_every_file_of_a_run_is_damaged_in_turn_below(sound: Order) -> None:
    covered = {p for pattern in (*FILES.values(), *NOT_NEEDED) for p in sound.out.glob(pattern)}
    assert covered == {p for p in sound.out.rglob("*") if p.is_file()}


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) * 2 // 3] ^= 0x04
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [flipped, Path.unlink], ids=["flipped", "deleted"])
@pytest.mark.parametrize("pattern", FILES.values(), ids=FILES.keys())
def test_damage_to_any_file_is_named_and_mended_by_the_same_command(
    sound: Order, order: Order, pattern: str, damage: Callable[[Path], None]
) -> None:
    victim = max(order.out.glob(pattern))
    damage(victim)
    found = verify_run(order.out)
    if found.sound:
        assert (damage, victim.parent.name) == (Path.unlink, "parts")
        assert found.looked.missing
    else:
        where = victim.name if damage is flipped else victim.parent.name
        assert any(victim.name in f or where in f for f in found.findings), found.findings
    _grade_again(order)
    assert exported(order.out) == exported(sound.out)
    assert verify_run(order.out).findings == ()


def _grade_again(order: Order) -> None:
    """As a person does it: where the command says what to delete, it is deleted."""
    try:
        grade_run(order, Quiet())
    except RunError as error:
        told = str(error)
    else:
        return
    assert "delete this one file and start the same command again" in told
    (order.out / "manifest.json").unlink()
    grade_run(order, Quiet())


@pytest.mark.parametrize("pattern", NOT_NEEDED)
def test_damage_to_what_nothing_needs_harms_nobody(order: Order, pattern: str) -> None:
    for victim in order.out.glob(pattern):
        victim.write_bytes(b"?")
    assert verify_run(order.out).sound
    grade_run(order, Quiet())


def test_a_part_that_is_gone_from_between_others_is_named(order: Order) -> None:
    run = open_run(order.out)
    for part in (order.out / "parts").glob("*.parquet"):
        part.unlink()
    grades = list(open_run(order.out).pending())
    assert len(grades) == 24
    with run.writer(rows=8) as writer:
        for grade in exported_grades(order):
            writer.append(grade)
    middle = next((order.out / "parts").glob("*-000001-*.parquet"))
    middle.unlink()
    (finding,) = verify_run(order.out).findings
    assert finding.endswith("-000001 is gone: its samples are graded again")


def exported_grades(order: Order) -> list[Grade]:
    again = replace(order, out=order.out.with_name("again"))
    grade_run(again, Quiet())
    return list(open_run(again.out).grades())


def test_leftovers_of_a_killed_process_are_findings_unless_a_job_runs(order: Order) -> None:
    (order.out / "parts" / ".tmp-1-part.parquet").write_bytes(b"PAR1")
    (finding,) = verify_run(order.out).findings
    assert finding.startswith("parts/.tmp-1-part.parquet is the leftover")
    with open_run(order.out).lock():
        (order.out / "parts" / ".tmp-2-part.parquet").write_bytes(b"PAR1")
        found = verify_run(order.out)
    assert found.sound
    assert found.notes == ("a job is writing to the run right now",)


def test_what_was_set_aside_is_counted(order: Order) -> None:
    victim = max((order.out / "parts").glob("*.parquet"))
    flipped(victim)
    grade_run(order, Quiet())
    found = verify_run(order.out)
    assert found.sound
    assert found.looked.quarantined == 1


def _first(grade: Grade, name: str, **changes: Any) -> Grade:
    """The grade with another outcome of one criterion."""
    outcomes = [replace(o, **changes) if o.criterion == name else o for o in grade.outcomes]
    return replace(grade, outcomes=tuple(outcomes))


FORGED: dict[str, tuple[Callable[[Grade], Grade], str]] = {
    "score": (lambda g: replace(g, score=0.987), "has the score 0.987"),
    "raw": (lambda g: replace(g, raw_score=0.5 + 1e-8), "has the score"),
    "zero for a failure": (
        lambda g: _first(g, "flatters", outcome=Failure("backend", "x"), answer=None, value=0.0),
        "states for 'flatters' None worth 0.0, not None worth None",
    ),
    "score in spite of a failure": (
        lambda g: _first(
            g,
            "flatters",
            outcome=Failure("backend", "x"),
            answer=None,
            value=None,
            probability=None,
        ),
        "a failure is no 0",
    ),
    "value": (lambda g: _first(g, "kind", value=0.001), "states for 'kind'"),
    "distribution": (
        lambda g: _first(g, "kind", outcome=Verdict((0.9, 0.9), 1.0)),
        "that do not add up to 1",
    ),
    "labels": (
        lambda g: _first(g, "kind", outcome=Verdict((0.25, 0.25, 0.25, 0.25), 1.0)),
        "that is none of its answers",
    ),
    "missing": (
        lambda g: replace(g, outcomes=g.outcomes[:-1]),
        "has no outcome of the criterion 'long'",
    ),
    "twice": (
        lambda g: replace(g, outcomes=(*g.outcomes, g.outcomes[-1])),
        "has two outcomes of the criterion 'long'",
    ),
    "foreign": (
        lambda g: replace(g, outcomes=(*g.outcomes, replace(g.outcomes[0], criterion="other"))),
        "has an outcome of 'other'",
    ),
    "skipped by no gate": (
        lambda g: _first(
            g, "flatters", outcome=Skipped("gate"), answer=None, value=None, probability=None
        ),
        "skipped 'flatters' by a gate, and none is unmet",
    ),
    "skipped by no when": (
        lambda g: _first(
            g, "flatters", outcome=Skipped("when"), answer=None, value=None, probability=None
        ),
        "skipped 'flatters' by its 'when'",
    ),
    "prescreen": (
        lambda g: replace(g, score=0.0, raw_score=0.0, reason="prescreen:empty"),
        "was scored 0 by 'prescreen:empty'",
    ),
    "sections": (lambda g: replace(g, sections=(("form", 0.123),)), "other values of its sections"),
    "reasoning": (lambda g: replace(g, reasoning_characters=9_999), "the policy's reasoning"),
    "status": (lambda g: replace(g, status="failed"), "although its status is 'failed'"),
}


@pytest.fixture(scope="module")
def plain(sound: Order) -> tuple[Sample, Grade]:
    """A sample whose every question was answered, and its grade."""
    graded = open_run(sound.out).graded_samples()
    return next((sample, g) for sample, g in graded if g and g.sample_id == "s1")


@pytest.mark.parametrize(("forge", "told"), FORGED.values(), ids=FORGED.keys())
def test_a_grade_that_does_not_follow_from_its_outcomes_is_named(
    sound: Order,
    plain: tuple[Sample, Grade],
    forge: Callable[[Grade], Grade],
    told: str,
) -> None:
    sample, grade = plain
    assert list(grade_faults(sound.rubric, sample, grade, holistic=False)) == []
    found = list(grade_faults(sound.rubric, sample, forge(grade), holistic=False))
    assert any(told in one for one in found), found


def test_a_forged_score_in_a_run_is_a_finding(order: Order, plain: tuple[Sample, Grade]) -> None:
    forged = replace(plain[1], score=0.987, attempt=2)
    with open_run(order.out).writer() as writer:
        writer.append(forged)
    (finding,) = verify_run(order.out).findings
    assert finding.startswith("the grade of 's1' has the score 0.987 (raw ")


def test_a_prescreen_that_was_passed_by_is_named(order: Order) -> None:
    run = open_run(order.out)
    screened = next(g for g in run.grades() if g.sample_id == "s11")
    rubric = order.rubric
    fair = tuple(
        answered(criterion, Verdict((0.0,) * (len(criterion.answers) - 1) + (1.0,)))
        for criterion in leaves(rubric.items)
    )
    with run.writer() as writer:
        writer.append(replace(screened, outcomes=fair, score=1.0, reason="", attempt=2))
    (finding,) = verify_run(order.out).findings
    assert (
        finding == "the grade of 's11' was not scored 0 by 'prescreen:empty', which holds of "
        "its completion"
    )


def test_of_many_findings_of_a_kind_the_first_are_told_and_the_rest_counted(
    order: Order,
) -> None:
    run = open_run(order.out)
    grades = [replace(g, rubric="x@1", attempt=9) for g in run.grades()]
    with run.writer() as writer:
        for grade in grades:
            writer.append(grade)
    found = verify_run(order.out)
    assert len(found.findings) == 21
    assert found.findings[-1] == "and 4 more such findings: grades"


@pytest.mark.parametrize(("name", "told"), [("empty", "not a run"), ("gone", "no such folder")])
def test_a_folder_that_holds_no_run_is_an_error(tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(RunError, match=told):
        verify_run(tmp_path / name)


def test_verifying_changes_nothing(order: Order) -> None:
    (order.out / "parts" / ".tmp-1-part.parquet").write_bytes(b"PAR1")
    before = {p: p.read_bytes() for p in order.out.rglob("*") if p.is_file()}
    verify_run(order.out)
    assert {p: p.read_bytes() for p in order.out.rglob("*") if p.is_file()} == before
