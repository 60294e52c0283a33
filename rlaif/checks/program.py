"""The check `program`: the completion's program, in any language, does what it should."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rlaif.checks.code_taken import taken
from rlaif.checks.code_verdict import verdict_of, without_code
from rlaif.checks.program_cases import came, case_job, decided, missing_command
from rlaif.ports import Sandbox
from rlaif.records.code import Program
from rlaif.records.jobs import ProgramJob, Ran
from rlaif.records.outcome import Case, Failure, Verdict
from rlaif.records.subject import Subject

AT_ONCE = 4
"""Cases of one program that run at the same time."""

MOST_TIMEOUTS = 10
"""With `partial`: after so many cases that run out of time, the rest is not run."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Built:
    """What each case finds in its folder."""

    files: Mapping[str, bytes]
    executable: tuple[str, ...] = ()
    fault: Case | Failure | None = field(default=None)
    """Why there is nothing to run: a Case is the code's doing, a Failure is ours."""


async def program(check: Program, subject: Subject, sandbox: Sandbox) -> Verdict | Failure:
    """Yes where every case comes to what is expected; with `partial` the share of those that do.

    Raises: SandboxFailed.
    """
    found = taken(subject.final, check.code_from, check.code_language)
    if found.code is None:
        return without_code(found.how)
    built = await _built(check, found.code, sandbox)
    if isinstance(built.fault, Failure):
        return built.fault
    if built.fault is not None:
        return verdict_of([built.fault], found.how, partial=False)
    done = await _cases(check, built, sandbox)
    if isinstance(done, Failure):
        return done
    return verdict_of(done, found.how, partial=check.partial)


async def _built(check: Program, code: str, sandbox: Sandbox) -> Built:
    """The code in its file, and what compiling it, once, makes of it."""
    files = {check.file_name: code.encode("utf-8", "replace")}
    command = check.compile_command
    if not command:
        return Built(files)
    job = ProgramJob(
        command, files, wanted=("*",), limits=check.compile_limits, packages=check.packages
    )
    ran = await sandbox.run(job)
    if ran.how == "exited" and ran.code == 0:
        return Built({**files, **ran.files}, ran.executable)
    fault = missing_command(job, ran)
    return Built({}, fault=fault or Case("compile", False, came(job, ran), ran.seconds, ran.memory))


async def _cases(check: Program, built: Built, sandbox: Sandbox) -> list[Case] | Failure:
    """The cases in order, a few at a time; the same ones are left out however fast each one is."""
    jobs = [case_job(check, case, built.files, built.executable) for case in check.cases]
    done: list[Case] = []
    timeouts = 0
    for begin in range(0, len(jobs), AT_ONCE):
        some = jobs[begin : begin + AT_ONCE]
        all_ran = await _together([sandbox.run(job) for job in some])
        if ours := next(filter(None, map(missing_command, some, all_ran)), None):
            return ours
        done += [
            decided(check, begin + place, job, ran)
            for place, (job, ran) in enumerate(zip(some, all_ran, strict=True))
        ]
        timeouts += sum(ran.how == "timeout" for ran in all_ran)
        failed = not all(case.passed for case in done)
        if timeouts >= MOST_TIMEOUTS if check.partial else failed:
            break
    return done + [_not_run(check, place) for place in range(len(done), len(jobs))]


def _not_run(check: Program, place: int) -> Case:
    name = check.cases[place].name or f"case {place + 1}"
    return Case(name, False, "was not run, because of how earlier cases ended")


async def _together(steps: Sequence[Coroutine[Any, Any, Ran]]) -> list[Ran]:
    """All results. Raises what the first step that broke raised, once all have ended."""
    results = await asyncio.gather(*steps, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if isinstance(result, Ran)]
