import asyncio
from typing import Any

import pytest

from rlaif.checks.sandbox.scripted import ScriptedSandbox
from rlaif.errors import SandboxFailed
from rlaif.records.jobs import Limits, ProgramJob, Ran
from tests.checks.conftest import failed, graded

CODE = "```python\nprint(input())\n```"


def echoing(job: ProgramJob) -> bytes:
    return job.stdin


async def one(ran: Any, **keys: Any) -> tuple[bool, str]:
    """Whether a case with these keys passes where the program does `ran`, and its message."""
    options = {key: keys.pop(key) for key in ("compare", "tolerance", "run") if key in keys}
    verdict = await graded(
        ScriptedSandbox(run=lambda _: ran),
        "program",
        CODE,
        language="python",
        cases=[keys],
        **options,
    )
    (only,) = verdict.cases
    assert verdict.distribution == ((0.0, 1.0) if only.passed else (1.0, 0.0))
    assert only.message.isprintable()
    return only.passed, only.message


async def test_each_case_is_a_run_with_its_own_input() -> None:
    sandbox = ScriptedSandbox(run=echoing)
    cases = [
        {"stdin": "1\n", "stdout": "1"},
        {
            "name": "two",
            "stdin": "2\n",
            "arguments": ["-x", "a b"],
            "files": {"d/e.txt": "f"},
            "stdout": "2",
            "time_limit_s": 1,
            "memory_limit_mb": 100,
        },
    ]
    verdict = await graded(sandbox, "program", CODE, language="python", cases=cases)
    assert verdict.distribution == (0.0, 1.0)
    assert verdict.rationale == "code: the only fenced block, 1 line"
    assert [c.name for c in verdict.cases] == ["case 1", "two"]
    assert verdict.cases[0].message == "given stdin '1\\n': wrote '1\\n'"
    assert verdict.cases[1].message == (
        "given ['-x', 'a b'] and stdin '2\\n' and 1 file: wrote '2\\n'"
    )
    code = {"main.py": b"print(input())"}
    assert sandbox.jobs == [
        ProgramJob(("python3", "main.py"), code, stdin=b"1\n", limits=Limits(10.0)),
        ProgramJob(
            ("python3", "main.py", "-x", "a b"),
            {**code, "d/e.txt": b"f"},
            stdin=b"2\n",
            limits=Limits(1.0, 100 * 2**20),
        ),
    ]


async def test_what_is_expected_is_not_sent() -> None:
    sandbox = ScriptedSandbox(run=lambda _: b"")
    case = {
        "stdout": "SECRET",
        "stdout_contains": "SECRET",
        "exit_code": 77,
        "files_after": {"a": "SECRET"},
    }
    await graded(sandbox, "program", CODE, language="c", cases=[case])
    assert "SECRET" not in repr(sandbox.jobs)
    assert "77" not in repr(sandbox.jobs)
    assert len(sandbox.jobs) == 2


async def test_code_is_compiled_once_and_every_case_gets_what_came_of_it() -> None:
    def rule(job: ProgramJob) -> Ran:
        if job.command[0] == "gcc":
            return Ran("exited", files={"program": b"ELF"}, executable=("program",))
        return Ran("exited", stdout=b"1")

    sandbox = ScriptedSandbox(run=rule)
    cases = [{"stdout": "1"}] * 6
    verdict = await graded(
        sandbox,
        "program",
        "int main() {}",
        language="c",
        cases=cases,
        compile_time_limit_s=5,
        scratch_limit_mb=8,
        processes=4,
    )
    assert verdict.distribution == (0.0, 1.0)
    compiling, *runs = sandbox.jobs
    limits = {"memory": 512 * 2**20, "scratch": 8 * 2**20, "processes": 4}
    assert compiling == ProgramJob(
        ("gcc", "-O2", "-o", "program", "main.c", "-lm"),
        {"main.c": b"int main() {}"},
        wanted=("*",),
        limits=Limits(time_s=5.0, **limits),
    )
    files = {"main.c": b"int main() {}", "program": b"ELF"}
    run = ProgramJob(("./program",), files, ("program",), limits=Limits(time_s=10.0, **limits))
    assert runs == [run] * 6


@pytest.mark.parametrize(
    ("ran", "message"),
    [
        (
            Ran("exited", 1, stderr=b"main.c:1:1: error: \xff\n  no\x1b[0m main\n"),
            "ended with status 1: main.c:1:1: error: \ufffd no\\x1b[0m main",
        ),
        (Ran("timeout"), "no end within 30 s"),
        (Ran("killed", 9, message="out of memory"), "killed by signal 9: out of memory"),
    ],
)
async def test_code_that_does_not_compile_is_a_no_in_the_compilers_words(
    ran: Ran, message: str
) -> None:
    sandbox = ScriptedSandbox(run=lambda _: ran)
    verdict = await graded(
        sandbox, "program", language="c", cases=[{"stdout": "1"}] * 3, partial=True
    )
    assert verdict.distribution == (1.0, 0.0)
    assert [(c.name, c.passed, c.message) for c in verdict.cases] == [("compile", False, message)]
    assert len(sandbox.jobs) == 1


async def test_a_missing_compiler_or_interpreter_is_ours() -> None:
    missing = ScriptedSandbox(run=lambda _: Ran("not_found"))
    why = "the sandbox has no command '{}': install it, or name another"
    cases = [{"stdout": "1"}]
    assert await failed(missing, "program", language="c", cases=cases) == why.format("gcc")
    assert await failed(missing, "program", language="lua", cases=cases) == why.format("lua")


