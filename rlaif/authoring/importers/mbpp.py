"""MBPP: a task in a sentence, and asserts that the code must pass."""

from __future__ import annotations

import ast
import textwrap
from typing import Any

from rlaif.authoring.importers.fields import Row, identity, listing, optional_text, text
from rlaif.authoring.importers.imported import BadRow, Completion, Entry, Tally
from rlaif.authoring.importers.python_source import (
    CANDIDATE,
    definitions,
    fenced,
    imports,
    module,
    packages,
    unbound,
)
from rlaif.records.calls import NotPlain, literal, parsed_call
from rlaif.records.python_text import parsed

_UNUSED = {
    "challenge_test_list": "rows with challenge tests, which the official score leaves out as well",
    "test": "rows with 'test', a longer text of tests, of which only 'test_list' is taken",
}


def mbpp(row: Row, tally: Tally) -> Entry:
    """`task_id, text or prompt, code, test_list`, and perhaps `test_setup_code, test_imports`.

    The prompt shows the tests, as the official one does: they alone name the function.
    """
    asked = optional_text(row, "text") or text(row, "prompt")
    tests = _texts(row, "test_list")
    if not tests:
        raise BadRow("'test_list' must be a list, and not empty")
    code = optional_text(row, "code")
    reference = module(code, "'code'") if code else ast.Module([], [])
    for name, note in _UNUSED.items():
        tally.notes[note] += bool(row.get(name))
    return Entry(
        identity(row, "task_id"),
        "\n".join([asked, "", "Your code must pass these tests:", "", *tests]),
        [_check(row, tests, reference, tally)],
        completions=(Completion(fenced(code)),) if code else (),
    )


def _texts(row: Row, name: str) -> list[str]:
    """A list of texts that may be absent."""
    given = listing(row, name, least=0) if row.get(name) is not None else []
    if not all(isinstance(one, str) and one.strip() for one in given):
        raise BadRow(f"'{name}' must be a list of texts, none of them empty")
    return given


def _check(row: Row, tests: list[str], reference: ast.Module, tally: Tally) -> dict[str, Any]:
    trees = [module(one, f"test {place}") for place, one in enumerate(tests, 1)]
    setup = optional_text(row, "test_setup_code") or ""
    if not setup.strip():
        own = set(definitions(reference))
        cases = [_case(one, tree, own) for one, tree in zip(tests, trees, strict=True)]
        if all(cases):
            needed = {"packages": found} if (found := packages(reference)) else {}
            return {"id": "tests", "check": "python_function", "cases": cases, **needed}
    given = "\n".join(_texts(row, "test_imports"))
    module(given, "'test_imports'")
    if not setup.strip():
        functions = [_Function(f"test_{n}", [one]) for n, one in enumerate(tests, 1)]
    else:
        module(setup, "'test_setup_code'")
        functions = [_Function("test_all", [setup, *tests])]
    return _with_tests(given, functions, reference, tally)


def _case(test: str, tree: ast.Module, own: set[str]) -> dict[str, str] | None:
    """The case of `assert NAME(literals) == literal`, where strict types decide as `==` does."""
    only = tree.body[0] if len(tree.body) == 1 else None
    compared = only.test if isinstance(only, ast.Assert) else None
    if not isinstance(compared, ast.Compare) or not isinstance(compared.left, ast.Call):
        return None
    if len(compared.ops) != 1 or not isinstance(compared.ops[0], ast.Eq):
        return None
    called = compared.left.func
    if not isinstance(called, ast.Name) or not (called.id in own or unbound(called.id)):
        return None
    call = ast.get_source_segment(test, compared.left) or ""
    returns = ast.get_source_segment(test, compared.comparators[0]) or ""
    try:
        parsed_call(call)
        decided = _strict_enough(literal(returns))
    except NotPlain:
        return None
    return {"call": call, "returns_python": returns} if decided else None


def _strict_enough(expected: Any) -> bool:
    """Whether what is equal to `expected` is the same to a strict comparison as well.

    Not where 0, 1, True or False is expected: `True == 1` passes the assert, and fails there.
    """
    if isinstance(expected, dict):
        return all(_strict_enough(part) for pair in expected.items() for part in pair)
    if isinstance(expected, list | tuple | set):
        return all(map(_strict_enough, expected))
    if isinstance(expected, int | float):
        return expected not in (0, 1) and expected == expected
    return expected is None or isinstance(expected, str | bytes)


class _Function:
    """A test function made of statements that stood at the top of a module."""

    def __init__(self, name: str, texts: list[str]) -> None:
        self._name = name
        self._body = "\n".join(map(_indented, texts))

    def text(self, wanted: list[str] | None = None) -> str:
        """The function; it takes the names `wanted` from the candidate's code."""
        taken = f"    from {CANDIDATE} import {', '.join(wanted)}\n\n" if wanted else ""
        return f"def {self._name}():\n{taken}{self._body}\n"


def _indented(code: str) -> str:
    """`code` as part of a function; written anew where its texts span several lines."""
    code = code.strip("\n")
    moved, tree = textwrap.indent(code, "    "), parsed(code)
    try:
        (function,) = parsed(f"def test():\n{moved}\n").body
        if isinstance(function, ast.FunctionDef) and _dumped(function.body) == _dumped(tree.body):
            return moved
        return textwrap.indent(ast.unparse(tree), "    ")
    except (ValueError, RecursionError, MemoryError) as error:
        raise BadRow(f"a test cannot stand in a function: {code[:60]!r}") from error


def _dumped(body: list[ast.stmt]) -> list[str]:
    return list(map(ast.dump, body))


def _with_tests(
    given: str, functions: list[_Function], reference: ast.Module, tally: Tally
) -> dict[str, Any]:
    """One check of test functions; names that they lack come from imports or the completion."""
    known, own = imports(reference), set(definitions(reference))
    head, made, any_wanted = [given] if given else [], [], False
    for function in functions:
        code = f"{given}\n\n{function.text()}"
        module(code, "the tests with their imports")
        missing = unbound(code)
        head += [known[name] for name in missing if name in known and known[name] not in head]
        wanted = [name for name in missing if name not in known]
        any_wanted = any_wanted or bool(wanted)
        made.append(function.text(wanted))
        if reference.body:
            for name in sorted(set(wanted) - own):
                tally.warnings.add(f"{tally.where}: its tests use '{name}', which nothing defines")
    if not any_wanted:
        raise BadRow("the tests call nothing that a completion could define")
    tests = "\n\n".join(["\n".join(head) + "\n"] * bool(head) + made)
    whole = module(tests, "the tests with their imports")
    mine = packages(reference)
    theirs = [name for name in packages(whole) if name not in mine]
    named = {"packages": mine, "test_packages": theirs}
    check = {"id": "tests", "check": "python_tests", "tests": tests}
    return check | {key: names for key, names in named.items() if names}
