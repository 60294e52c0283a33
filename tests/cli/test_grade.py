"""`rlaif grade`: what it grades, what it asks, and what it refuses."""

from __future__ import annotations

import fcntl
import gzip
import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest

from rlaif.judging.scripted import ScriptedBackend
from rlaif.judging.scripted_rules import answer_of
from rlaif.ports import Answer, Decision
from rlaif.records.backends import ScriptedJudge
from rlaif.records.judge import Judge
from rlaif.records.outcome import Failure
from tests.cli.conftest import RUBRIC, Ran, Rlaif, sample, scripted, write_samples

SAMPLES = Path("samples.jsonl")
RUBRIC_FILE = Path("rubric.yaml")
GIVEN = ("grade", "rubric.yaml", "samples.jsonl", "--out", "run")
CHECKS_ONLY = (
    "rubric: r\nversion: 1.0.0\ntitle: Words\ncriteria: [{id: a, check: contains, text: hello}]\n"
)
PER_SAMPLE = "rubric: own\nversion: 1.0.0\ntitle: Own criteria\ncriteria: per-sample\n"


def rows_of_parts() -> int:
    """How many grades were ever written into the run."""
    import pyarrow.parquet as pq

    return sum(pq.read_metadata(part).num_rows for part in Path("run/parts").glob("*.parquet"))


