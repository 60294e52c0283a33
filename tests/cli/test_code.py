"""Checks that run code, on the command line: options, warnings, and what people see."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from rlaif.checks.sandbox.scripted import ScriptedSandbox
from rlaif.errors import SandboxUnavailable
from rlaif.runs import sandbox as sandboxes
from tests.cli.conftest import Rlaif, sample, write_samples
from tests.grading.code import CODE, LOST, WRONG, sandbox

RUBRIC = """\
rubric: doubling
version: 1.0.0
title: A function that doubles
criteria:
  - id: doubles
    check: python_function
    cases:
      - {call: "double(2)", returns: 4}
      - {call: "double(0)", returns: 0}
examples:
  - {prompt: Double., completion: "def double(n): return 2 * n", expect: {doubles: yes}}
  - {prompt: Double., completion: "def double(n): return n", expect: {doubles: yes}}
"""
FORGED = """\
rubric: forged
version: 1.0.0
title: A repository
criteria:
  - {id: repo, check: pytest_repo, file: a.py, files: {test_a.py: "def test_a(): pass"}}
"""
GRADE = ("grade", "code.yaml", "samples.jsonl", "--out", "run")
WATCH = ("watch", "code.yaml", "samples.jsonl", "--once")
SCORE = ("score", "code.yaml", "answers.jsonl", "--samples", "samples.jsonl")


@pytest.fixture(autouse=True)
def used(monkeypatch: pytest.MonkeyPatch, rlaif: Rlaif) -> ScriptedSandbox:
    """Two samples, one right and one wrong, and the sandbox that all commands get."""
    Path("code.yaml").write_text(RUBRIC)
    Path("forged.yaml").write_text(FORGED)
    rows = [sample(0, completion=CODE), sample(1, completion=WRONG)]
    write_samples(Path("samples.jsonl"), rows)
    made = sandbox(run=lambda _: b"1 passed")
    monkeypatch.setattr(sandboxes, "load", lambda _: lambda unsafe: made)
    return made


def test_a_run_is_graded_shown_and_explained_case_by_case(rlaif: Rlaif) -> None:
    assert rlaif(*GRADE).status == 0
    shown = rlaif("show", "run").out
    assert "50%" in shown
    assert "1 not as expected" in shown
    lines = rlaif("explain", "run", "s1").out.splitlines()
    assert "  code: the only fenced block, 2 lines" in lines
    assert "  1 of 2 cases passed" in lines
    (failed,) = (line for line in lines if "FAILED" in line)
    assert failed.strip().startswith("FAILED  double(2) gave 2, expected 4")
    assert failed.endswith("0.002 s    3 MiB")
    row = orjson.loads(rlaif("explain", "run", "s1", "--format", "json").out)
    (part,) = row["level"]["parts"]
    assert part["cases"][0] == {
        "name": "double(2)",
        "passed": False,
        "message": "double(2) gave 2, expected 4",
        "seconds": 0.002,
        "memory": 3 * 2**20,
    }


def test_a_failure_of_the_sandbox_is_shown_as_one(rlaif: Rlaif) -> None:
    write_samples(Path("samples.jsonl"), [sample(0, completion=LOST)])
    ran = rlaif(*GRADE)
    assert ran.status == 1
    assert "rlaif retry run" in ran.out
    assert "the fork server is lost" in rlaif("show", "run").out


def test_without_a_sandbox_the_job_ends_with_what_to_install(
    rlaif: Rlaif, used: ScriptedSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused() -> None:
        raise SandboxUnavailable("no tier\n  hint: install bubblewrap")

    monkeypatch.setattr(used, "start", refused)
    for command in (GRADE, ("test", "code.yaml"), WATCH):
        ran = rlaif(*command)
        assert (ran.status, ran.err) == (2, "rlaif: no tier\n  hint: install bubblewrap\n")


@pytest.mark.parametrize("command", [GRADE, ("test", "code.yaml"), WATCH, SCORE])
def test_the_unsafe_way_is_warned_of_where_it_is_gone(
    rlaif: Rlaif, command: tuple[str, ...]
) -> None:
    Path("answers.jsonl").write_text('{"sample_id": "s0", "answers": {}}\n')
    warned = rlaif(*command, "--unsafe-no-sandbox")
    assert "--unsafe-no-sandbox: the policy's code runs as you" in warned.out + warned.err
    plain = rlaif(*command)
    assert "--unsafe" not in plain.out + plain.err


def test_the_examples_of_a_rubric_are_run(rlaif: Rlaif, used: ScriptedSandbox) -> None:
    ran = rlaif("test", "code.yaml")
    assert ran.status == 1
    assert "example 2, doubles: labelled yes, got no" in ran.out
    assert "double(2) gave 2, expected 4" in ran.out
    assert "checks: 1 of 2 labels met" in ran.out
    assert used.closed == 1


def test_checks_that_nobody_answered_are_run_for_a_score(
    rlaif: Rlaif, used: ScriptedSandbox
) -> None:
    rows = ('{"sample_id": "s0", "answers": {}}', '{"sample_id": "s1", "answers": {}}')
    answered = '{"sample_id": "s1", "annotator": "ann", "answers": {"doubles": "yes"}}'
    Path("answers.jsonl").write_text("\n".join([*rows, answered]))
    assert [row["score"] for row in rlaif(*SCORE).rows] == [1, 0, 1]
    assert len(used.jobs) == 2


def test_a_forgeable_check_is_refused_tested_and_when_accepted_marked(rlaif: Rlaif) -> None:
    given = ("grade", "forged.yaml", "samples.jsonl", "--out", "run")
    ran = rlaif(*given)
    assert ran.status == 2
    assert "'repo' runs its tests in one process with the policy's code" in ran.err
    assert "--accept-forgeable repo" in ran.err
    assert rlaif("test", "forged.yaml").status == 0
    assert rlaif(*given, "--accept-forgeable", "repo").status == 0
    assert "as the policy's code runs beside the tests: repo." in rlaif("show", "run").out


def test_watch_starts_the_sandbox_once_and_ends_it(rlaif: Rlaif, used: ScriptedSandbox) -> None:
    rlaif(*WATCH)
    assert (used.started, used.closed) == (1, 1)
    assert len(used.jobs) == 4
