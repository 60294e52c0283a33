from typing import Any

from rlaif.checks.sandbox.scripted import ScriptedSandbox
from rlaif.errors import SandboxFailed
from rlaif.records import jobs
from tests.checks.conftest import failed, graded

TESTS = """
from candidate import solve

def test_small(): assert solve(1) == 1

def helper(): ...

def test_large(): assert solve(9) == 81
"""
CODE = "```\ndef solve(n): return n * n\n```"


async def test_every_test_function_is_a_case() -> None:
    sandbox = ScriptedSandbox(
        tests=lambda _: (
            jobs.Tested("test_small", True, "", 0.5, 77),
            jobs.Tested("test_large", False, "AssertionError:\n\u202e9 != 81"),
        )
    )
    verdict = await graded(sandbox, "python_tests", CODE, tests=TESTS)
    assert verdict.distribution == (1.0, 0.0)
    assert verdict.rationale == "code: the only fenced block, 1 line"
    assert [(c.name, c.passed, c.message, c.seconds, c.memory) for c in verdict.cases] == [
        ("test_small", True, "", 0.5, 77),
        ("test_large", False, "AssertionError: \\u202e9 != 81", None, None),
    ]


async def test_the_share_of_the_tests_that_pass() -> None:
    sandbox = ScriptedSandbox(tests={"test_small": True, "test_large": False})
    verdict = await graded(sandbox, "python_tests", CODE, tests=TESTS, partial=True)
    assert verdict.distribution == (0.5, 0.5)


async def test_all_tests_pass() -> None:
    sandbox = ScriptedSandbox(tests={"test_large": True, "test_small": True})
    options: dict[str, Any] = {"packages": ["numpy"], "test_packages": ["hypothesis"]}
    verdict = await graded(
        sandbox, "python_tests", CODE, tests=TESTS, time_limit_s=3, memory_limit_mb=99, **options
    )
    assert verdict.distribution == (0.0, 1.0)
    assert [c.name for c in verdict.cases] == ["test_small", "test_large"]
    (job,) = sandbox.jobs
    assert isinstance(job, jobs.TestsJob)
    assert job.code == "def solve(n): return n * n"
    assert "def test_large" in job.tests
    assert (job.packages, job.test_packages) == (("numpy",), ("hypothesis",))
    assert job.limits == jobs.Limits(3.0, 99 * 2**20)


async def test_a_test_that_nothing_is_known_of_has_not_passed() -> None:
    sandbox = ScriptedSandbox(tests={"test_small": True, "test_other": True})
    verdict = await graded(sandbox, "python_tests", CODE, tests=TESTS)
    assert verdict.distribution == (1.0, 0.0)
    assert [(c.name, c.passed, c.message) for c in verdict.cases] == [
        ("test_small", True, ""),
        ("test_large", False, "was not run"),
    ]


async def test_of_two_records_of_one_test_the_first_counts() -> None:
    twice = (
        jobs.Tested("test_small", False),
        jobs.Tested("test_small", True),
        jobs.Tested("test_large", True),
    )
    verdict = await graded(
        ScriptedSandbox(tests=lambda _: twice), "python_tests", CODE, tests=TESTS
    )
    assert verdict.distribution == (1.0, 0.0)


async def test_tests_that_do_not_load_are_ours() -> None:
    broken = SandboxFailed("the tests do not load: NameError: solv")
    message = await failed(ScriptedSandbox(tests=lambda _: broken), "python_tests", tests=TESTS)
    assert message == "the tests do not load: NameError: solv"


async def test_no_code_is_a_no_and_nothing_is_run() -> None:
    verdict = await graded(ScriptedSandbox(), "python_tests", "```\n```", tests=TESTS)
    assert verdict.distribution == (1.0, 0.0)
    assert verdict.rationale == "no code: the only fenced block is empty"
