"""Records that hostile code writes by itself: each is a no, none makes this side raise or hang."""

from __future__ import annotations

import asyncio
import time

import pytest

from rlaif.checks.run import run_code_check
from rlaif.checks.sandbox.hostile import read_line, text_of
from rlaif.checks.sandbox.inside.calls import LONGEST_LINE
from rlaif.checks.sandbox.inside.values import Garbled, decode
from rlaif.checks.sandbox.pool import Pool
from rlaif.records.checks import CHECKS
from rlaif.records.outcome import Verdict
from rlaif.records.subject import Subject, Turn

CHECK = CHECKS["python_function"].model_validate(
    {
        "check": "python_function",
        "function": "f",
        "cases": [{"call": "f(1)", "returns": {"a": [1]}}],
        "time_limit_s": 1,
    }
)
DEEP = "b'[' * 1000 + b']' * 1000"
RECORDS = {
    "a deep reason": f"b'{{\"no_code\":' + {DEEP} + b'}}'",
    "a deep name": f"b'{{\"i\":0,\"absent\":' + {DEEP} + b'}}'",
    "a deep text": f'b\'{{"i":0,"raised":["X"],"told":\' + {DEEP} + b\'}}\'',
    "deep names of exceptions": f"b'{{\"i\":0,\"raised\":[' + {DEEP} + b']}}'",
    "a deep value": f"b'{{\"i\":0,\"ok\":' + {DEEP} + b'}}'",
    "arguments that are a number": 'b\'{"i":0,"ok":5,"args":7}\'',
    "arguments that are nothing": 'b\'{"i":0,"ok":5,"args":null}\'',
    "arguments that are an object": 'b\'{"i":0,"ok":5,"args":{"t":1}}\'',
    "a dict of no pairs": 'b\'{"i":0,"ok":{"t":"d","v":[{"v":[]},{"v":[1]},{"x":1}]}}\'',
    "numbers beyond all": 'b\'{"i":0,"ok":1e400,"s":1e400,"m":99999999999999999999999}\'',
    "no number": 'b\'{"i":0,"ok":NaN,"s":NaN,"m":-1}\'',
    "a complex number of lists": 'b\'{"i":0,"ok":{"t":"c","v":[[],"x"]}}\'',
    "half a pair": 'b\'{"i":0,"ok":"\\\\ud800","args":["\\\\udfff"]}\'',
    "a line without an end": "b'[' * (1 << 22)",
}
FRAME = """
import os, time
def f(x):
    record = {} + b'\\n'
    while record:
        record = record[os.write(4, record):]
    time.sleep(60)
"""
VALUES = {
    "sets within sets": """
def f(x):
    found = frozenset()
    for _ in range(60): found = frozenset([found])
    return found
""",
    "numbers of the same hash": """
def f(x): return Alike()
class Alike(set): pass
import os, json, time
def f(x):
    found = [{'t': 'i', 'v': hex(n * (2**61 - 1))} for n in range(1, 40000)]
    line = json.dumps({'i': 0, 'ok': {'t': 's', 'v': found}}).encode() + b'\\n'
    while line: line = line[os.write(4, line):]
    time.sleep(60)
""",
    "an exception with half a pair": "def f(x): raise ValueError(chr(0xd800))",
    "a name that moves the cursor": "def f(x): return type('\\x1b[2J\\u202e', (), {})()",
}


async def verdict(pool: Pool, code: str) -> Verdict:
    text = f"```python\n{code}\n```"
    subject = Subject((), (Turn("assistant", text),), text, text)
    outcome = await run_code_check(CHECK, subject, pool)
    assert isinstance(outcome, Verdict), outcome
    return outcome


@pytest.mark.asyncio(loop_scope="module")
async def test_whatever_is_written_is_a_no_and_said_in_plain_characters(pool: Pool) -> None:
    """All at once, with honest neighbours: 18 forged records and values."""
    hostile = {**{name: FRAME.format(one) for name, one in RECORDS.items()}, **VALUES}
    began = time.monotonic()
    found = await asyncio.gather(*(verdict(pool, one) for one in hostile.values()))
    honest = await asyncio.gather(*(verdict(pool, "def f(x): return {'a': [x]}") for _ in "12"))
    for name, one in zip(hostile, found, strict=True):
        assert one.distribution == (1.0, 0.0), name
        assert all(case.message.isprintable() for case in one.cases), name
    assert [one.distribution for one in honest] == [(0.0, 1.0)] * 2
    assert time.monotonic() - began < 30


def test_parts_with_one_hash_are_refused_before_a_table_of_them_is_built() -> None:
    alike = [{"t": "i", "v": hex(n * (2**61 - 1))} for n in range(1, 1000)]
    pairs = [{"t": "tu", "v": [one, 0]} for one in alike]
    for data in ({"t": "s", "v": alike}, {"t": "fs", "v": alike}, {"t": "d", "v": pairs}):
        with pytest.raises(Garbled, match="the same hash"):
            decode(data, lambda *_: None)
    assert len(decode({"t": "s", "v": list(range(1000))}, lambda *_: None)) == 1000


def test_what_is_no_record_is_an_empty_one() -> None:
    assert read_line(None) == read_line(b"") == read_line(b"[1]") == read_line(b"{") == {}
    assert read_line(b'{"a":"' + b"x" * (LONGEST_LINE + 5000) + b'"}') == {}
    assert read_line(b'{"a":"\\ud800"}') == {"a": "\ud800"}


def test_what_is_no_text_is_an_empty_one() -> None:
    deep: list[object] = []
    for _ in range(2000):
        deep = [deep]
    assert text_of(deep) == text_of(None) == text_of(5) == ""
    assert text_of("abc", 2) == "ab"
