"""One run of the policy's program: what it was given, what is expected, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rlaif.checks.outputs import difference, same_output
from rlaif.checks.telling import bytes_shown, text_shown, value_text
from rlaif.records.code import Program
from rlaif.records.code_cases import ProgramCase
from rlaif.records.jobs import ProgramJob, Ran
from rlaif.records.outcome import Case, Failure

_SAID = 300


def case_job(
    check: Program, case: ProgramCase, files: Mapping[str, bytes], executable: tuple[str, ...]
) -> ProgramJob:
    """The run of one case. What is expected is no part of it."""
    own = {path: text.encode() for path, text in case.files.items()}
    return ProgramJob(
        (*check.run_command, *case.arguments),
        {**files, **own},
        executable,
        case.stdin.encode(),
        tuple(case.files_after),
        check.limits(case),
        check.packages,
    )


def missing_command(job: ProgramJob, ran: Ran) -> Failure | None:
    """Ours, where the machine lacks the compiler or interpreter; `./program` is the code's own."""
    command = job.command[0]
    if ran.how != "not_found" or "/" in command:
        return None
    message = f"the sandbox has no command '{command}': install it, or name another"
    return Failure("sandbox", message)


def decided(check: Program, place: int, job: ProgramJob, ran: Ran) -> Case:
    """Whether the run of the case at `place` came to what is expected, and what it was given."""
    case = check.cases[place]
    fault = next(_faults(check, case, job, ran), None)
    name = case.name or f"case {place + 1}"
    told = fault or f"wrote {bytes_shown(ran.stdout)}"
    return Case(name, fault is None, f"{_given(case)}{told}", ran.seconds, ran.memory)


def came(job: ProgramJob, ran: Ran) -> str:
    """How a run ended, with the first of what it said about that."""
    said = text_shown((ran.stderr.strip() or ran.stdout.strip()).decode("utf-8", "replace"), _SAID)
    told = f": {said}" if said else ""
    if ran.how == "timeout":
        return f"no end within {job.limits.time_s:g} s{told}"
    if ran.how == "killed":
        return f"killed by signal {ran.code}{told or _told(ran)}"
    if ran.how == "not_found":
        return f"'{text_shown(job.command[0], 80)}' is not there, or cannot be run{_told(ran)}"
    return f"ended with status {ran.code}{told}"


def _told(ran: Ran) -> str:
    return f": {text_shown(ran.message)}" if ran.message.strip() else ""


def _faults(check: Program, case: ProgramCase, job: ProgramJob, ran: Ran) -> Iterator[str]:
    """What is not as expected, the most telling first."""
    ended = ran.how == "exited" or (ran.how == "killed" and case.exit_code is None)
    if not ended:
        yield came(job, ran)
    elif case.exit_code not in (None, ran.code):
        yield f"{came(job, ran)}, expected status {case.exit_code}"
    compare, tolerance = check.compare, check.tolerance
    if case.stdout is not None and not same_output(case.stdout, ran.stdout, compare, tolerance):
        yield f"wrote {difference(case.stdout, ran.stdout, compare, tolerance)}"
    part = case.stdout_contains
    if part is not None and part.encode() not in ran.stdout:
        yield f"wrote {bytes_shown(ran.stdout)}, expected {value_text(part)} in it"
    for path, text in case.files_after.items():
        left = ran.files.get(path)
        if left is None:
            yield f"left no file '{text_shown(path, 80)}'"
        elif not same_output(text, left, compare, tolerance):
            different = difference(text, left, compare, tolerance)
            yield f"left in '{text_shown(path, 80)}' {different}"


def _given(case: ProgramCase) -> str:
    """What was put in, before what came of it."""
    given = [value_text(list(case.arguments))] if case.arguments else []
    given += [f"stdin {value_text(case.stdin)}"] if case.stdin else []
    given += [f"{len(case.files)} file{'s' * (len(case.files) > 1)}"] if case.files else []
    return f"given {' and '.join(given)}: " if given else ""
