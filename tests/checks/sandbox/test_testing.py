"""An expert's test functions on honest and on plainly wrong code, and whose fault is whose."""

from __future__ import annotations

import asyncio

import pytest

from rlaif.checks.sandbox.pool import Pool
from rlaif.checks.sandbox.testing import names_in
from rlaif.records import jobs

pytestmark = pytest.mark.asyncio(loop_scope="module")

STACK = """
class Empty(Exception):
    def __init__(self, told, depth):
        super().__init__(told)
        self.depth = depth

class Emptier(Empty): pass

class Stack:
    kind = "stack"
    def __init__(self, items=()): self._items = list(items)
    def push(self, item): self._items.append(item)
    def pop(self):
        if not self._items: raise Emptier("nothing is left", 0)
        return self._items.pop()
    def __len__(self): return len(self._items)
    def __contains__(self, item): return item in self._items
    def __iter__(self): return iter(self._items)
    def __getitem__(self, place): return self._items[place]
    def __setitem__(self, place, item): self._items[place] = item
    def __add__(self, other): return Stack([*self._items, *other._items])
    def __lt__(self, other): return len(self) < len(other)
    def __repr__(self): return f"Stack({self._items})"
    def __format__(self, how): return how + "!"
    def __enter__(self): self.push("in"); return self
    def __exit__(self, kind, error, trace): self.push(str(error)); return True
"""


async def run(pool: Pool, code: str, tests: str, **more: object) -> dict[str, jobs.Tested]:
    found = await pool.tests(jobs.TestsJob(code, tests, **more))  # type: ignore[arg-type]  # as they are
    return {one.name: one for one in found}


async def passes(pool: Pool, code: str, body: str, **more: object) -> str:
    """The message of a test of that body; empty where it passed."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    found = await run(pool, code, f"from candidate import *\ndef test_it():\n{lines}", **more)
    assert found["test_it"].passed == (not found["test_it"].message)
    return found["test_it"].message


HONEST = {
    "a function": ("def f(a, *, b): return a + b", "assert f(1, b=2) == 3"),
    "arguments of any name": (
        "def f(*, op, on, self, called, n): return [op, on, self, called, n]",
        "assert f(op=1, on=2, self=3, called=4, n=5) == [1, 2, 3, 4, 5]",
    ),
    "a value": ("SIZE = {1: [2.5, None]}", "assert SIZE == {1: [2.5, None]}"),
    "types": (
        "def f(): return (1, {2}, frozenset([3]), b'4', 1j, True, 10**30, {frozenset([1]): 2})",
        "assert f() == (1, {2}, frozenset([3]), b'4', 1j, True, 10**30, {frozenset([1]): 2})\n"
        "assert type(f()[5]) is bool and type(f()[2]) is frozenset",
    ),
    "values of the standard library": (
        "def f(a, b): return [a + b, a]",
        "from decimal import Decimal as D\nfrom fractions import Fraction as F\n"
        "from datetime import date, timedelta as T\n"
        "assert f(D('0.1'), D('0.2'))[0] == D('0.3') and f(F(1, 2), F(1, 3))[0] == F(5, 6)\n"
        "assert f(date(2024, 2, 28), T(days=1))[0] == date(2024, 2, 29)",
    ),
    "a builtin exception": (
        "def f(x): raise ValueError(f'bad {x}')",
        "try: f(3)\nexcept ValueError as e: assert str(e) == 'bad 3'\nelse: assert False",
    ),
    "a key error as it is": (
        "def f(x): return {}[x]",
        "try: f('k')\nexcept LookupError as e: assert e.args == ('k',)\nelse: assert False",
    ),
    "its own exceptions": (
        STACK,
        "import candidate\ntry: Stack().pop()\n"
        "except candidate.Empty as e: assert e.depth == 0 and 'left' in str(e)\n"
        "else: assert False",
    ),
    "a class": (
        STACK,
        "s = Stack([1]); s.push([2])\nassert len(s) == 2 and list(s) == [1, [2]]\n"
        "assert s[0] == 1 and 1 in s and 5 not in s\ns[0] = 'x'\nassert s.pop() == [2]\n"
        "assert repr(s) == \"Stack(['x'])\" and f'{s:now}' == 'now!' and s.kind == 'stack'",
    ),
    "operators of a class": (
        STACK,
        "assert list(Stack([1]) + Stack([2])) == [1, 2]\n"
        "assert Stack() < Stack([1]) and not Stack([1]) < Stack()",
    ),
    "an attribute that is set": (STACK, "s = Stack(); s.kind = 'new'\nassert s.kind == 'new'"),
    "the same object": (
        "class A: pass\nIT = A()\ndef it(): return IT\ndef new(): return A()",
        "assert it() is it() and it() == it() and len({it(), it()}) == 1\n"
        "assert new() is not new() and new() != new()",
    ),
    "a context manager": (
        STACK,
        "s = Stack()\nwith s as t: assert t is s\nassert list(s) == ['in', 'None']",
    ),
    "sorting in place": (
        "def f(rows): rows.sort(); rows[0].append(9)",
        "first = [1]; rows = [[2], first]\nassert f(rows) is None\n"
        "assert rows == [[1, 9], [2]] and rows[0] is first",
    ),
    "a set, a dict and a bytearray changed in place": (
        "def f(s, d, b): s.add(2); d['k'] = 1; b.append(66)",
        "s, d, b = {1}, {}, bytearray(b'A')\nf(s, d, b=b)\n"
        "assert s == {1, 2} and d == {'k': 1} and b == b'AB'",
    ),
    "a copy where one is wanted": (
        "def same(x): return x\ndef copy(x): return [list(one) for one in x]",
        "x = [[1]]\nassert same(x) is x and copy(x) is not x and copy(x)[0] is not x[0]",
    ),
    "a generator": (
        "def f(n):\n    for i in range(n): yield i",
        "assert list(f(3)) == [0, 1, 2]\ng = f(1)\nassert next(g) == 0 and next(g, None) is None",
    ),
    "a function handed to it": (
        "def f(call, xs): return [call(x) for x in xs]",
        "seen = []\nassert f(lambda x: seen.append(x) or x + 1, [1, 2]) == [2, 3]\n"
        "assert seen == [1, 2]",
    ),
    "builtin types and functions handed to it": (
        "def f(kind, x): return kind(x), kind\ndef g(kind):\n    try: return [][0]\n"
        "    except kind: return 'caught'",
        "assert f(int, '4') == (4, int) and f(len, [1])[0] == 1 and f(str.upper, 'a')[0] == 'A'\n"
        "assert g(IndexError) == 'caught'",
    ),
    "a decorator": (
        "def memo(f):\n    kept = {}\n    def g(x):\n        if x not in kept: kept[x] = f(x)\n"
        "        return kept[x]\n    return g",
        "asked = []\n@memo\ndef double(x):\n    asked.append(x)\n    return 2 * x\n"
        "assert double(2) == 4 and double(2) == 4 and asked == [2]",
    ),
    "an exception of a function handed to it": (
        "def f(call):\n    try: return call()\n    except ValueError: return 'caught'",
        "class Own(Exception): pass\ndef bad(): raise ValueError('x')\ndef own(): raise Own('y')\n"
        "assert f(bad) == 'caught'\ntry: f(own)\nexcept Own: pass\nelse: assert False",
    ),
    "a coroutine": (
        "async def f(x): return x + 1",
        "import asyncio\nassert asyncio.run(f(1)) == 2",
    ),
    "names": ("def f():\n    'Says f.'", "assert f.__name__ == 'f' and f.__doc__ == 'Says f.'"),
    "a missing name": ("", "import candidate\nassert not hasattr(candidate, 'f')"),
    "seeded chance": (
        "",
        "import random\nfirst = random.random()\nrandom.seed(0)\nassert first == random.random()",
    ),
}


@pytest.mark.parametrize("name", HONEST)
async def test_honest_code_passes(pool: Pool, name: str) -> None:
    assert await passes(pool, *HONEST[name]) == ""


async def test_each_test_has_a_result_in_the_order_of_definition(pool: Pool) -> None:
    tests = """
