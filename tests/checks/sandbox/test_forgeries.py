"""Wrong solutions that try to get a pass from `python_function`: none does, in any tier."""

from __future__ import annotations

import asyncio

import pytest

from rlaif.checks.run import run_code_check
from rlaif.checks.sandbox.pool import Pool
from rlaif.records.criterion import Checked
from rlaif.records.outcome import Verdict
from rlaif.records.subject import Subject, Turn

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHECK = Checked.model_validate(
    {
        "id": "c",
        "check": "python_function",
        "function": "f",
        "cases": [
            {"name": "sum", "call": "f(2, 3)", "returns": 5},
            {"name": "list", "call": "f([1], [2])", "returns": [1, 2]},
            {"name": "text", "call": "f('a', 'b')", "returns": "ab"},
            {"name": "error", "call": "f(1, 'b')", "raises": "TypeError"},
            {"name": "secret", "call": "f(4000, 242)", "returns": 4242},
        ],
        "hidden": {
            "count": 5,
            "seed": 3,
            "arguments": [{"integers": {"min": 0, "max": 9}}, {"integers": {"min": 0, "max": 9}}],
            "reference": "def f(a, b):\n    return a + b\n",
        },
        "partial": True,
        "time_limit_s": 2,
    }
)
HONEST = "def f(a, b):\n    return a + b\n"
WRONG = "def f(a, b):\n    return a - b\n"

FORGERIES = {
    "equal to everything": """
class Same:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
def f(a, b): return Same()
""",
    "an int that is equal to everything": """
class Same(int):
    def __eq__(self, other): return True
def f(a, b): return Same(0)
""",
    "a list that is equal to everything": """
class Same(list):
    def __eq__(self, other): return True
    def __len__(self): return 2
def f(a, b): return Same()
""",
    "a text that is equal to everything": """
class Same(str):
    def __eq__(self, other): return True
def f(a, b): return Same('')
""",
    "a lying __class__": """
class Same:
    __class__ = int
    def __eq__(self, other): return True
    def __index__(self): return 5
def f(a, b): return Same()
""",
    "exit with status 0": "import os\ndef f(a, b): os._exit(0)\n",
    "exit with status 0 on loading": "import os\nos._exit(0)\n",
    "sys.exit": "import sys\ndef f(a, b): sys.exit(0)\n",
    "expected values in the caller's frames": """
import sys
def f(a, b):
    frame = sys._getframe(1)
    while frame:
        for value in list(frame.f_locals.values()):
            if value in (5, 4242): return value
            if isinstance(value, dict):
                for key in ('expected', 'returns', 'want'):
                    if key in value: return value[key]
        frame = frame.f_back
""",
    "expected values in the garbage collector": """
import gc
def f(a, b):
    for found in gc.get_objects():
        if isinstance(found, dict) and ('returns' in found or 'expected' in found):
            return found.get('returns', found.get('expected'))
""",
    "the answer 4242 in memory": """
import gc
def f(a, b):
    for found in gc.get_objects():
        if type(found) in (list, tuple) and any(type(v) is int and v == 4000 + 242 for v in found):
            return [v for v in found if type(v) is int][-1]
""",
    "records of its own on every descriptor": """
import json, os
def f(a, b):
    for case in range(12):
        for how in ({'ok': 5}, {'passed': True}, {'pass': True, 'ok': 5}, {'verdict': 'yes'}):
            line = json.dumps({'i': case, 's': 0.0, 'm': 1, **how}).encode() + b'\\n'
            for number in range(64):
                try: os.write(number, line)
                except OSError: pass
    return 0
""",
    "the records of others, before theirs": """
import json, os
for number in range(3, 64):
    try: os.write(number, b'{"loaded":true}\\n')
    except OSError: pass
    for case in range(12):
        try: os.write(number, json.dumps({'i': case, 'ok': None}).encode() + b'\\n')
        except OSError: pass
os._exit(0)
""",
    "the driver's functions replaced": """
import sys
for name, module in list(sys.modules.items()):
    for attribute in list(vars(module) if hasattr(module, '__dict__') else ()):
        if attribute in ('encode', 'dumps', '_called', '_encode_leaf'):
            try: setattr(module, attribute, lambda *a, **k: b'{"i":0,"ok":5,"passed":true}\\n')
            except Exception: pass
def f(a, b): return 5
""",
    "json replaced": """
import json
json.dumps = lambda *a, **k: '{"i":0,"ok":5}'
json.loads = lambda *a, **k: {}
def f(a, b): return 5
""",
    "builtins replaced": """
import builtins
builtins.isinstance = lambda *a: True
builtins.type = lambda *a: int
builtins.len = lambda *a: 2
builtins.getattr = lambda *a: (lambda *x, **y: 5)
def f(a, b): return 5
""",
    "nan": "def f(a, b): return float('nan')\n",
    "infinity": "def f(a, b): return float('inf')\n",
    "True for 1": "def f(a, b): return True\n",
    "a tuple for a list, a float for a text": "def f(a, b): return (1, 2)\n",
    "raises everything": "def f(a, b): raise TypeError('5')\n",
    "an exception of that name": """
class TypeError(BaseException): pass
def f(a, b): raise TypeError
""",
    "a generator": "def f(a, b):\n    yield 5\n",
    "a thread that answers": """
import json, os, threading, time
def answer():
    for case in range(12):
        for number in range(3, 64):
            try: os.write(number, json.dumps({'i': case, 'ok': 5}).encode() + b'\\n')
            except OSError: pass
def f(a, b):
    threading.Thread(target=answer).start()
    time.sleep(0.05)
    return 0
""",
    "the input sent back as the output": "def f(a, b):\n    return a\n",
    "tags of the wire": """
def f(a, b): return {'t': 'i', 'v': '0x5'}
""",
    "pretends to be tested": """
import sys
def f(a, b): return 5 if 'pytest' in sys.modules or a == 2 else None
""",
    "a property of the module": """
import sys, types
class Module(types.ModuleType):
    @property
    def f(self): return lambda *a: 5
sys.modules['candidate'].__class__ = Module
""",
    "reads the rubric from the disk": """
import glob
def f(a, b):
    for path in glob.glob('/**/*.yaml', recursive=True)[:50]:
        try:
            text = open(path).read()
            if 'returns' in text: return eval(text.split('returns:')[1].splitlines()[0])
        except OSError: pass
""",
    "waits for its turn to know more": """
import os
def f(a, b):
    data = b''
    for number in range(3, 64):
        try:
            os.set_blocking(number, False)
            data += os.read(number, 65536)
        except OSError: pass
    return 4242 if b'4242' in data else None
""",
}


