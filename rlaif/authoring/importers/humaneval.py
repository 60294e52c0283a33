"""HumanEval: a function to be written, and official tests that hold the function to be tested."""

from __future__ import annotations

import ast
from keyword import iskeyword
from typing import Any

from rlaif.authoring.importers.fields import Row, identity, optional_text, text
from rlaif.authoring.importers.imported import BadRow, Completion, Entry, Tally
from rlaif.authoring.importers.python_source import (
    CANDIDATE,
    definitions,
    fenced,
    lines_of,
    module,
    packages,
    unbound,
)

_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_PROMPT = "'prompt' with 'canonical_solution'"


def humaneval(row: Row, tally: Tally) -> Entry:
    """`task_id, prompt, entry_point, canonical_solution, test`, as HumanEval and HumanEval+ have.

    The canonical solution is the completion; the tests are one check.
    """
    prompt, entry = text(row, "prompt"), _entry_point(row)
    solution = (optional_text(row, "canonical_solution") or "").rstrip()
    code = f"{prompt}{solution}\n"
    tree = module(code, _PROMPT) if solution else _begun(prompt)
    if not isinstance(definitions(tree).get(entry), _FUNCTION):
        raise BadRow(f"{_PROMPT} defines no function '{entry}', which is the entry point")
    return Entry(
        identity(row, "task_id"),
        prompt,
        [_check(tree, prompt, entry, text(row, "test"), tally)],
        metadata={"entry_point": entry},
        completions=(Completion(fenced(code)),) if solution else (),
    )


def _begun(prompt: str) -> ast.Module:
    """The tree of a prompt without a solution: a docstring ends most, and is a body."""
    try:
        return module(prompt, "'prompt'")
    except BadRow:
        return module(f"{prompt}\n    pass\n", "'prompt'")


def _entry_point(row: Row) -> str:
    entry = text(row, "entry_point")
    if not entry.isidentifier() or iskeyword(entry):
        raise BadRow("'entry_point' must be the name of a function")
    return entry


def _check(tree: ast.Module, prompt: str, entry: str, test: str, tally: Tally) -> dict[str, Any]:
    """The official tests, and before them what the prompt defines for them."""
    given = _without(tree, entry, prompt)
    official = module(test, "'test'")
    if not isinstance(definitions(official).get("check"), _FUNCTION):
        raise BadRow("'test' defines no function 'check'")
    _refuse_tests(module(given, "what the prompt defines"), "'prompt'")
    _refuse_tests(official, "'test'")
    both = f"{given}\n{test}"
    whole = module(both, "'test' behind the definitions of 'prompt'")
    wanted = _from_the_candidate(both, set(definitions(tree)), tally)
    tests = f"{given}\n{wanted}{test.rstrip()}\n{_official(entry)}".lstrip("\n")
    module(tests, "'test' behind the definitions of 'prompt'")
    made: dict[str, Any] = {"id": "tests", "check": "python_tests", "tests": tests}
    mine = packages(tree)
    theirs = [name for name in packages(whole) if name not in mine]
    named = {"packages": mine, "test_packages": theirs}
    return made | {key: names for key, names in named.items() if names}


def _without(tree: ast.Module, entry: str, prompt: str) -> str:
    """The prompt's own imports and helpers, as they stand there: all but the function asked for.

    The tests may use them, and must have the data set's own, not what a completion makes of them.
    """
    lines = lines_of(prompt)
    for statement in tree.body:
        if isinstance(statement, _FUNCTION) and statement.name == entry:
            first = min([statement.lineno, *(one.lineno for one in statement.decorator_list)])
            past = statement.end_lineno or statement.lineno
            lines[first - 1 : past] = [""] * len(lines[first - 1 : past])
    return "\n".join(lines).strip("\n")


def _refuse_tests(tree: ast.Module, name: str) -> None:
    """Functions that would be run as tests although the official run does not call them."""
    taken = [one for one in definitions(tree) if one.startswith("test_")]
    if taken:
        raise BadRow(f"{name} defines '{taken[0]}', which would be run as a test of its own")


def _from_the_candidate(code: str, defined: set[str], tally: Tally) -> str:
    """The import of what the tests use, and only the solution defines."""
    missing = unbound(code)
    for name in missing:
        if name not in defined:
            tally.warnings.add(f"{tally.where}: its tests use '{name}', which nothing defines")
    wanted = [name for name in missing if name in defined]
    return f"\nfrom {CANDIDATE} import {', '.join(wanted)}\n" if wanted else ""


def _official(entry: str) -> str:
    """The one test: the official call. The import stands in it, where it is the test that fails."""
    return (
        f"\n\ndef test_official():\n    from {CANDIDATE} import {entry} as {CANDIDATE}\n\n"
        f"    check({CANDIDATE})\n"
    )