def exported(rlaif: Rlaif, run: str = "run") -> list[dict[str, Any]]:
    return rlaif("export", run).rows


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the judge was asked, as `sample text / criterion`; it answers by the judge file."""
    heard: list[str] = []

    def backend(judge: Judge) -> ScriptedBackend:
        spec = judge.spec
        assert isinstance(spec, ScriptedJudge)

        def rule(decision: Decision) -> Answer | Failure:
            heard.append(decision.criterion)
            return answer_of(decision, spec)

        return ScriptedBackend(spec, rule=rule)

    monkeypatch.setattr("rlaif.runs.backends.backend_of", backend)
    return heard


# The first time


def test_every_sample_gets_a_grade_and_the_way_on_is_said(rlaif: Rlaif) -> None:
    ran = rlaif(*GIVEN, "--judge", "scripted-hash")
    assert ran.status == 0
    assert (
        ran.out == "8 of 8 samples graded\nThe run lies in run; look at it with: rlaif show run\n"
    )
    assert [row["sample_id"] for row in exported(rlaif)] == [f"s{n}" for n in range(8)]


def test_the_judge_is_asked_nothing_where_a_gate_is_unmet(rlaif: Rlaif, asked: list[str]) -> None:
    rlaif(*GIVEN, "--judge", "scripted-hash")
    assert len(asked) == 6 * 3
    scores = [row["score"] for row in exported(rlaif)]
    assert [score == 0 for score in scores] == [False, True, False, False] * 2


def test_a_shipped_rubric_and_judge_go_by_their_names(rlaif: Rlaif) -> None:
    ran = rlaif("grade", "instruction-following", SAMPLES, "-j", "scripted", "-o", "run")
    assert ran.status == 0


def test_a_failed_grade_has_no_score_and_the_exit_status_is_1(rlaif: Rlaif) -> None:
    judge = scripted(Path("half.yaml"), failure_share=0.5)
    ran = rlaif(*GIVEN, "--judge", judge)
    assert ran.status == 1
    rows = exported(rlaif)
    failed = [row for row in rows if row["status"] == "failed"]
    assert failed
    assert (
        f"{8 - len(failed)} of 8 samples graded; {len(failed)} failed and got no score" in ran.out
    )
    assert "rlaif retry run" in ran.out
    assert all(row["score"] is None for row in failed)


def test_only_the_first_n_samples_with_a_limit(rlaif: Rlaif) -> None:
    rlaif(*GIVEN, "--judge", "scripted", "--limit", 3)
    assert [row["sample_id"] for row in exported(rlaif)] == ["s0", "s1", "s2"]


def test_fields_are_taken_from_other_columns(rlaif: Rlaif) -> None:
    rows = [{"sample_id": "a", "question": "Greet.", "output": "hello to you all"}]
    write_samples(SAMPLES, rows)
    without = rlaif(*GIVEN, "--judge", "scripted")
    assert without.status == 2
    assert "'prompt' is missing" in without.err
    assert "hint: --map prompt=question" in without.err
    ran = rlaif(*GIVEN, "-j", "scripted", "--map", "prompt=question", "--map", "completion=output")
    assert ran.status == 0


def test_samples_come_by_standard_input_and_compressed(rlaif: Rlaif) -> None:
    rlaif(*GIVEN, "--judge", "scripted-hash")
    packed = gzip.compress(SAMPLES.read_bytes())
    Path("packed.jsonl.gz").write_bytes(packed)
    for source, stdin in (("-", SAMPLES.read_bytes()), ("-", packed), ("packed.jsonl.gz", b"")):
        shutil.rmtree("other", ignore_errors=True)
        ran = rlaif("grade", RUBRIC_FILE, source, "-j", "scripted-hash", "-o", "other", stdin=stdin)
        assert ran.status == 0
        assert exported(rlaif, "other") == exported(rlaif)


def test_a_dry_run_counts_and_writes_nothing(rlaif: Rlaif, asked: list[str]) -> None:
    ran = rlaif(*GIVEN, "--judge", "scripted", "--dry-run")
    assert ran.status == 0
    assert ran.out == (
        "8 samples; 0 prescreened, scored 0\n"
        "8 checks by programs; 2 samples settled by their gates\n"
        "18 questions to the judge about 6 samples\n"
        "about 3,240 prompt tokens; 1,516 of them to compute where a sample's text is computed "
        "once\n"
        "Nothing was asked and nothing was written.\n"
    )
    assert not Path("run").exists()
    assert asked == []
    assert rlaif("grade", RUBRIC_FILE, SAMPLES, "--dry-run").out == ran.out


# Again


def test_what_is_graded_is_not_graded_again(rlaif: Rlaif, asked: list[str]) -> None:
    rlaif(*GIVEN, "--judge", "scripted-hash")
    before = exported(rlaif), rows_of_parts(), len(asked)
    again = rlaif(*GIVEN, "--judge", "scripted-hash")
    assert (exported(rlaif), rows_of_parts(), len(asked)) == before
    assert again.err == "all of it was graded before: nothing is asked\n"


def test_more_samples_cost_only_themselves(rlaif: Rlaif, asked: list[str]) -> None:
    rlaif(*GIVEN, "--judge", "scripted-hash", "--limit", 5)
    before = exported(rlaif)
    asked.clear()
    ran = rlaif(*GIVEN, "--judge", "scripted-hash")
    assert "3 added, 0 changed, 0 removed" in ran.err
    assert rows_of_parts() == 8
    assert len(asked) == 2 * 3
    assert exported(rlaif)[:5] == before


def test_a_changed_completion_alone_is_graded_again(rlaif: Rlaif, asked: list[str]) -> None:
    rlaif(*GIVEN, "--judge", "scripted-hash")
    before = exported(rlaif)
    asked.clear()
    write_samples(
        SAMPLES, (sample(n, **{"completion": "hello again"} if n == 2 else {}) for n in range(8))
    )
    ran = rlaif(*GIVEN, "--judge", "scripted-hash")
    assert "0 added, 1 changed, 0 removed" in ran.err
    assert rows_of_parts() == 9
    assert sorted(asked) == ["flatters", "kind", "warm"]
    after = exported(rlaif)
    assert [n for n in range(8) if after[n] != before[n]] == [2]


def test_a_changed_weight_asks_the_judge_nothing(rlaif: Rlaif, asked: list[str]) -> None:
    rlaif(*GIVEN, "--judge", "scripted-hash")
    before = exported(rlaif)
    asked.clear()
    change(RUBRIC_FILE, "weight: 2", "weight: 5")
    ran = rlaif(*GIVEN, "--judge", "scripted-hash")
    assert "only questions that changed are asked" in ran.err
    assert asked == []
    after = exported(rlaif)
    assert [row["outcomes"] for row in after] == [row["outcomes"] for row in before]
    assert [row["score"] for row in after] != [row["score"] for row in before]


def test_a_changed_question_alone_is_asked_again(rlaif: Rlaif, asked: list[str]) -> None:
    rlaif(*GIVEN, "--judge", "scripted-hash")
    before = exported(rlaif)
    asked.clear()
    change(RUBRIC_FILE, "Is the greeting kind to the reader?", "Is the greeting friendly?")
    rlaif(*GIVEN, "--judge", "scripted-hash")
    assert asked == ["kind"] * 6
    for old, new in zip(before, exported(rlaif), strict=True):
        changed = [
            n["criterion"] for o, n in zip(old["outcomes"], new["outcomes"], strict=True) if o != n
        ]
        assert changed in ([], ["kind"])


def test_a_rubric_changed_back_finds_its_grades_again(rlaif: Rlaif, asked: list[str]) -> None:
    rlaif(*GIVEN, "--judge", "scripted-hash")
    before = exported(rlaif)
    change(RUBRIC_FILE, "weight: 2", "weight: 5")
    rlaif(*GIVEN, "--judge", "scripted-hash")
    RUBRIC_FILE.write_text(RUBRIC)
    asked.clear()
    rlaif(*GIVEN, "--judge", "scripted-hash")
    assert exported(rlaif) == before
    assert asked == []


def test_another_judge_is_asked_everything_and_that_is_said(rlaif: Rlaif, asked: list[str]) -> None:
    rlaif(*GIVEN, "--judge", "scripted-hash")
    asked.clear()
    ran = rlaif(*GIVEN, "--judge", "scripted")
    assert "the judge differs from the run's (scripted-hash@1.0.0 -> scripted@1.0.0)" in ran.err
    assert len(asked) == 18
    assert {row["judge"] for row in exported(rlaif)} == {"scripted@1.0.0"}


def test_what_failed_is_asked_again_only_on_request(rlaif: Rlaif, asked: list[str]) -> None:
    judge = scripted(Path("half.yaml"), failure_share=0.5)
    assert rlaif(*GIVEN, "--judge", judge).status == 1
    failed = sum(
        outcome["kind"] == "failure" for row in exported(rlaif) for outcome in row["outcomes"]
    )
    rows = rows_of_parts()
    asked.clear()
    assert rlaif(*GIVEN, "--judge", judge).status == 1
    assert asked == []
    assert rlaif(*GIVEN, "--judge", judge, "--retry-failed").status == 1
    assert len(asked) == failed
    assert rows_of_parts() > rows


def test_a_verdict_takes_the_place_of_a_failure(
    rlaif: Rlaif, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = True

    def backend(judge: Judge) -> ScriptedBackend:
        spec = judge.spec
        assert isinstance(spec, ScriptedJudge)

        def rule(decision: Decision) -> Answer | Failure:
            if broken and decision.criterion == "warm":
                return Failure("backend", "the server is away")
            return answer_of(decision, spec)

        return ScriptedBackend(spec, rule=rule)

    monkeypatch.setattr("rlaif.runs.backends.backend_of", backend)
    assert rlaif(*GIVEN, "--judge", "scripted-hash").status == 1
    kind = [row["outcomes"][1] for row in exported(rlaif)]
    broken = False
    assert rlaif(*GIVEN, "--judge", "scripted-hash", "--retry-failed").status == 0
    assert [row["outcomes"][1] for row in exported(rlaif)] == kind
    assert all(row["status"] == "ok" for row in exported(rlaif))


# Sample ids


def test_the_same_sample_twice_is_graded_once(rlaif: Rlaif) -> None:
    write_samples(SAMPLES, map(sample, (0, 1, 0)))
    ran = rlaif(*GIVEN, "--judge", "scripted")
    assert ran.status == 0
    assert "1 row with the id and the content of another: graded once" in ran.err
    assert [row["sample_id"] for row in exported(rlaif)] == ["s0", "s1"]


def test_one_id_with_two_contents_names_both_lines(rlaif: Rlaif) -> None:
    write_samples(SAMPLES, (sample(0), sample(1), sample(0, completion="another hello")))
    ran = rlaif(*GIVEN, "--judge", "scripted")
    assert ran.status == 2
    assert "samples.jsonl:3:1: sample_id 's0' stands at samples.jsonl:1" in ran.err


def test_every_bad_row_is_told_at_once_and_nothing_is_graded(rlaif: Rlaif) -> None:
    SAMPLES.write_text('{"sample_id": "a"}\nnot json\n[1]\n')
    ran = rlaif(*GIVEN, "--judge", "scripted")
    assert ran.status == 2
    for place in ("samples.jsonl:1:1: ", "samples.jsonl:2:", "samples.jsonl:3:1: "):
        assert place in ran.err
    assert not list(Path("run/parts").glob("*.parquet"))


def test_an_input_without_samples_is_an_error(rlaif: Rlaif) -> None:
    SAMPLES.write_text("")
    ran = rlaif(*GIVEN, "--judge", "scripted")
    assert (ran.status, ran.err) == (2, "rlaif: there are no samples in the input\n")


# The judge


def test_a_question_needs_a_judge(rlaif: Rlaif) -> None:
    ran = rlaif(*GIVEN)
    assert ran.status == 2
    assert "there are questions for a judge; name one\n  hint: --judge" in ran.err
    assert not Path("run").exists()


def test_checks_alone_need_no_judge(rlaif: Rlaif) -> None:
    RUBRIC_FILE.write_text(CHECKS_ONLY)
    assert rlaif(*GIVEN).status == 0
    assert {row["judge"] for row in exported(rlaif)} == {"none@1.0.0"}


def test_an_unknown_judge_gets_the_near_name(rlaif: Rlaif) -> None:
    ran = rlaif(*GIVEN, "--judge", "scripted-hsah")
    assert ran.status == 2
    assert "did you mean 'scripted-hash'?" in ran.err


def test_a_judge_that_is_named_by_nothing_is_no_judge(rlaif: Rlaif) -> None:
    assert rlaif(*GIVEN, "--judge", "").status == 2


# Samples with criteria of their own


def own(name: str) -> dict[str, Any]:
    return {"criteria": [{"id": name, "ask": f"Does the text greet {name} by name?"}]}


def test_samples_bring_their_own_criteria(rlaif: Rlaif) -> None:
    RUBRIC_FILE.write_text(PER_SAMPLE)
    write_samples(SAMPLES, (sample(0, **own("ada")), sample(1, **own("bob"))))
    assert rlaif(*GIVEN, "--judge", "scripted").status == 0
    named = [[o["criterion"] for o in row["outcomes"]] for row in exported(rlaif)]
    assert named == [["ada"], ["bob"]]


def test_a_sample_without_the_criteria_that_it_should_bring_is_an_error(rlaif: Rlaif) -> None:
    RUBRIC_FILE.write_text(PER_SAMPLE)
    ran = rlaif(*GIVEN, "--judge", "scripted")
    assert ran.status == 2
    assert "samples.jsonl:1:1: the rubric takes its criteria from the samples" in ran.err


def test_samples_with_questions_need_a_judge(rlaif: Rlaif) -> None:
    RUBRIC_FILE.write_text(PER_SAMPLE)
    write_samples(SAMPLES, [sample(0, **own("ada"))])
    ran = rlaif(*GIVEN)
    assert ran.status == 2
    assert "there are questions for a judge" in ran.err


def test_a_sample_criterion_with_a_taken_id_is_an_error(rlaif: Rlaif) -> None:
    write_samples(SAMPLES, (sample(0), sample(1, **own("kind"))))
    ran = rlaif(*GIVEN, "--judge", "scripted")
    assert ran.status == 2
    assert "samples.jsonl:2:1: the sample's criterion 'kind' has an id that is taken" in ran.err


# The run folder


def test_without_a_place_for_the_run_nothing_starts(rlaif: Rlaif) -> None:
    ran = rlaif("grade", RUBRIC_FILE, SAMPLES, "--judge", "scripted")
    assert (ran.status, ran.err) == (2, "rlaif: say where the run goes: --out RUN\n")


def test_a_folder_with_other_things_is_left_alone(rlaif: Rlaif) -> None:
    Path("run").mkdir()
    Path("run/thesis.tex").touch()
    ran = rlaif(*GIVEN, "--judge", "scripted")
    assert ran.status == 2
    assert "run: holds other things (thesis.tex)" in ran.err
    assert [p.name for p in Path("run").iterdir()] == ["thesis.tex"]


def test_a_file_is_no_folder(rlaif: Rlaif) -> None:
    Path("run").touch()
    ran = rlaif(*GIVEN, "--judge", "scripted")
    assert ran.status == 2
    assert "run: " in ran.err


def test_a_folder_that_cannot_be_written_is_said(
    rlaif: Rlaif, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "mkdir", refused)
    ran = rlaif(*GIVEN, "--judge", "scripted")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == (
        "rlaif: run: Permission denied\n  hint: choose a folder that you may write\n"
    )


def test_a_second_job_on_the_same_run_is_refused(rlaif: Rlaif) -> None:
    rlaif(*GIVEN, "--judge", "scripted", "--limit", 2)
    with Path("run/lock").open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        ran = rlaif(*GIVEN, "--judge", "scripted")
    assert ran.status == 2
    assert "run: in use" in ran.err
    assert "hint: wait for it to end, or choose another folder" in ran.err


def test_a_damaged_part_is_set_aside_and_its_samples_graded_again(rlaif: Rlaif) -> None:
    rlaif(*GIVEN, "--judge", "scripted-hash")
    before = exported(rlaif)
    (part,) = Path("run/parts").glob("*.parquet")
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)
    ran = rlaif(*GIVEN, "--judge", "scripted-hash")
    assert ran.status == 0
    assert "is damaged: put into quarantine/, its samples are graded again" in ran.err
    assert exported(rlaif) == before


def test_the_run_keeps_the_rubric_as_its_author_wrote_it(rlaif: Rlaif) -> None:
    rlaif(*GIVEN, "--judge", "scripted")
    (kept,) = Path("run").glob("rubric-*.yaml")
    assert kept.read_text() == RUBRIC
    manifest = orjson.loads(Path("run/manifest.json").read_bytes())
    assert manifest["rubric"]["name"] == "greeting"
    assert manifest["samples"]["count"] == 8


def test_the_bad_rubric_is_told_before_anything_is_read(rlaif: Rlaif) -> None:
    change(RUBRIC_FILE, "weight: 2", "wieght: 2")
    ran = rlaif(*GIVEN, "--judge", "scripted")
    assert ran == Ran(
        2, "", "rubric.yaml:11:5: unknown key 'wieght'\n  hint: did you mean 'weight'?\n"
    )
