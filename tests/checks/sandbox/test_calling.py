"""Calls of functions: what comes back, whose fault what is, and how long each may take."""

from __future__ import annotations

import asyncio
import re
import subprocess
from typing import Any

import pytest

from rlaif.checks.sandbox.pool import Pool
from rlaif.records.jobs import Call, Called, CallsJob, Limits, Opaque, Step

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUICK = Limits(time_s=0.4)


def job(code: str, *arguments: Any, stop: bool = False, limits: Limits = QUICK) -> CallsJob:
    """`f` called once for each argument."""
    return CallsJob(code, tuple(Call((Step("f", (one,)),), limits) for one in arguments), stop=stop)


async def called(pool: Pool, code: str, *arguments: Any, **more: Any) -> tuple[Called, ...]:
    return await pool.calls(job(code, *arguments, **more))


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -3,
        2**80,
        1.5,
        float("inf"),
        "text \x00 é \U0001f600",
        b"\x00\xff",
        1 + 2j,
        [1, [2, (3, None)]],
        {"a": {1: 2.0}, (1, 2): "x"},
        {1, "a"},
        (),
    ],
)
async def test_plain_data_crosses_both_ways_as_what_it_is(pool: Pool, value: Any) -> None:
    (one,) = await called(pool, "def f(x):\n    return x", value)
    assert (one.how, one.value, type(one.value)) == ("returned", value, type(value))


async def test_of_anything_else_only_the_name_of_its_type_crosses(pool: Pool) -> None:
    (one,) = await called(pool, "class Odd:\n    pass\ndef f(x):\n    return [Odd()]", 1)
    assert one.value == [Opaque("Odd")]


async def test_a_value_of_a_subclass_crosses_as_plain_data(pool: Pool) -> None:
    code = (
        "class L(list):\n    def __eq__(s, o):\n        return True\ndef f(x):\n    return L([x])"
    )
    (one,) = await called(pool, code, 7)
    assert type(one.value) is list
    assert one.value == [7]


async def test_the_arguments_after_the_call_come_back_where_they_are_wanted(pool: Pool) -> None:
    code, steps = "def f(x):\n    x.append(4)", (Step("f", ([3],)),)
    calls = (Call(steps, QUICK, wants_arguments=True), Call(steps, QUICK))
    one, other = await pool.calls(CallsJob(code, calls))
    assert (one.value, one.arguments) == (None, ([3, 4],))
    assert (other.value, other.arguments) == (None, None)


async def test_a_large_input_is_no_obstacle_to_a_small_answer(pool: Pool) -> None:
    (one,) = await called(pool, "def f(x):\n    return len(x)", "x" * 3_000_000)
    assert one.value == 3_000_000


async def test_each_call_gets_arguments_of_its_own(pool: Pool) -> None:
    shared = [1]
    one, two = await called(pool, "def f(x):\n    x.append(2)\n    return len(x)", shared, shared)
    assert (one.value, two.value, shared) == (2, 2, [1])


async def test_a_chain_of_calls_goes_on_with_what_came_back(pool: Pool) -> None:
    code = (
        "class Stack:\n    def __init__(self, *x):\n        self.x = x\n    def top(self, at=-1):\n"
    )
    code += "        return self.x[at]"
    steps = (Step("Stack", (1, 2, 3)), Step("top", (), {"at": 0}))
    (one,) = await pool.calls(CallsJob(code, (Call(steps),)))
    assert one.value == 1


async def test_an_exception_crosses_as_its_names_and_its_text(pool: Pool) -> None:
    (one,) = await called(pool, "def f(x):\n    return {}[x]", "key")
    assert one.how == "raised"
    assert one.raised[:3] == ("KeyError", "LookupError", "Exception")
    assert one.message == "KeyError: 'key'"


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("def f(:", "SyntaxError"),
        ("import nothing_of_that_name", "ModuleNotFoundError"),
        ("1/0", "ZeroDivisionError"),
        ("def g(x):\n    return x", "the code defines no f"),
        ("", "the code defines no f"),
        ("raise SystemExit", "SystemExit"),
    ],
)
async def test_code_that_does_not_load_is_no_code(pool: Pool, code: str, why: str) -> None:
    found = await called(pool, code, 1, 2)
    assert [one.how for one in found] == ["no_code", "no_code"]
    assert why in found[0].message


