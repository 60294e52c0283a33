"""The check `pytest_repo`: the completion's file passes a repository's own tests, if none cheats.

Tests and code share a process, so that the code can decide what the tests say. No way of looking at
the result changes that.
"""

from __future__ import annotations

from dataclasses import replace

from rlaif.checks.code_taken import taken
from rlaif.checks.code_verdict import verdict_of, without_code
from rlaif.checks.program_cases import came, missing_command
from rlaif.checks.telling import text_shown
from rlaif.ports import Sandbox
from rlaif.records.code import PytestRepo
from rlaif.records.jobs import ProgramJob, Ran
from rlaif.records.outcome import Case, Failure, Verdict
from rlaif.records.subject import Subject

_CAN_BE_FORGED = "tests and code share a process, so that this pass can be forged"
_SAID = 300


async def pytest_repo(check: PytestRepo, subject: Subject, sandbox: Sandbox) -> Verdict | Failure:
    """Yes where the command ends with status 0; one case, which says that a pass can be forged.

    A failure where pytest itself cannot be run. Raises: SandboxFailed.
    """
    found = taken(subject.final, check.code_from, check.code_language)
    if found.code is None:
        return without_code(found.how)
    files = {path: text.encode() for path, text in check.files.items()}
    files[check.file] = found.code.encode("utf-8", "replace")
    job = ProgramJob(
        check.run_command, files, limits=check.limits(), packages=("pytest", *check.packages)
    )
    ran = await sandbox.run(job)
    passed = ran.how == "exited" and ran.code == 0
    if not passed and (ours := missing_command(job, ran) or await _no_pytest(job, sandbox)):
        return ours
    if passed:
        told = f"{_tail(ran, 1) or 'all is well'} ({_CAN_BE_FORGED})"
    else:
        told = came(job, _of_its_end(ran))
    case = Case("pytest", passed, told, ran.seconds, ran.memory)
    return verdict_of([case], found.how, partial=check.partial)


async def _no_pytest(job: ProgramJob, sandbox: Sandbox) -> Failure | None:
    """Ours, where pytest is not to be had: asked without the code, which could say anything."""
    if job.command[1:3] != ("-m", "pytest"):
        return None
    probe = ProgramJob((*job.command[:3], "--version"), limits=job.limits, packages=job.packages)
    ran = await sandbox.run(probe)
    if ran.how == "exited" and ran.code == 0:
        return None
    return Failure("sandbox", f"pytest cannot be run in the sandbox: {came(probe, ran)}")


def _of_its_end(ran: Ran) -> Ran:
    """The run with the end of what it said alone: there pytest names what failed."""
    end = _tail(ran, 5).encode("utf-8", "replace")
    return replace(ran, stdout=end, stderr=b"" if end else ran.stderr)


def _tail(ran: Ran, lines: int) -> str:
    said = ran.stdout[-4 * _SAID :].decode("utf-8", "replace").strip().splitlines()
    return text_shown(" ".join(said[-lines:])[-_SAID:], _SAID)