async def test_a_missing_program_is_the_codes_doing() -> None:
    assert await one(Ran("not_found"), run="./program", stdout="1") == (
        False,
        "'./program' is not there, or cannot be run",
    )


@pytest.mark.parametrize(
    ("ran", "message"),
    [
        (Ran("timeout", stdout=b"3"), "no end within 10 s: 3"),
        (Ran("killed", 11, b"3"), "killed by signal 11: 3"),
        (
            Ran("exited", 1, b"3", b"Traceback\n  ZeroDivisionError"),
            "ended with status 1: Traceback ZeroDivisionError, expected status 0",
        ),
        (Ran("exited", 0, b"4"), "wrote '4', expected '3'"),
        (Ran("exited", 0, b"3\xff"), "wrote '3\ufffd' (not UTF-8), expected '3'"),
    ],
)
async def test_what_a_program_does_wrong_is_said(ran: Ran, message: str) -> None:
    assert await one(ran, stdout="3") == (False, message)


async def test_the_exit_status_can_be_another_or_any() -> None:
    assert (await one(Ran("exited", 3), exit_code=3))[0]
    assert not (await one(Ran("exited", 0), exit_code=3))[0]
    for ran in (Ran("exited", 3, b"a"), Ran("killed", 6, b"a")):
        assert (await one(ran, exit_code="any", stdout="a"))[0]
    assert not (await one(Ran("timeout", stdout=b"a"), exit_code="any", stdout="a"))[0]
    assert not (await one(Ran("killed", 3), exit_code=3))[0]


async def test_a_part_of_the_output_can_be_expected() -> None:
    assert (await one(b"say cheese\n", stdout_contains="cheese"))[0]
    assert await one(b"say", stdout_contains="cheese") == (
        False,
        "wrote 'say', expected 'cheese' in it",
    )


async def test_files_that_are_left_can_be_expected() -> None:
    left = Ran("exited", files={"a/b": b"1 \n"})
    assert (await one(left, files_after={"a/b": "1"}))[0]
    assert await one(left, files_after={"a/b": "2"}) == (
        False,
        "left in 'a/b' '1 \\n', expected '2'",
    )
    assert await one(left, files_after={"c": "2"}) == (False, "left no file 'c'")
    sandbox = ScriptedSandbox(run=lambda _: left)
    await graded(sandbox, "program", language="bash", cases=[{"files_after": {"a/b": "1"}}])
    assert isinstance(job := sandbox.jobs[0], ProgramJob)
    assert job.wanted == ("a/b",)


async def test_numbers_among_tokens_have_a_tolerance() -> None:
    assert (await one(b"x 1.001", stdout="x  1", compare="tokens", tolerance=0.01))[0]
    assert not (await one(b"x 1.1", stdout="x  1", compare="tokens", tolerance=0.01))[0]


async def test_four_cases_run_at_a_time_and_none_after_a_failed_one() -> None:
    async def verdict_of(wrong: int, **keys: Any) -> tuple[Any, ScriptedSandbox]:
        sandbox = ScriptedSandbox(
            run=lambda job: b"?" if job.stdin == str(wrong).encode() else job.stdin,
            latency_s=0.001,
        )
        cases = [{"stdin": str(i), "stdout": str(i)} for i in range(10)]
        return await graded(sandbox, "program", language="bash", cases=cases, **keys), sandbox

    verdict, sandbox = await verdict_of(wrong=5)
    assert sandbox.most_at_once == 4
    assert len(sandbox.jobs) == 8
    assert [c.passed for c in verdict.cases] == [*[True] * 5, False, True, True, False, False]
    assert verdict.cases[8].name == "case 9"
    assert verdict.cases[8].message == "was not run, because of how earlier cases ended"
    verdict, sandbox = await verdict_of(wrong=5, partial=True)
    assert len(sandbox.jobs) == 10
    assert verdict.distribution == pytest.approx((0.1, 0.9))


async def test_a_program_that_always_hangs_does_not_hold_up_a_share_for_ever() -> None:
    sandbox = ScriptedSandbox(run=lambda _: Ran("timeout"))
    cases = [{"stdout": "1"}] * 40
    verdict = await graded(sandbox, "program", language="bash", cases=cases, partial=True)
    assert len(sandbox.jobs) == 12
    assert len(verdict.cases) == 40


async def test_a_fault_of_the_sandbox_waits_for_the_other_cases_and_is_no_score() -> None:
    def rule(job: ProgramJob) -> Any:
        return SandboxFailed("gone") if job.stdin == b"1" else b""

    sandbox = ScriptedSandbox(run=rule, latency_s=0.001)
    cases = [{"stdin": str(i), "stdout": ""} for i in range(4)]
    assert await failed(sandbox, "program", language="bash", cases=cases) == "gone"
    assert len(asyncio.all_tasks()) == 1


async def test_no_code_is_a_no_and_nothing_is_run() -> None:
    sandbox = ScriptedSandbox()
    verdict = await graded(
        sandbox, "program", "int", language="c", code_language="c", cases=[{"stdout": "1"}]
    )
    assert verdict.distribution == (1.0, 0.0)
    assert verdict.rationale == "no code: no fenced block marked c"
