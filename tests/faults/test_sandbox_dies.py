"""The process that runs policy code is killed: its jobs run elsewhere, and nobody gets a "no"."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from rlaif.checks.sandbox import launch
from rlaif.checks.sandbox.pool import Pool
from rlaif.checks.sandbox.processes import family
from rlaif.runs import sandbox as sandboxes
from tests.checks.sandbox.conftest import machine_lacks, only
from tests.checks.sandbox.test_pool import fork_servers
from tests.faults.conftest import Job, MakeJob
from tests.faults.invariants import exported, finished

ROWS_OF_THE_TABLE = ("sandbox process dies", "sandbox cannot be started again")
RUBRIC = """\
rubric: doubling
version: 1.0.0
title: Doubling
criteria:
  - id: doubles
    check: python_function
    cases:
      - {call: double(2), returns: 4}
      - {call: double(3), returns: 6}
"""
RIGHT = "def double(n):\n    return 2 * n"
WRONG = "def double(n):\n    return n"
SAMPLES = 8


class Mortal(Pool):
    """A sandbox whose processes are killed with the third job of a life, `deaths` times."""

    deaths = 0
    jobs = 0

    async def calls(self, job: Any) -> Any:
        self.jobs += 1
        if self.jobs % 3 == 0 and type(self).deaths:
            type(self).deaths -= 1
            for pid in fork_servers(self):
                for one in reversed(family(pid)):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(one, signal.SIGKILL)
        return await super().calls(job)


@pytest.fixture(autouse=True)
def mortal(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Mortal]]:
    """What every job of the test gets for a sandbox."""
    if why := machine_lacks("landlock"):
        pytest.skip(f"landlock: {why}")
    monkeypatch.setattr(sandboxes, "load", lambda _: Mortal)
    Mortal.deaths = 0
    with only("landlock"):
        yield Mortal


@pytest.fixture
def job(make_job: MakeJob) -> Job:
    rows = [
        {
            "sample_id": f"s{n}",
            "prompt": "Double it.",
            "completion": f"```python\n# number {n}\n{WRONG if n % 4 == 3 else RIGHT}\n```",
        }
        for n in range(SAMPLES)
    ]
    made = make_job(rows, RUBRIC)
    return replace(made, order=replace(made.order, judge=None))


@pytest.mark.slow
def test_jobs_of_a_process_that_dies_are_run_again_and_the_grades_are_the_same(
    job: Job, mortal: type[Mortal]
) -> None:
    whole = job.whole()
    assert [row["score"] for row in whole] == [1, 1, 1, 0] * 2
    mortal.deaths = 2
    job.grade()
    assert mortal.deaths == 0
    finished(job.run, whole)


@pytest.mark.slow
def test_where_no_process_can_be_started_again_the_checks_fail_and_are_no_noes(
    job: Job, mortal: type[Mortal], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = job.whole()
    ids = [row["sample_id"] for row in whole]
    begin = Mortal.start

    async def start_and_no_more(self: Mortal) -> None:
        await begin(self)
        for pid in fork_servers(self):
            os.kill(pid, signal.SIGKILL)
        monkeypatch.setattr(launch, "_BOOT", "raise SystemExit('broken on purpose')")

    with monkeypatch.context() as patched:
        patched.setattr(launch, "_BOOT", launch._BOOT)
        patched.setattr(Mortal, "start", start_and_no_more)
        boot = launch._BOOT
        job.grade()
        monkeypatch.setattr(launch, "_BOOT", boot)
    finished(job.run, whole, failed=ids)
    for row in exported(job.run):
        (outcome,) = row["outcomes"]
        assert (outcome["kind"], outcome["stage"]) == ("failure", "sandbox")
    job.grade(retry_failed=True)
    finished(job.run, whole)
