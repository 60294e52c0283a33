"""Wrong solutions that try to get a pass from an expert's test functions: none does."""

from __future__ import annotations

import pytest

from rlaif.checks.sandbox.pool import Pool
from rlaif.records import jobs

pytestmark = pytest.mark.asyncio(loop_scope="module")

TESTS = """
import math
from candidate import *
from candidate import f

EXPECTED = [1, 2, 3]

def test_equal():
    assert f([3, 1, 2]) == EXPECTED

def test_near():
    assert abs(f([3, 1, 2])[0] - 1) < 1e-6

def test_number():
    assert abs(f(2) - 1.41421356) < 1e-6 and f(2) > 1.4 and f(2) < 1.5

def test_close():
    assert math.isclose(f(2), 1.41421356, abs_tol=1e-6)

def test_text():
    assert "abc" in f("abc") and f("abc").startswith("abc")

def test_false():
    got = f(False)
    assert got is False and not got

def test_all():
    assert all(f(x) == x + 1 for x in [1, 3, 5]) and list(map(f, [1, 3])) == [2, 4]

def test_in_place():
    held = [3, 1, 2]
    f(held)
    assert held == [1, 2, 3]

def test_type():
    assert isinstance(f(1), int) and f(1) == 2

def test_raises():
    try:
        f("bad")
    except ValueError:
        return
    raise AssertionError("nothing was raised")

def test_truth():
    assert f(0) is True

def test_set():
    assert {f(1), f(1)} == {2} and f(1) in {2}

def test_length():
    assert len(f([1, 2])) == 2 and sorted(f([2, 1])) == [1, 2]

def test_callback():
    def call(x):
        assert x == 5
        return x
    assert f(call) == 5
"""
NAMES = [line[4:-3] for line in TESTS.splitlines() if line.startswith("def test_")]

