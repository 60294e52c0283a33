"""The job with checks that run code: who starts the sandbox, what is kept, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from rlaif.authoring.judge_file import load_judge
from rlaif.checks.sandbox.scripted import ScriptedSandbox
from rlaif.errors import InputError, SandboxUnavailable
from rlaif.records.grade import Grade
from rlaif.records.identity import digest
from rlaif.records.judge import ask_fingerprint
from rlaif.records.outcome import Verdict
from rlaif.reporting.estimated import estimate_text
from rlaif.runs import sandbox as sandboxes
from rlaif.runs.api import grade, grade_sync
from rlaif.runs.compare import PairOrder, compare_run, compared_under
from rlaif.runs.estimate import estimate
from rlaif.runs.grade import grade_run
from rlaif.runs.order import Order
from rlaif.runs.worker import SCORING, graded_under
from rlaif.storage.manifest import Manifest, Sandboxed, read_manifest, write_manifest
from rlaif.storage.run_folder import open_run
from tests.grading.code import CODE, LOST, WRONG, doubles, sandbox
from tests.runs.quiet import Quiet
from tests.runs.test_grade import Heard, break_after

Make = Callable[..., Any]
FORGED = {"id": "repo", "check": "pytest_repo", "file": "a.py", "files": {"test_a.py": "x = 1"}}
OLD_CHECKS = "21a6ea0a39468f70e048a7b431bca64b"
"""What the versions of all checks hashed to when there were none that ran code."""


class Noted(ScriptedSandbox):
    notes = ("sandbox: scripted", "policy code runs on nothing")


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> ScriptedSandbox:
    """The sandbox that every job of the test gets."""
    made = sandbox()
    made.notes = Noted.notes
    monkeypatch.setattr(sandboxes, "load", lambda _: lambda unsafe: made)
    return made


@pytest.fixture
def order(tmp_path: Path, rubric: Make) -> Callable[..., Order]:
    """`order(criteria, completions)`: samples to grade."""

    def make(criteria: list[dict[str, Any]], completions: list[Any], **more: Any) -> Order:
        rows = [
            {"sample_id": f"s{n}", "prompt": "Double it.", "completion": text}
            if isinstance(text, str)
            else {"sample_id": f"s{n}", "prompt": "Double it.", **text}
            for n, text in enumerate(completions)
        ]
        source = tmp_path / "samples.jsonl"
        source.write_bytes(b"\n".join(map(orjson.dumps, rows)))
        made = rubric(*criteria)
        text = orjson.dumps(made.as_written()).decode()
        judge = load_judge("scripted-hash")
        return Order(made, text, judge, str(source), tmp_path / "run", **more)

    return make


def scores(path: Path) -> dict[str, float | None]:
    return {grade.sample_id: grade.score for grade in open_run(path).grades()}


# Who starts it


def test_a_rubric_without_code_loads_no_sandbox(
    order: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: str) -> None:
        raise AssertionError("loaded")

    monkeypatch.setattr(sandboxes, "load", refused)
    given, heard = order([{"id": "a"}], ["Fine, I say."], unsafe_no_sandbox=True), Heard()
    grade_run(given, heard)
    assert open_run(given.out).manifest.sandbox is None
    assert not any("unsafe" in note for note in heard.notes)


def test_it_is_started_once_told_of_once_kept_and_closed(
    order: Make, used: ScriptedSandbox
) -> None:
    given, heard = order([doubles()], [CODE, WRONG]), Heard()
    grade_run(given, heard)
    assert scores(given.out) == {"s0": 1, "s1": 0}
    assert (used.started, used.closed) == (1, 1)
    assert heard.notes.count("sandbox: scripted") == 1
    kept = open_run(given.out).manifest.sandbox
    assert kept == Sandboxed(tier="scripted", notes=Noted.notes)


def test_a_run_remembers_every_tier_that_its_code_was_run_in(
    order: Make, used: ScriptedSandbox
) -> None:
    given = order([doubles()], [CODE])
    grade_run(given, Quiet())
    run = open_run(given.out)
    manifest = run.manifest
    unsafe = manifest.model_copy(update={"sandbox": Sandboxed(tier="none")})
    write_manifest(run.path, unsafe)
    grade_run(order([doubles()], [CODE, WRONG]), Quiet())
    kept = open_run(given.out).manifest.sandbox
    assert kept == Sandboxed(tier="scripted", notes=Noted.notes, earlier=("none",))


def test_a_samples_own_check_starts_it_too(order: Make, used: ScriptedSandbox) -> None:
    own = {"completion": CODE, "criteria": [doubles("own")]}
    given = order([{"id": "a"}], ["Fine, I say.", own])
    assert grade_run(given, Quiet()).ok == 2
    assert (used.started, len(used.jobs)) == (1, 1)


def test_the_warning_is_told_each_time_that_code_runs_unsafely(
    order: Make, used: ScriptedSandbox
) -> None:
    given = order([doubles()], [CODE], unsafe_no_sandbox=True)
    for one in (given, replace(given, out=given.out.with_name("other"))):
        heard = Heard()
        grade_run(one, heard)
        assert heard.notes[0] == sandboxes.UNSAFE


def test_without_a_way_to_shut_code_in_nothing_is_graded_and_no_judge_is_loaded(
    order: Make, used: ScriptedSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused() -> None:
        raise SandboxUnavailable("no tier\n  hint: install bubblewrap")

    def loaded(*_: object) -> None:
        raise AssertionError("loaded")

    monkeypatch.setattr(used, "start", refused)
    monkeypatch.setattr("rlaif.runs.backends.backend_of", loaded)
    given, heard = order([doubles(), {"id": "a"}], [CODE]), Heard()
    with pytest.raises(SandboxUnavailable, match="install bubblewrap"):
        grade_run(given, heard)
    assert (heard.begun, heard.grades) == ([], 0)
    assert open_run(given.out).counts().missing == 1
    assert used.closed == 1


# What is kept


def test_a_failed_sandbox_is_tried_again_when_asked_and_the_rest_is_not(
    order: Make, used: ScriptedSandbox
) -> None:
    given = order([doubles()], [CODE, LOST, WRONG])
    counts = grade_run(given, Quiet())
    assert (counts.ok, counts.failed) == (2, 1)
    assert scores(given.out) == {"s0": 1, "s1": None, "s2": 0}
    assert grade_run(given, Quiet()).failed == 1
    assert len(used.jobs) == 3
    used._calls = lambda *_: 2
    assert grade_run(replace(given, retry_failed=True), Quiet()).ok == 3
    assert (len(used.jobs), scores(given.out)["s1"]) == (4, 1)


def test_after_a_break_only_what_is_missing_is_run(
    order: Make, used: ScriptedSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"{CODE}\nThis is number {n}." for n in range(12)]
    given = order([doubles(), {"id": "a"}], texts)
    whole = replace(given, out=given.out.with_name("whole"))
    grade_run(whole, Quiet())
    with monkeypatch.context() as patched:
        break_after(patched, 5)
        with pytest.raises(MemoryError):
            grade_run(given, Quiet())
    kept = open_run(given.out).counts().ok
    used.jobs.clear()
    assert grade_run(given, Quiet()).ok == 12
    assert (0 < kept < 12, len(used.jobs)) == (True, 12 - kept)
    assert scores(given.out) == scores(whole.out)


def test_a_changed_weight_runs_no_code_and_the_costs_of_cases_come_along(
    order: Make, used: ScriptedSandbox
) -> None:
    first = order([doubles(), {"id": "a"}], [CODE])
    grade_run(first, Quiet())
    grade_run(order([doubles(weight=3), {"id": "a"}], [CODE]), Quiet())
    assert len(used.jobs) == 1
    (graded,) = open_run(first.out).grades()
    outcome = graded.outcomes[0].outcome
    assert isinstance(outcome, Verdict)
    assert (outcome.cases[0].seconds, outcome.cases[0].memory) == (0.002, 3 * 2**20)


def test_grades_from_before_there_was_code_are_still_under_the_same_hash(
    order: Make, rubric: Make
) -> None:
    judge = load_judge("scripted")
    asked = ask_fingerprint(judge.spec, "x")
    plain = rubric({"id": "a"}, {"id": "p", "check": "contains", "text": "4"})
    before = digest(plain.content_hash, judge.content_hash, asked, OLD_CHECKS, str(SCORING))
    assert graded_under(plain, judge, "x") == before
    assert graded_under(plain, judge, "x", {"regex"}) == before
    assert graded_under(plain, judge, "x", {"python_function"}) != before
    pairs = digest(
        "pairs", plain.content_hash, judge.content_hash, asked, OLD_CHECKS, str(SCORING), "1"
    )
    assert compared_under(plain, judge, "x") == pairs


def test_a_manifest_from_before_there_was_code_is_read() -> None:
    before = Manifest().model_dump(mode="json")
    del before["sandbox"]
    assert Manifest.model_validate(before).sandbox is None


# What is refused


def test_a_forgeable_check_is_refused_by_name_before_anything_is_made(
    order: Make, used: ScriptedSandbox
) -> None:
    given = order([{"id": "a"}, FORGED], [CODE])
    with pytest.raises(InputError, match=r"(?s)'repo' runs its tests.*--accept-forgeable repo"):
        grade_run(given, Quiet())
    with pytest.raises(InputError, match="'repo'"):
        grade_run(replace(given, accept_forgeable=("other",)), Quiet())
    assert not given.out.exists()


def test_a_samples_own_forgeable_check_is_refused_at_its_line(
    order: Make, used: ScriptedSandbox
) -> None:
    own = {"completion": CODE, "criteria": [FORGED]}
    given = order([{"id": "a"}], ["Fine, I say.", own])
    with pytest.raises(InputError, match=r"samples\.jsonl:2:1: the criterion 'repo' runs"):
        grade_run(given, Quiet())
    assert used.started == 0


def test_a_forgeable_check_that_is_accepted_is_run(order: Make, used: ScriptedSandbox) -> None:
    used._run = lambda _: b"1 passed"
    given = order([FORGED], [CODE], accept_forgeable=("repo",))
    grade_run(given, Quiet())
    assert scores(given.out) == {"s0": 1}


def test_pairs_refuse_and_accept_it_alike(
    order: Make, used: ScriptedSandbox, tmp_path: Path
) -> None:
    used._run = lambda job: b"1 passed"
    made = order([FORGED], [])
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_bytes(
        orjson.dumps({"prompt": "Double it.", "completion_a": CODE, "completion_b": WRONG})
    )
    given = PairOrder(made.rubric, made.rubric_text, None, str(pairs), tmp_path / "pairs")

    class Deaf(Quiet):
        def compared(self, _: object) -> None:
            """Nothing."""

    with pytest.raises(InputError, match="'repo'"):
        compare_run(given, Deaf())
    accepted = replace(given, accept_forgeable=("repo",))
    assert compare_run(accepted, Deaf()).ok == 1
    kept = read_manifest(given.out, "pairs.json")
    assert kept is not None
    assert kept.sandbox is not None


# From Python


async def graded(*given: Any, **more: Any) -> dict[str, Grade]:
    return {one.sample_id: one async for one in grade(*given, **more)}


async def test_a_sandbox_given_is_started_when_needed_and_left_open(
    rubric: Make, sample: Make, judge: Make
) -> None:
    given = sandbox()
    await graded([sample()], rubric({"id": "a"}), judge(), sandbox=given)
    assert given.started == 0
    found = await graded([sample(completion=CODE)], rubric(doubles()), judge(), sandbox=given)
    own = sample("own", completion=WRONG, criteria=[doubles("own")])
    found |= await graded([sample("plain"), own], rubric({"id": "a"}), judge(), sandbox=given)
    assert {name: one.score for name, one in found.items()} == {"s1": 1, "plain": 1, "own": 0.5}
    assert (given.started, given.closed) == (2, 0)


def test_from_python_a_forgeable_check_is_refused_unless_it_is_named(
    rubric: Make, sample: Make, judge: Make
) -> None:
    given = ScriptedSandbox(run=lambda _: b"1 passed")
    own = [sample(completion=CODE, criteria=[FORGED])]
    with pytest.raises(InputError, match="'repo'"):
        list(grade_sync([sample()], rubric(FORGED), judge(), sandbox=given))
    with pytest.raises(InputError, match=r"sample 's1': the criterion 'repo'"):
        list(grade_sync(own, rubric({"id": "a"}), judge(), sandbox=given))
    assert given.jobs == []
    (found,) = grade_sync(own, rubric(), judge(), sandbox=given, accept_forgeable=["repo"])
    assert found.score == 1


def test_a_dry_run_counts_code_and_runs_none(order: Make, used: ScriptedSandbox) -> None:
    counted = estimate(order([doubles(), {"id": "a"}], [CODE, WRONG]))
    assert (counted.code, counted.checks, counted.questions) == (2, 0, 2)
    assert "2 checks in the sandbox, at most" in estimate_text(counted)
    assert (used.started, used.jobs) == (0, [])
