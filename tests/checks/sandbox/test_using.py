"""What in an expert's tests hangs on the code that they test."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from rlaif.checks.sandbox.inside.using import Using


def using(text: str) -> Using:
    return Using(ast.parse(dedent(text)).body)


FIRST = {
    "from candidate import f\nx = 1 / 0": None,
    "from candidate import f\nx = f(1)": 1,
    "from candidate import f as g\nx = 1\ny = [g]": 2,
    "import candidate\nassert candidate.LIMIT == 3": 1,
    "assert candidate.LIMIT == 3": 0,
    "import candidate as c\nx = c": 1,
    "import sys\nx = sys.modules['candidate']": 1,
    "from candidate import f\ndef test(): f()": None,
    "from candidate import f\ndef test(x=f()): pass": 1,
    "from candidate import f\n@given(f)\ndef test(): pass": 1,
    "from candidate import f\nclass T(f): pass": 1,
    "from candidate import f\nclass T:\n    def test(self): f()": None,
    "from candidate import f\nclass T:\n    x = f()": 1,
    "from candidate import f\ndef made(): return f()\nx = made()": 2,
    "from candidate import f\nheld = []\n1 / 0\nheld.append(f)\nx = held[0]": 3,
    "from candidate import *\nx = len([1])": None,
    "from candidate import *\nx = LIMIT": 1,
    "from candidate import f\nx = lambda: f()": None,
}


@pytest.mark.parametrize("text", FIRST)
def test_the_first_statement_that_uses_the_code_is_known(text: str) -> None:
    assert using(text).first == FIRST[text]


def test_functions_that_use_the_code_are_known_also_through_others() -> None:
    found = using("""
        from candidate import f
        def helper(x): return f(x)
        def test_direct(): f()
        def test_through(): helper(1)
        def test_within():
            from candidate import g
        def test_alone():
            while True: pass
    """)
    tests = {name for name in found.names if name.startswith("test_")}
    assert tests == {"test_direct", "test_through", "test_within"}