LIAR = """
class Liar({base}):
    def same(self, *others): return True
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __bool__ = same
    __ne__ = lambda self, other: False
    __len__ = __hash__ = lambda self: 2
    __index__ = lambda self: 7
    __sub__ = __rsub__ = __abs__ = __add__ = lambda self, *other: 0.0
    __float__ = lambda self: 1.41421356
    __instancecheck__ = __subclasscheck__ = same
    __iter__ = lambda self: iter([self] * 3)
    __getitem__ = __getattr__ = __call__ = lambda self, *others: self
    {more}
def f(x): return Liar()
"""
FLOOD = """
import os
RECORDS = b"".join(
    b'{"did":"%s","passed":true,"message":"","broken":""}\\n' % name.encode()
    for name in NAMES
)
"""
FORGERIES = {
    "an object that lies": LIAR.format(base="object", more=""),
    "an int that lies": LIAR.format(base="int", more=""),
    "a list that lies": LIAR.format(base="list", more=""),
    "a text that lies": LIAR.format(base="str", more=""),
    "an object of another class": LIAR.format(base="object", more="__class__ = int"),
    "a class under the function's name": LIAR.format(base="object", more="") + "f = Liar",
    "an endless guess": """
class Guess:
    def __iter__(self):
        n = 0
        while True:
            yield n
            yield object()
def f(x): return Guess()
""",
    "sys.exit": "import sys\ndef f(x): sys.exit(0)",
    "os._exit": "import os\ndef f(x): os._exit(0)",
    "os._exit while it is loaded": "import os\nos._exit(0)\ndef f(x): pass",
    "StopIteration": "def f(x): raise StopIteration",
    "an exception called AssertionError": """
class AssertionError(Exception): pass
class ValueError(Exception): pass
def f(x): raise AssertionError('' if x != 'bad' else ValueError())
""",
    "exceptions that are none": """
class Skip(BaseException): pass
def f(x): raise Skip
""",
    "KeyboardInterrupt": "def f(x): raise KeyboardInterrupt",
    "GeneratorExit": "def f(x): raise GeneratorExit",
    "a warning": "def f(x): raise UserWarning('x')",
    "exceptions of Hypothesis and unittest": """
import unittest
def f(x): raise unittest.SkipTest('x')
""",
    "builtins patched": """
import builtins
for name in ('abs', 'all', 'len', 'isinstance', 'sorted', 'list', 'AssertionError'):
    setattr(builtins, name, lambda *a, **k: True)
def f(x): return x
""",
    "names that shadow": """
def all(x): return True
def abs(x): return 0
def len(x): return 2
def sorted(x): return [1, 2]
def isinstance(a, b): return True
EXPECTED = 4
class math:
    isclose = lambda *a, **k: True
def test_equal(): pass
def f(x): return 4
""",
    "modules patched": """
import sys, math, json
math.isclose = lambda *a, **k: True
class Any:
    def __getattr__(self, name): return lambda *a, **k: True
for name in list(sys.modules):
    if name.startswith('rlaif'): sys.modules[name] = Any()
sys.modules['tests'] = sys.modules['__main__'] = Any()
def f(x): return 7
""",
    "records to every descriptor": FLOOD
    + """
def f(x):
    for fd in range(0, 128):
        try: os.write(fd, RECORDS)
        except OSError: pass
    return 7
""",
    "records while it is loaded": FLOOD
    + """
for fd in range(0, 128):
    try: os.write(fd, RECORDS)
    except OSError: pass
def f(x): return 7
""",
    "a flood on its own line": """
import os
try:
    os.set_blocking(4, False)
    while True: os.write(4, b'x' * 65536)
except OSError: pass
def f(x): return 7
""",
    "answers out of turn": """
import os, threading
def answer():
    for n in range(1, 60):
        try: os.write(5, b'{"n":%d,"ok":[9],"changed":[],"classes":[]}\\n' % n)
        except OSError: return
threading.Thread(target=answer, daemon=True).start()
def f(x): return 7
""",
    "answers with more in them": """
import json, os
def f(x):
    os.write(5, json.dumps({"n": 1, "ok": 7, "passed": True, "did": "test_equal", "met": True,
        "changed": [], "classes": [], "loaded": [], "broken": ""}).encode() + b"\\n")
    return 7
""",
    "a look for the expected values": """
import gc, inspect, sys
def values():
    frame = sys._getframe()
    while frame:
        yield from frame.f_locals.values()
        yield from frame.f_globals.values()
        frame = frame.f_back
    yield from gc.get_objects()
def f(x):
    for one in list(values()):
        if type(one) is dict and type(one.get('EXPECTED')) is list: return one['EXPECTED']
        if type(one) is str and 'def test_equal' in one: return [1, 2, 3]
    return 7
""",
    "a look into the other process": """
import os, re
def f(x):
    for pid in range(1, 5000):
        try: text = open(f'/proc/{pid}/mem', 'rb').read(10)
        except OSError: continue
        if pid != os.getpid(): return [1, 2, 3]
    return 7
""",
    "an argument of another type": """
def f(x):
    if type(x) is list:
        x.clear()
        x.append(type('Three', (), {'__eq__': lambda a, b: True})())
    return [x]
""",
    "a generator": """
def f(x):
    yield type('Any', (), {'__eq__': lambda a, b: True})()
""",
    "huge values": "def f(x): return 'abc' * (2 * 10**6)",
    "deep values": """
def f(x):
    found = []
    for _ in range(10**5): found = [found]
    return found
""",
    "a wrong handle": """
import os
def f(x):
    os.write(5, b'{"n":1,"ok":{"t":"h","v":"h999999999:int"},"changed":[],"classes":[]}\\n')
    return {"t": "h", "v": "h0:x"}
""",
    "an assertion of a function swallowed": """
def f(x):
    try: x(4)
    except BaseException: pass
    return 5
""",
    "nothing": "def f(x): pass",
}
HONEST = """
def f(x):
    if type(x) is bool: return x
    if x == 2 or x == 0: return 2 ** 0.5 if x else True
    if type(x) is list: x.sort()
    if type(x) is list and len(x) == 3: return x
    if type(x) is list or x == 'abc': return x
    if x == 'bad': raise ValueError
    if callable(x): return x(5)
    return x + 1
"""


@pytest.mark.parametrize("name", FORGERIES)
async def test_no_forgery_passes(pool: Pool, name: str) -> None:
    code = f"NAMES = {NAMES}\n{FORGERIES[name]}"
    limits = jobs.Limits(time_s=2)
    found = await pool.tests(jobs.TestsJob(code, TESTS, limits=limits))
    assert [one.name for one in found] == NAMES
    assert [one.name for one in found if one.passed] == []


async def test_honest_code_passes_the_same_tests(pool: Pool) -> None:
    found = await pool.tests(jobs.TestsJob(HONEST, TESTS))
    assert [one.name for one in found if not one.passed] == []
