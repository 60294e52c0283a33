"""Whose fault it is where an expert's tests, or the code that they test, do not come to an end."""

from __future__ import annotations

import pytest

from rlaif.checks.sandbox.pool import Pool
from rlaif.errors import SandboxFailed
from rlaif.records import jobs

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUICK = jobs.Limits(time_s=0.6)


async def run(pool: Pool, code: str, tests: str, **more: object) -> dict[str, jobs.Tested]:
    found = await pool.tests(jobs.TestsJob(code, tests, **more))  # type: ignore[arg-type]  # as they are
    return {one.name: one for one in found}


FAULTY_TESTS = {
    "def test_it(:": "the tests do not load",
    "import nothing_of_the_kind\ndef test_it(): pass": "ModuleNotFoundError",
    "from candidate import f\n1 / 0\ndef test_it(): f()": "ZeroDivisionError",
    "from candidate import f": "no function is named test_",
    "import unittest\nclass T(unittest.TestCase): pass": "classes of unittest are not run",
    "def test_it(tmp_path): pass": "takes an argument, tmp_path",
    "def test_it(): yield": "yields",
}


@pytest.mark.parametrize("tests", FAULTY_TESTS)
async def test_tests_that_do_not_load_are_our_fault(pool: Pool, tests: str) -> None:
    with pytest.raises(SandboxFailed, match=FAULTY_TESTS[tests]):
        await run(pool, "def f(): return 1", tests)


FAULTY_CODE = {
    "def f(:": "the code does not load: SyntaxError",
    "1 / 0": "ZeroDivisionError",
    "import os; os._exit(0)": "ended itself with status 0",
    "import sys; sys.exit(0)": "SystemExit",
    "def g(): pass": "the code defines no f",
}
STARRED = "from candidate import *\nSIZE = len(f())\ndef test_it(): pass"


@pytest.mark.parametrize("code", FAULTY_CODE)
async def test_code_that_does_not_load_fails_every_test(pool: Pool, code: str) -> None:
    tests = "from candidate import f\ndef test_a(): pass\nasync def test_b(): pass"
    found = await run(pool, code, tests)
    assert list(found) == ["test_a", "test_b"]
    assert all(not one.passed and FAULTY_CODE[code] in one.message for one in found.values())


async def test_a_name_that_the_code_does_not_define_is_its_fault(pool: Pool) -> None:
    found = await run(pool, "def g(): return []", STARRED)
    assert found["test_it"].message == "with this code the tests do not load: the code defines no f"


async def test_tests_that_break_through_the_code_are_its_fault(pool: Pool) -> None:
    tests = "from candidate import f\nSIZE = len(f())\ndef test_it(): pass"
    found = await run(pool, "def f(): return 1", tests)
    assert not found["test_it"].passed
    assert "with this code the tests do not load: TypeError" in found["test_it"].message


SHAPES = "from candidate import *\nfrom candidate import f, LIMIT\n{}\ndef test_it(): pass"
"""What the tests do at once, which another shape of the code than expected breaks unasked."""
BROKEN_BY_SHAPE = {
    "X = LIMIT + 1": "class LIMIT: pass\ndef f(x): return 5",
    "assert LIMIT == 3": "class LIMIT: pass\ndef f(x): return 5",
    "X = range(LIMIT)": "class LIMIT: pass\ndef f(x): return 5",
    "def made(): return f(3).solved\nY = made()": "LIMIT = 3\nclass f(Exception): pass",
    "X = f(3)": 'import os, time\nos.write(5, b\'{"names":{"f":5,"LIMIT":7}}\\n\')\ntime.sleep(9)',
}


@pytest.mark.parametrize("line", BROKEN_BY_SHAPE)
async def test_tests_that_break_on_a_shape_of_the_code_are_its_fault(pool: Pool, line: str) -> None:
    found = await run(pool, BROKEN_BY_SHAPE[line], SHAPES.format(line))
    assert not found["test_it"].passed
    assert "with this code the tests do not load" in found["test_it"].message


async def test_a_loop_on_a_shape_of_the_code_is_its_fault(pool: Pool) -> None:
    tests = "from candidate import f\ndef test_it():\n    x = 0\n    while f(x): x += 1"
    found = await run(pool, "class f(Exception): pass", tests, limits=QUICK)
    assert found["test_it"].message.startswith("no result within")


async def test_code_of_many_classes_does_not_hold_up_the_tests(pool: Pool) -> None:
    code = """
import json, os, time
above = [
    [n, f"C{n}", ["Exception"], list(range(n - 1, max(0, n - 40), -1))] for n in range(1, 1900)
]
os.write(5, json.dumps({"names": {"f": None}, "classes": above}).encode() + b"\\n")
time.sleep(60)
"""
    found = await run(pool, code, "from candidate import f\ndef test_it(): f()", limits=QUICK)
    assert "it does not say what it defines" in found["test_it"].message


LOST = {
    "exits": ("import os\n    os._exit(0)", "status 0"),
    "loops": ("while True: pass", "no result within"),
    "closes the line": (
        "import os\n    os.closerange(3, 99)\n    import time; time.sleep(9)",
        "closed its line",
    ),
    "floods": (
        "import os\n    os.write(5, b'x' * (1 << 25))",
        "does not answer as agreed: a line of more",
    ),
}


@pytest.mark.parametrize("name", LOST)
async def test_a_lost_process_fails_its_test_and_the_others_go_on(pool: Pool, name: str) -> None:
    code = f"def f(x):\n  if x == 2:\n    {LOST[name][0]}\n  return x"
    tests = "from candidate import f\n" + "".join(
        f"def test_{i}(): assert f({i}) == {i}\n" for i in (1, 2, 3)
    )
    found = await run(pool, code, tests, limits=QUICK)
    assert {n: one.passed for n, one in found.items()} == {
        "test_1": True,
        "test_2": False,
        "test_3": True,
    }
    assert LOST[name][1] in found["test_2"].message


async def test_tests_that_die_after_the_code_was_called_are_a_no(pool: Pool) -> None:
    tests = "import candidate, os\ndef test_a():\n    candidate.f()\n    os._exit(0)"
    found = await run(pool, "def f(): pass", tests)
    assert not found["test_a"].passed
    assert "the process of the tests is gone" in found["test_a"].message


async def test_tests_that_die_by_themselves_are_our_fault(pool: Pool) -> None:
    with pytest.raises(SandboxFailed, match="process of the tests is gone"):
        await run(pool, "def f(): pass", "import os\ndef test_a(): os._exit(0)")


async def test_tests_that_loop_by_themselves_are_our_fault(pool: Pool) -> None:
    with pytest.raises(SandboxFailed, match="test_a is not done within"):
        await run(pool, "", "def test_a():\n    while True: pass", limits=QUICK)


async def test_a_test_that_was_kept_waiting_gets_twice_the_time(pool: Pool) -> None:
    code = "import time\ndef f(s): time.sleep(s)"
    tests = "from candidate import f\ndef test_a(): f(0.8)\ndef test_b(): f(2)"
    found = await run(pool, code, tests, limits=QUICK)
    assert {n: one.passed for n, one in found.items()} == {"test_a": True, "test_b": False}
    assert found["test_b"].message == "no result within 1.2 s"


async def test_code_that_dies_in_every_test_ends_the_job(pool: Pool) -> None:
    tests = "import candidate\n" + "".join(f"def test_{i}(): candidate.f()\n" for i in range(12))
    found = await run(pool, "import os\ndef f(): os._exit(0)", tests)
    assert len(found) == 12
    assert not any(one.passed for one in found.values())
    assert found["test_11"].message == "not run: 10 processes before it were lost"
