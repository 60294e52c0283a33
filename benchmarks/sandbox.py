"""Unit tests on small Python functions: the sandbox against a process a test.

    python benchmarks/sandbox.py [--rounds 5] [--tests 300]

In one run, in turn, two at a time: the check `python_function` in each tier that works here (code
taken from a completion, run, compared, cases recorded); a bare Python a test, which shuts nothing
in and compares nothing; a bubblewrap with a Python a test. Tests of one case and of twenty. What
counts is the ratio; each row gives the medians of the rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from rlaif.checks.run import run_code_check
from rlaif.checks.sandbox.interpreter import interpreter
from rlaif.checks.sandbox.pool import Pool
from rlaif.checks.sandbox.tier import FORCED
from rlaif.errors import SandboxUnavailable
from rlaif.records.criterion import Checked
from rlaif.records.outcome import Verdict
from rlaif.records.subject import Subject

CODE = """
def shift(numbers, by):
    found = []
    for number in numbers:
        found.append(number + by)
    return found
"""
DRIVER = """
import json, sys
job = json.load(sys.stdin)
there = {}
exec(job["code"], there)
for arguments in job["calls"]:
    print(json.dumps(there["shift"](*arguments)))
"""
WIDTH = 2


def cases(count: int) -> list[tuple[list[object], list[int]]]:
    """Arguments and what must come back."""
    return [([list(range(place)), 3], [n + 3 for n in range(place)]) for place in range(count)]


def check(count: int) -> Checked:
    """The check with so many cases."""
    written = [{"arguments": a, "returns": expected} for a, expected in cases(count)]
    return Checked.model_validate(
        {"id": "c", "check": "python_function", "function": "shift", "cases": written}
    )


def sandboxed(pool: Pool, count: int, tests: int) -> float:
    """Tests/s through the check."""
    text = f"```python\n{CODE}```"
    checked, subject = check(count), Subject((), (), text, text)

    async def one() -> None:
        outcome = await run_code_check(checked.check, subject, pool)
        if not isinstance(outcome, Verdict) or outcome.distribution != (0.0, 1.0):
            raise SystemExit(f"the right solution did not pass: {outcome}")

    async def some(share: int) -> None:
        for _ in range(share):
            await one()

    async def every() -> None:
        await asyncio.gather(*(some(tests // (4 * WIDTH)) for _ in range(4 * WIDTH)))

    began = time.perf_counter()
    LOOP.run_until_complete(every())
    return tests // (4 * WIDTH) * 4 * WIDTH / (time.perf_counter() - began)


def processes(command: list[str], count: int, tests: int) -> float:
    """Tests/s with a process each."""
    job = json.dumps({"code": CODE, "calls": [arguments for arguments, _ in cases(count)]})

    def one(_: int) -> None:
        run = subprocess.run(command, input=job, capture_output=True, text=True, check=True)
        if len(run.stdout.splitlines()) != count:
            raise SystemExit(f"results are missing: {run.stdout}")

    began = time.perf_counter()
    with ThreadPoolExecutor(WIDTH) as workers:
        list(workers.map(one, range(tests)))
    return tests / (time.perf_counter() - began)


def bare() -> list[str]:
    """A Python that starts as fast as it can."""
    return [interpreter().path, "-I", "-S", "-c", DRIVER]


def bubblewrap() -> list[str]:
    """The same in namespaces of its own."""
    folders = [f for f in interpreter().folders if not f.startswith("/usr")]
    binds = [part for folder in folders for part in ("--ro-bind", folder, folder)]
    system = [part for f in ("/usr", "/bin", "/lib", "/lib64") for part in ("--ro-bind-try", f, f)]
    return ["bwrap", "--unshare-all", "--die-with-parent", *system, *binds, *bare()]


def contenders(tests: int) -> tuple[dict[str, Callable[[int], float]], list[Pool]]:
    """What is measured, by name: a function from cases a test to tests/s."""
    found: dict[str, Callable[[int], float]] = {}
    pools = []
    for tier in ("namespaces", "landlock"):
        os.environ[FORCED] = tier
        pool = Pool(width=WIDTH)
        try:
            LOOP.run_until_complete(pool.start())
        except SandboxUnavailable as error:
            print(f"left out: {error}")
            continue
        pools.append(pool)
        found[f"sandbox, {tier}"] = lambda count, pool=pool: sandboxed(pool, count, tests)  # type: ignore[misc]  # mypy cannot tell the type of a bound default
    found["a bare process"] = lambda count: processes(bare(), count, tests // 3)
    if shutil.which("bwrap"):
        found["a bubblewrap"] = lambda count: processes(bubblewrap(), count, tests // 6)
    return found, pools


def main() -> None:
    """Measure in turn, and print one table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--tests", type=int, default=600)
    wanted = options.parse_args()
    found, pools = contenders(wanted.tests)
    print(f"{WIDTH} at a time, {interpreter().told}; medians of {wanted.rounds} rounds")
    print(f"{'':22} {'cases':>5} {'tests/s':>8} {'times bare':>10} {'cases/s':>8}")
    a_case = 0.0
    for count in (1, 20):
        rates: dict[str, list[float]] = {name: [] for name in found}
        for _ in range(wanted.rounds):
            for name, measure in found.items():
                rates[name].append(measure(count))
        base = rates["a bare process"]
        a_case = a_case or statistics.median(base)
        for name, rate in rates.items():
            ratio = statistics.median(r / b for r, b in zip(rate, base, strict=True))
            tests_s = statistics.median(rate)
            print(f"{name:22} {count:5} {tests_s:8.0f} {ratio:10.1f} {tests_s * count:8.0f}")
            if count > 1 and name.startswith("sandbox"):
                print(
                    f"{'':22} cases/s: {tests_s * count / a_case:.0f} times a bare process a case"
                )
    for pool in pools:
        LOOP.run_until_complete(pool.aclose())


LOOP = asyncio.new_event_loop()

if __name__ == "__main__":
    main()
