"""Expert test code in one process, the code that it tests in another: the verdict of each test.

All tests run in one pair of processes, in their order, each within its own time, timed here between
the records. Where a pair is lost, the test that ran has failed, and the others run in a fresh pair.
Records come from the process of the tests alone, to which the code has no line.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rlaif.checks.sandbox.calling import death
from rlaif.checks.sandbox.host import Host, HostLost
from rlaif.checks.sandbox.pair import Pair
from rlaif.checks.sandbox.patience import LITTLE, START_S
from rlaif.errors import SandboxFailed
from rlaif.records.jobs import Tested, TestsJob
from rlaif.records.python_text import NotPython, functions

MOST_PAIRS = 10
"""Pairs of processes that one job gets."""

MOST_TESTS = 1000
"""Test functions of one job."""


async def run_tests(tests_host: Host, candidate_host: Host, job: TestsJob) -> tuple[Tested, ...]:
    """One result for each test function, in their order.

    Raises: HostLost; SandboxFailed where the tests themselves are at fault.
    """
    return await _Testing(tests_host, candidate_host, job).results()


def names_in(tests: str) -> list[str]:
    """The test functions that a text defines at its top level. Raises: SandboxFailed."""
    try:
        names = list(functions(tests))
    except NotPython as error:
        raise SandboxFailed(f"the tests do not load: {error}") from None
    return list(dict.fromkeys(name for name in names if name.startswith("test_")))


class _Testing:
    """One job on its way."""

    def __init__(self, tests_host: Host, candidate_host: Host, job: TestsJob) -> None:
        self.hosts = tests_host, candidate_host
        self.job = job
        self.found: dict[str, Tested | None] = {}
        self.waited: set[str] = set()
        """Tests that ran out of time with little computed, and get a second chance."""

    async def results(self) -> tuple[Tested, ...]:
        written = names_in(self.job.tests)
        for _ in range(MOST_PAIRS):
            left = [name for name, one in self.found.items() if one is None]
            if self.found and not left:
                break
            await self._one_pair(left, written)
        why = f"not run: {MOST_PAIRS} processes before it were lost"
        return tuple(one or Tested(name, False, why) for name, one in self.found.items())

    async def _one_pair(self, left: list[str], written: list[str]) -> None:
        cpu_s = 2 * self.job.limits.time_s * (len(written) + 2) + 5
        with Pair(self.hosts, self.job, cpu_s) as pair:
            await pair.begin(left)
            names = await self._loaded(pair)
            if names is None:
                self._fail_all(left or written, pair.why)
                return
            self.found = self.found or dict.fromkeys(names)
            for name in left or names:
                if not await self._test(pair, name):
                    return

    def _fail_all(self, names: list[str], why: str) -> None:
        if not names:
            raise SandboxFailed(f"no test function is found in the tests, and {why}")
        self.found |= {name: Tested(name, False, why[:900]) for name in names}

    async def _loaded(self, pair: Pair) -> list[str] | None:
        """The names of the tests; None, with the pair's `why`, where the code is at fault."""
        within = self.job.limits.time_s + START_S
        said = await pair.said(("met", "no_code"), within)
        if said is None:
            if pair.checker.line.closed:
                raise HostLost("the process of the tests ended before the code was loaded")
            pair.why = f"the code does not load within {within:g} s"
            return None
        if "no_code" in said:
            told = said["no_code"] or await pair.how_code_ended(said.get("broken"))
            pair.why = f"the code does not load: {told}"
            return None
        said = await pair.said(("loaded", "not_loaded"), within)
        if said is None:
            why = await self._no_tests(pair, within)
        elif "loaded" in said:
            return self._listed(said["loaded"])
        else:
            why = await self._not_loaded(pair, said)
        pair.why = f"with this code the tests do not load: {why}"
        return None

    async def _not_loaded(self, pair: Pair, said: dict[str, Any]) -> str:
        """What the code had to do with it. Raises: SandboxFailed where it had nothing to."""
        if said.get("broken"):
            return f"{await pair.how_code_ended(said['broken'])}; {said['not_loaded']}"
        if said.get("absent"):
            return f"the code defines no {said['absent']}"
        if not pair.called:
            raise SandboxFailed(f"the tests do not load: {said['not_loaded']}")
        return str(said["not_loaded"])

    def _listed(self, names: list[str]) -> list[str]:
        if len(names) > MOST_TESTS:
            raise SandboxFailed(f"the tests do not load: more than {MOST_TESTS} test functions")
        return [str(name) for name in names]

    async def _no_tests(self, pair: Pair, within: float) -> str:
        """Why nothing was said of the tests. Raises: HostLost, SandboxFailed."""
        closed = pair.checker.line.closed
        ending, _ = await pair.ended()
        if closed and not pair.called:
            raise HostLost(f"the process of the tests is gone: {death(ending.status)}")
        if not pair.called:
            raise SandboxFailed(f"the tests do not load: not done within {within:g} s")
        return death(ending.status) if closed else f"not done within {within:g} s"

    async def _test(self, pair: Pair, name: str) -> bool:
        """Take the record of one test. False where the pair is of no further use."""
        again = name in self.waited
        time_s = self.job.limits.time_s * (2 if again else 1)
        began = pair.now()
        said = await pair.record(name, time_s)
        seconds = pair.now() - began
        if said is None:
            lost = await self._lost(pair, name, time_s, began)
            self.found[name] = lost and replace(lost, seconds=seconds)
            return False
        message = str(said.get("message", ""))[:1000]
        if said.get("broken"):
            message = f"{await pair.how_code_ended(said['broken'])}; {message}"
        passed = said.get("passed") is True and not said.get("broken")
        self.found[name] = Tested(name, passed, message, seconds)
        return not said.get("broken")

    async def _lost(self, pair: Pair, name: str, time_s: float, began: float) -> Tested | None:
        """What becomes of a test without a record; None where it is to be run again.

        Raises: HostLost, SandboxFailed.
        """
        closed = pair.checker.line.closed
        seconds = pair.now() - began
        mine, other = await pair.ended()
        if closed:
            told = f"the process of the tests is gone: {death(mine.status)}"
            if not pair.called:
                raise HostLost(told)
            return Tested(name, False, told)
        # What was computed before this test is at most the time that had passed.
        computed = mine.cpu_s + other.cpu_s - (began - pair.began)
        if name not in self.waited and computed < LITTLE * seconds:
            self.waited.add(name)
            return None
        if not pair.called:
            told = f"{name} is not done within {time_s:g} s, and has not called the code"
            raise SandboxFailed(f"the tests are at fault: {told}")
        return Tested(name, False, f"no result within {time_s:g} s")