async def test_a_call_that_takes_too_long_is_out_of_time_and_the_others_are_not(pool: Pool) -> None:
    code = "def f(x):\n    while x == 2:\n        pass\n    return x"
    found = await called(pool, code, 1, 2, 3)
    assert [one.how for one in found] == ["returned", "timeout", "returned"]
    assert re.fullmatch(r"no answer within 0.[48] s \(the call\)", found[1].message)


async def test_after_a_call_out_of_time_the_rest_is_left_where_one_is_enough(pool: Pool) -> None:
    code = "def f(x):\n    while x == 2:\n        pass\n    return x"
    found = await called(pool, code, 1, 2, 3, stop=True)
    assert [one.how for one in found] == ["returned", "timeout", "not_run"]


async def test_calls_that_are_slow_together_each_have_their_own_time(pool: Pool) -> None:
    code = "import time\ndef f(x):\n    time.sleep(0.15)\n    return x"
    found = await called(pool, code, *range(6), limits=Limits(time_s=0.6))
    assert [one.value for one in found] == list(range(6))


async def test_no_call_borrows_the_time_of_another(pool: Pool) -> None:
    """Code that looks for later inputs, and works on one while it should answer an earlier one."""
    code = (
        "import sys, time\nbegun = None\n"
        "def f(x):\n"
        "    global begun\n"
        "    job = sys._getframe(2).f_locals.get('job') or {'calls': []}\n"
        "    if any(steps[0][1] == [3] for _, steps, _ in job['calls']):\n"
        "        begun = begun or time.perf_counter()\n"
        "    if x < 3:\n        time.sleep(0.3)\n        return x\n"
        "    while time.perf_counter() - begun < 1.0:\n        pass\n    return x"
    )
    found = await called(pool, code, 0, 1, 2, 3)
    assert [one.how for one in found] == ["returned", "returned", "returned", "timeout"]


async def test_sleeping_is_tried_once_more_and_then_out_of_time(pool: Pool) -> None:
    (one,) = await called(pool, "import time\ndef f(x):\n    time.sleep(60)", 1)
    assert one.how == "timeout"
    assert one.seconds is not None
    assert one.seconds >= 0.8


async def test_code_that_is_slow_to_load_is_out_of_time(pool: Pool) -> None:
    found = await called(pool, "while True:\n    pass", 1, 2)
    assert {one.how for one in found} <= {"timeout", "died"}
    assert "loading the code" in found[0].message


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("import os\n    os._exit(0)", "status 0"),
        ("import os\n    os.abort()", "SIG"),
        ("import ctypes\n    ctypes.string_at(0)", "SIGSEGV"),
        ("f(x)", ""),
    ],
)
async def test_a_process_that_ends_is_the_codes_doing(pool: Pool, body: str, why: str) -> None:
    code = (
        f"import sys\nsys.setrecursionlimit(10**9)\ndef f(x):\n  if x == 2:\n    {body}\n  return x"
    )
    found = await called(pool, code, 1, 2, 3)
    assert [found[0].how, found[2].how] == ["returned", "returned"]
    assert found[1].how in (("died",) if why else ("died", "raised", "timeout"))
    assert why in found[1].message


async def test_memory_over_the_limit_is_the_codes_doing(pool: Pool) -> None:
    limits = Limits(time_s=5, memory=64 * 2**20)
    code = "def f(x):\n    return len(bytearray(x * 2**20))"
    found = await called(pool, code, 1, 500, 1, limits=limits)
    assert [one.how for one in found] == ["returned", "raised", "returned"]
    assert found[1].raised[0] == "MemoryError"


