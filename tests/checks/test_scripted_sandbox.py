import asyncio

import pytest

from rlaif.checks.sandbox.scripted import ScriptedSandbox
from rlaif.errors import SandboxFailed
from rlaif.ports import Sandbox
from rlaif.records import jobs


def call(*arguments: object) -> jobs.Call:
    return jobs.Call((jobs.Step("f", arguments),))


async def test_it_is_a_sandbox_that_answers_from_tables() -> None:
    sandbox = ScriptedSandbox({"f(1)": 2}, {"ls -l": b"a"}, {"test_a": False})
    port: Sandbox = sandbox
    await port.start()
    (called,) = await port.calls(jobs.CallsJob("code", (call(1),)))
    assert (called.how, called.value, called.arguments) == ("returned", 2, (1,))
    assert (await port.run(jobs.ProgramJob(("ls", "-l")))).stdout == b"a"
    assert await port.tests(jobs.TestsJob("code", "tests")) == (jobs.Tested("test_a", False),)
    await port.aclose()
    assert (sandbox.started, sandbox.closed, len(sandbox.jobs)) == (1, 1, 3)
    assert (port.tier, port.notes) == ("scripted", ())


async def test_what_stands_in_no_table_is_an_error_of_the_test() -> None:
    with pytest.raises(KeyError, match=r"f\(2\)"):
        await ScriptedSandbox({"f(1)": 2}).calls(jobs.CallsJob("code", (call(2),)))
    with pytest.raises(TypeError, match="no rule for 'run'"):
        await ScriptedSandbox({}).run(jobs.ProgramJob(("ls",)))


async def test_after_a_call_that_ends_the_process_the_rest_is_not_run() -> None:
    sandbox = ScriptedSandbox(lambda _, one: jobs.Called("died") if one == call(1) else 7)
    calls = (call(0), call(1), call(2))
    came = await sandbox.calls(jobs.CallsJob("code", calls))
    assert [one.how for one in came] == ["returned", "died", "not_run"]
    came = await sandbox.calls(jobs.CallsJob("code", calls, stop=False))
    assert [one.how for one in came] == ["returned", "died", "returned"]


async def test_it_fails_where_it_is_told_to() -> None:
    gone = SandboxFailed("gone")
    sandbox = ScriptedSandbox({"f(1)": gone}, {"ls": gone}, lambda _: gone)
    for job in (
        sandbox.calls(jobs.CallsJob("code", (call(1),))),
        sandbox.run(jobs.ProgramJob(("ls",))),
        sandbox.tests(jobs.TestsJob("code", "tests")),
    ):
        with pytest.raises(SandboxFailed, match="gone"):
            await job


async def test_it_counts_what_runs_at_the_same_time() -> None:
    sandbox = ScriptedSandbox(run=lambda _: b"", latency_s=0.001)
    await asyncio.gather(*(sandbox.run(jobs.ProgramJob(("ls",))) for _ in range(3)))
    await sandbox.run(jobs.ProgramJob(("ls",)))
    assert sandbox.most_at_once == 3
