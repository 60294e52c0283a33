from typing import Any

from rlaif.checks.sandbox.scripted import ScriptedSandbox
from rlaif.records.jobs import Limits, ProgramJob, Ran
from tests.checks.conftest import failed, graded

FILES = {"test_a.py": "import a\n\ndef test_a(): assert a.x\n", "a.py": "x = 0\n"}
OPTIONS: dict[str, Any] = {"files": FILES, "file": "a.py"}
PASSED = Ran("exited", 0, b"..\n2 passed in 0.01s\n", seconds=1.5, memory=99)


def played(ran: Ran, probe: Ran | None = None) -> ScriptedSandbox:
    return ScriptedSandbox(
        run=lambda job: (probe or Ran("exited")) if "--version" in job.command else ran
    )


async def test_a_pass_says_that_it_can_be_forged() -> None:
    sandbox = played(PASSED)
    verdict = await graded(sandbox, "pytest_repo", "```\nx = 1\n```", packages=["numpy"], **OPTIONS)
    assert verdict.distribution == (0.0, 1.0)
    (case,) = verdict.cases
    assert case.message == (
        "2 passed in 0.01s (tests and code share a process, so that this pass can be forged)"
    )
    assert (case.name, case.seconds, case.memory) == ("pytest", 1.5, 99)
    assert sandbox.jobs == [
        ProgramJob(
            ("python", "-m", "pytest", "-q"),
            {"test_a.py": FILES["test_a.py"].encode(), "a.py": b"x = 1"},
            limits=Limits(60.0, 2**30, 64 * 2**20, 32),
            packages=("pytest", "numpy"),
        )
    ]


async def test_tests_that_fail_are_a_no_with_what_they_say() -> None:
    ran = Ran("exited", 1, b"FAILED test_a.py::test_a\n1 failed\n")
    verdict = await graded(played(ran), "pytest_repo", "x = 0", **OPTIONS)
    assert verdict.distribution == (1.0, 0.0)
    assert verdict.cases[0].message == "ended with status 1: FAILED test_a.py::test_a 1 failed"


async def test_the_end_of_what_pytest_says_is_told() -> None:
    ran = Ran("exited", 1, b"noise\n" * 900 + b"FAILED test_a.py::test_a\n", b"a warning")
    verdict = await graded(played(ran), "pytest_repo", "x = 0", **OPTIONS)
    assert verdict.cases[0].message == (
        "ended with status 1: noise noise noise noise FAILED test_a.py::test_a"
    )
    silent = await graded(played(Ran("exited", 1, b"", b"only this")), "pytest_repo", **OPTIONS)
    assert silent.cases[0].message == "ended with status 1: only this"


async def test_tests_that_hang_are_a_no() -> None:
    verdict = await graded(played(Ran("timeout")), "pytest_repo", "x = 0", **OPTIONS)
    assert verdict.cases[0].message == "no end within 60 s"


async def test_a_missing_pytest_is_ours_though_code_cannot_feign_it() -> None:
    said = Ran("exited", 1, stderr=b"python: No module named pytest\n")
    message = await failed(played(said, probe=said), "pytest_repo", **OPTIONS)
    assert message == (
        "pytest cannot be run in the sandbox: ended with status 1: python: No module named pytest"
    )
    sandbox = played(said)
    verdict = await graded(sandbox, "pytest_repo", "x = 0", **OPTIONS)
    assert verdict.distribution == (1.0, 0.0)
    assert isinstance(probe := sandbox.jobs[1], ProgramJob)
    assert probe.command == ("python", "-m", "pytest", "--version")
    assert probe.files == {}


async def test_a_command_of_another_kind_is_taken_at_its_word() -> None:
    sandbox = played(Ran("exited", 2, b"no"))
    verdict = await graded(sandbox, "pytest_repo", command="make test", **OPTIONS)
    assert verdict.distribution == (1.0, 0.0)
    assert len(sandbox.jobs) == 1
    missing = await failed(played(Ran("not_found")), "pytest_repo", command="tox", **OPTIONS)
    assert missing == "the sandbox has no command 'tox': install it, or name another"


async def test_no_code_is_a_no_and_nothing_is_run() -> None:
    verdict = await graded(ScriptedSandbox(), "pytest_repo", " ", **OPTIONS)
    assert verdict.rationale == "no code: the whole text is empty"
