"""The check `python_function`: a function in the completion's Python does what it should."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from rlaif.checks.code_taken import taken
from rlaif.checks.code_verdict import verdict_of, without_code
from rlaif.checks.function_cases import Asked, decided, stated
from rlaif.checks.hidden import hidden_cases
from rlaif.ports import Sandbox
from rlaif.records.code import PythonFunction
from rlaif.records.jobs import Call, Called, CallsJob
from rlaif.records.outcome import Failure, Verdict
from rlaif.records.subject import Subject

MOST_ENDS = 10
"""With `partial`: after so many cases that end the process or its time, the rest is not run."""


async def python_function(
    check: PythonFunction, subject: Subject, sandbox: Sandbox
) -> Verdict | Failure:
    """Yes where every case comes to what is expected; with `partial` the share of those that do.

    Only calls go into the sandbox. Raises: SandboxFailed.
    """
    found = taken(subject.final, check.code_from, check.code_language)
    if found.code is None:
        return without_code(found.how)
    asked: tuple[Asked, ...] = stated(check)
    if check.hidden is not None:
        hidden = await hidden_cases(check, check.hidden, found.code, sandbox)
        if isinstance(hidden, Failure):
            return hidden
        asked += hidden
    calls = [one.call for one in asked]
    called = await _called(check, found.code, calls, sandbox)
    cases = [decided(*pair) for pair in zip(asked, called, strict=True)]
    return verdict_of(cases, found.how, partial=check.partial)


async def _called(
    check: PythonFunction, code: str, calls: Sequence[Call], sandbox: Sandbox
) -> list[Called]:
    """What became of each call. For a share the calls after one that ends the process count too."""
    done: list[Called] = []
    came: Sequence[Called] = ()
    for _ in range(MOST_ENDS if check.partial else 1):
        came = await sandbox.calls(CallsJob(code, tuple(calls[len(done) :]), check.packages))
        if not check.partial:
            break
        done += takewhile(lambda one: one.how != "not_run", came)
        if len(done) == len(calls):
            break
    return [*done, *came[len(came) - len(calls) + len(done) :]]
