"""Trees that several threads make at once."""

import ast
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from rlaif.records.syntax_tree import syntax_tree


def test_trees_made_by_many_threads_are_all_whole() -> None:
    text = "x = " + "[" * 60 + "1" + "]" * 60 + "\n" + "y = f(1, 2, a=[3])\n" * 50
    wanted = ast.dump(ast.parse(text))
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as workers:
            found = list(workers.map(lambda _: ast.dump(syntax_tree(text)), range(64)))
    finally:
        sys.setswitchinterval(before)
    assert found == [wanted] * 64


def test_a_neighbours_tree_is_no_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    parse, calls = ast.parse, []

    def disturbed(*given: object, **named: object) -> ast.AST:
        calls.append(given)
        if len(calls) < 3:
            raise SystemError("AST constructor recursion depth mismatch (before=162, after=38)")
        return parse(*given, **named)  # type: ignore[call-overload, no-any-return]  # passed on

    monkeypatch.setattr(ast, "parse", disturbed)
    assert isinstance(syntax_tree("1 + 1", "eval"), ast.Expression)
    assert len(calls) == 3
