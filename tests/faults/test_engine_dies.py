"""A sample that crashes the engine of the judge, and a crash that is nobody's doing."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from rlaif.authoring.judge_file import load_judge
from rlaif.judging.vllm_backend import VllmBackend
from rlaif.judging.vllm_place import Place
from rlaif.records.backends import VllmJudge
from rlaif.records.judge import Judge
from rlaif.runs.grade import grade_run
from tests.faults.conftest import Heard, Job, MakeJob, greeting
from tests.faults.invariants import Rows, exported, finished

ROWS_OF_THE_TABLE = ("a sample that crashes the judge's engine", "an engine that dies")
FAKE = (sys.executable, str(Path(__file__).with_name("fake_engine.py")))
WORD = "zyzzyva"
SAMPLES = 24


@pytest.fixture(scope="module")
def job(make_job: MakeJob, folder: Path) -> Job:
    """One of the samples has a word in it that no other has."""
    rows = [greeting(n) for n in range(SAMPLES)]
    rows[9]["completion"] += f" I saw a {WORD}."
    spec = {"judge": "j", "version": "1.0.0", "backend": "vllm", "model": str(folder)}
    judge = Judge(VllmJudge.model_validate(spec), load_judge("scripted").template)
    made = make_job(rows, judge=judge)
    return replace(made, order=replace(made.order, cache=False))


@pytest.fixture(autouse=True)
def log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Every job is given the stand-in; what that wrote down."""

    def backend_of(judge: Judge) -> VllmBackend:
        assert isinstance(judge.spec, VllmJudge)
        return VllmBackend(judge.spec, command=FAKE, here=Place("0.32.0"))

    monkeypatch.setattr("rlaif.runs.backends.backend_of", backend_of)
    monkeypatch.setenv("FAKE_LOG", str(tmp_path / "log"))
    return tmp_path / "log"


@pytest.fixture(scope="module")
def kept() -> dict[str, Rows]:
    """The export of the undisturbed job, made once."""
    return {}


@pytest.fixture
def whole(job: Job, kept: dict[str, Rows]) -> Rows:
    if not kept:
        kept["whole"] = job.whole()
    return kept["whole"]


def started(log: Path) -> list[int]:
    lines = log.read_text().splitlines()
    return [int(line.split()[1]) for line in lines if line.startswith("started")]


@pytest.mark.slow
def test_a_sample_that_crashes_the_engine_fails_alone_and_can_be_retried(
    job: Job, whole: Rows, folder: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = Tokenizer.from_file(str(folder / "tokenizer.json"))
    ids = words.encode(WORD, add_special_tokens=False).ids
    with monkeypatch.context() as patched:
        patched.setenv("DEADLY", ",".join(map(str, ids)))
        job.grade()
    finished(job.run, whole, failed=["s9"])
    (failed,) = [row for row in exported(job.run) if row["status"] == "failed"]
    for outcome in failed["outcomes"]:
        assert (outcome["kind"], outcome["stage"]) == ("failure", "backend")
        assert "the engine died of this question" in outcome["message"]
        assert "was killed by SIGSEGV" in outcome["message"]
    assert len(started(log)) > 3
    job.grade(retry_failed=True)
    finished(job.run, whole)


def test_an_engine_that_is_killed_midway_costs_no_grade(job: Job, whole: Rows, log: Path) -> None:
    log.unlink(missing_ok=True)

    class Killing(Heard):
        seen = 0

        def graded(self, *_: object) -> None:
            self.seen += 1
            if self.seen == 3:
                os.kill(started(log)[0], signal.SIGKILL)

    once = job.at("killed")
    grade_run(once.order, Killing())
    finished(once.run, whole)
    assert len(started(log)) in (1, 2)  # 1: all had been answered when it was killed