def subject(text: str) -> Subject:
    return Subject((), (Turn("assistant", text),), text, text)


async def share(pool: Pool, code: str) -> tuple[float, Verdict]:
    outcome = await run_code_check(CHECK.check, subject(f"```python\n{code}\n```"), pool)
    assert isinstance(outcome, Verdict), outcome
    return outcome.distribution[1], outcome


@pytest.mark.parametrize("name", FORGERIES)
async def test_no_forgery_passes_and_its_honest_neighbours_do(pool: Pool, name: str) -> None:
    forged, *neighbours = await asyncio.gather(
        share(pool, FORGERIES[name]), *(share(pool, HONEST) for _ in range(3))
    )
    lucky = {"raises everything": 0.1, "pretends to be tested": 0.1, "the input sent back": 0.4}
    most = max((v for k, v in lucky.items() if name.startswith(k)), default=0.3)
    assert forged[0] <= most, forged[1].cases
    assert not all(case.passed for case in forged[1].cases)
    assert [value for value, _ in neighbours] == [1.0, 1.0, 1.0]


async def test_a_wrong_solution_that_does_not_cheat_fails_the_same(pool: Pool) -> None:
    value, _ = await share(pool, WRONG)
    assert value < 0.5


async def test_no_message_tells_what_a_hidden_case_expects(pool: Pool) -> None:
    _, verdict = await share(pool, "def f(a, b):\n    return 'nothing'\n")
    hidden = [case for case in verdict.cases if "hidden" in case.name]
    assert len(hidden) == 5
    assert not any("expected" in case.message for case in hidden)
