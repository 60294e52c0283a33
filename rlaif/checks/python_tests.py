"""The check `python_tests`: the completion's Python passes an expert's test functions."""

from __future__ import annotations

from rlaif.checks.code_taken import taken
from rlaif.checks.code_verdict import verdict_of, without_code
from rlaif.checks.telling import text_shown
from rlaif.ports import Sandbox
from rlaif.records.code import PythonTests
from rlaif.records.jobs import Tested, TestsJob
from rlaif.records.outcome import Case, Failure, Verdict
from rlaif.records.subject import Subject

_SAID = 600


async def python_tests(check: PythonTests, subject: Subject, sandbox: Sandbox) -> Verdict | Failure:
    """Yes where every test function passes; with `partial` the share of those that do.

    A test that the sandbox tells nothing of has not passed. Raises: SandboxFailed.
    """
    found = taken(subject.final, check.code_from, check.code_language)
    if found.code is None:
        return without_code(found.how)
    job = TestsJob(
        found.code, check.tests or "", check.packages, check.test_packages, check.limits()
    )
    told = {one.name: one for one in reversed(await sandbox.tests(job))}
    cases = [_case(name, told.get(name)) for name in check.names]
    return verdict_of(cases, found.how, partial=check.partial)


def _case(name: str, tested: Tested | None) -> Case:
    if tested is None:
        return Case(name, False, "was not run")
    said = text_shown(tested.message, _SAID)
    return Case(name, tested.passed, said, tested.seconds, tested.memory)
