"""The fake sandbox that ships: answers by rule and runs nothing, for tests of what asks it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rlaif.checks.telling import call_text
from rlaif.errors import SandboxFailed
from rlaif.records.jobs import Call, Called, CallsJob, ProgramJob, Ran, Tested, TestsJob

CallRule = Callable[[CallsJob, Call], Any]
"""What one call gives: a Called as it is, anything else as a returned value."""
RunRule = Callable[[ProgramJob], Ran | bytes | SandboxFailed]
"""What a command gives; bytes stand for an exit with status 0 and this output."""
TestsRule = Callable[[TestsJob], Mapping[str, bool] | tuple[Tested, ...] | SandboxFailed]
"""What came of the tests, by their names or in full."""

Job = CallsJob | ProgramJob | TestsJob


class ScriptedSandbox:
    """Answers jobs by functions, or by tables from the text of a call or command to its answer.

    A rule (or an entry of a table) that raises, or is, a SandboxFailed makes the job fail. What
    stands in no table is an error of the test: KeyError.
    """

    tier = "scripted"
    notes: tuple[str, ...] = ()

    def __init__(
        self,
        calls: CallRule | Mapping[str, Any] | None = None,
        run: RunRule | Mapping[str, Any] | None = None,
        tests: TestsRule | Mapping[str, bool] | None = None,
        latency_s: float = 0.0,
    ) -> None:
        """Answer by these, each job after `latency_s`; a kind of job without a rule is refused."""
        self._calls = _by_text(calls) if isinstance(calls, Mapping) else calls
        self._run = _by_command(run) if isinstance(run, Mapping) else run
        self._tests = _by_name(tests) if isinstance(tests, Mapping) else tests
        self._latency_s = latency_s
        self._now = 0
        self.jobs: list[Job] = []
        """Every job that was asked, in order."""
        self.most_at_once = 0
        """The most jobs that ran at the same time."""
        self.started = self.closed = 0

    async def start(self) -> None:
        """Count the start."""
        self.started += 1

    async def aclose(self) -> None:
        """Count the end."""
        self.closed += 1

    async def calls(self, job: CallsJob) -> tuple[Called, ...]:
        """What the rule says of each call; after one that ends the process, `not_run`."""
        rule = _present(self._calls, "calls")
        with self._counted(job):
            await asyncio.sleep(self._latency_s)
            return tuple(_called(job, rule))

    async def run(self, job: ProgramJob) -> Ran:
        """What the rule says of the command."""
        rule = _present(self._run, "run")
        with self._counted(job):
            await asyncio.sleep(self._latency_s)
            return _ran(rule(job))

    async def tests(self, job: TestsJob) -> tuple[Tested, ...]:
        """What the rule says of the tests."""
        rule = _present(self._tests, "tests")
        with self._counted(job):
            await asyncio.sleep(self._latency_s)
            said: Mapping[str, bool] | tuple[Tested, ...] = _raised(rule(job))
            if isinstance(said, Mapping):
                return tuple(Tested(name, passed) for name, passed in said.items())
            return said

    @contextmanager
    def _counted(self, job: Job) -> Iterator[None]:
        self.jobs.append(job)
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            yield
        finally:
            self._now -= 1


def _called(job: CallsJob, rule: CallRule) -> Iterator[Called]:
    ended = False
    for call in job.calls:
        if ended and job.stop:
            yield Called("not_run")
            continue
        said = _raised(rule(job, call))
        called = said if isinstance(said, Called) else _returned(call, said)
        ended = called.how in ("timeout", "died", "garbled")
        yield called


def _returned(call: Call, value: Any) -> Called:
    return Called("returned", value, call.steps[0].arguments, seconds=0.001, memory=2**20)


def _ran(said: Any) -> Ran:
    said = _raised(said)
    return Ran("exited", 0, said, seconds=0.001, memory=2**20) if isinstance(said, bytes) else said


def _raised(said: Any) -> Any:
    if isinstance(said, SandboxFailed):
        raise said
    return said


def _present(rule: Any, name: str) -> Any:
    if rule is None:
        raise TypeError(f"this ScriptedSandbox has no rule for '{name}'")
    return rule


def _by_text(table: Mapping[str, Any]) -> CallRule:
    return lambda _, call: table[call_text(call)]


def _by_command(table: Mapping[str, Any]) -> RunRule:
    return lambda job: table[" ".join(job.command)]


def _by_name(table: Mapping[str, bool]) -> TestsRule:
    return lambda _: table