async def test_calls_of_other_memory_have_a_process_of_their_own(pool: Pool) -> None:
    code = "def f(x):\n    return len(bytearray(x * 2**20))"
    calls = [Call((Step("f", (200,)),), Limits(memory=m * 2**20)) for m in (64, 400)]
    small, large = await pool.calls(CallsJob(code, tuple(calls)))
    assert (small.how, large.how) == ("raised", "returned")


async def test_a_value_too_large_to_cross_is_garbled(pool: Pool) -> None:
    found = await called(pool, "def f(x):\n    return 'x' * (x * 2**20)", 1, 3, 1)
    assert [one.how for one in found] == ["returned", "garbled", "returned"]


async def test_endless_output_is_bounded_and_disturbs_nobody(pool: Pool) -> None:
    flood = (
        "import os\ndef f(x):\n    while True:\n        for d in range(3, 64):\n"
        "            try:\n                os.write(d, b'x' * 65536)\n"
        "            except OSError:\n                pass"
    )
    flooded, honest = await asyncio.gather(
        called(pool, flood, 1), called(pool, "def f(x):\n    return x", 5)
    )
    assert flooded[0].how in ("garbled", "timeout")
    assert honest[0].value == 5


async def test_what_is_printed_goes_nowhere(pool: Pool, capfd: pytest.CaptureFixture[str]) -> None:
    (one,) = await called(pool, "import os\ndef f(x):\n    print(x)\n    os.write(2, b'y')", 1)
    assert one.how == "returned"
    assert capfd.readouterr() == ("", "")


async def test_runs_are_the_same_every_time(pool: Pool) -> None:
    code = (
        "import random\ndef f(x):\n    return [random.random(), hash('a'), list({'b', 'c', 'd'})]"
    )
    first, second = await asyncio.gather(called(pool, code, 1), called(pool, code, 1))
    assert first[0].value == second[0].value


async def test_nothing_is_left_from_one_job_to_the_next(pool: Pool) -> None:
    code = "import builtins\ndef f(x):\n    builtins.seen = getattr(builtins, 'seen', 0) + 1\n"
    code += "    return builtins.seen"
    for _ in range(4):
        (one,) = await called(pool, code, 1)
        assert one.value == 1


async def test_usual_modules_and_threads_work(pool: Pool) -> None:
    code = (
        "import collections, dataclasses, decimal, threading, concurrent.futures, asyncio\n"
        "import sqlite3, enum, typing, json, re, heapq, math, statistics, fractions, datetime\n"
        "def f(x):\n"
        "    with concurrent.futures.ThreadPoolExecutor(4) as pool:\n"
        "        found = sum(pool.map(lambda i: i * i, range(x)))\n"
        "    async def g():\n        await asyncio.sleep(0)\n        return found\n"
        "    return asyncio.run(g())"
    )
    (one,) = await called(pool, code, 10, limits=Limits(time_s=5))
    assert (one.value, one.message) == (285, "")


THREADS_TAKEN = """
import os, threading, time
def f():
    threading.stack_size(65536)
    for _ in range(99):
        try: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        except RuntimeError: break
    os.write(4, b'{"i":0,"ok":1}\\n')
    time.sleep(60)
"""
THREADS_USED = """
import time
from concurrent.futures import ThreadPoolExecutor
def f():
    with ThreadPoolExecutor(8) as workers:
        return sum(workers.map(lambda n: time.sleep(0.01) or n, range(16)))
"""


async def test_nobody_takes_the_threads_of_a_neighbour(pool: Pool) -> None:
    """Also not for the moment in which a process that has answered still runs."""
    if not apart():
        pytest.skip("without namespaces of users the threads of all jobs count together")
    texts = [THREADS_TAKEN, *[THREADS_USED] * 3] * 3
    found = await asyncio.gather(
        *(pool.calls(CallsJob(text, (Call((Step("f"),)),))) for text in texts)
    )
    assert [one.value for (one,) in found] == [1, 120, 120, 120] * 3


def apart() -> bool:
    run = subprocess.run(["unshare", "--user", "true"], capture_output=True, check=False)
    return run.returncode == 0