import candidate
from candidate import f
def test_b(): assert f(1) == 1
async def test_a(): assert candidate.f(1) == 2
def helper(): assert False
def test_c(): assert f(3) == 3
"""
    found = await run(pool, "def f(x): return x", tests)
    assert [(n, one.passed) for n, one in found.items()] == [
        ("test_b", True),
        ("test_a", False),
        ("test_c", True),
    ]
    assert all(one.seconds is not None for one in found.values())


async def test_a_failure_says_what_where_and_what_the_code_gave(pool: Pool) -> None:
    tests = (
        "from candidate import solve\n\ndef test_it():\n    assert solve([1, 2], k='a') == 3, 'no'"
    )
    found = await run(pool, "def solve(xs, k): return 4", tests)
    assert found["test_it"].message == (
        "AssertionError: no; line 4: assert solve([1, 2], k='a') == 3, 'no'; "
        "the last call: solve([1, 2], k='a') gave 4"
    )


async def test_a_long_value_is_shortened_in_the_message(pool: Pool) -> None:
    assert len(await passes(pool, "def f(): return 'x' * 10**6", "assert f() == ''")) < 400


async def test_hypothesis_works_and_says_the_falsifying_example(pool: Pool) -> None:
    tests = """
from candidate import clip
from hypothesis import given, strategies as st
@given(st.integers(), st.lists(st.integers()))
def test_clip(x, more): assert 0 <= clip(x) <= 10
"""
    right = "def clip(x): return max(0, min(10, x))"
    wrong = "def clip(x): return max(0, x)"
    found = await run(pool, right, tests, test_packages=("hypothesis",))
    assert found["test_clip"].passed, found
    first, again = [
        (await run(pool, wrong, tests, test_packages=("hypothesis",)))["test_clip"]
        for _ in range(2)
    ]
    assert "x=11" in first.message
    assert (first.passed, first.message) == (False, again.message)


async def test_jobs_with_other_packages_do_not_wait_for_each_other(pool: Pool) -> None:
    tests = "from candidate import f\ndef test_it(): assert f(1) == 2"
    packages: list[tuple[str, ...]] = [(), ("hypothesis",)] * 6
    found = await asyncio.gather(
        *(run(pool, "def f(x): return x + 1", tests, test_packages=some) for some in packages)
    )
    assert all(one["test_it"].passed for one in found)


async def test_the_names_of_the_tests_are_found_without_running_them() -> None:
    text = "def test_b(): pass\ndef x(): pass\nasync def test_a(): pass\ndef test_b(): pass"
    assert names_in(text) == ["test_b", "test_a"]
