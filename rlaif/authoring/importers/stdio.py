"""Programs by what they read and write: APPS, TACO, CodeContests and what is shaped like them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from keyword import iskeyword
from typing import Any

from rlaif.authoring.importers.fields import Row, mapping, object_of, optional_text, text
from rlaif.authoring.importers.imported import BadRow, Completion, Entry, Tally
from rlaif.authoring.importers.json_text import exact_json
from rlaif.authoring.importers.python_source import fenced
from rlaif.authoring.importers.solutions import python_solution, with_typing

_QUESTION = ("question", "prompt", "description", "problem")
_ID = ("prompt_id", "sample_id", "problem_id", "question_id", "task_id", "id", "name")
_KEPT = ("difficulty", "source", "url", "cf_rating")
_SETS = ("public_tests", "private_tests", "generated_tests")
_FRACTION = re.compile(r"(?<![\w.])[-+]?\d*\.\d+(?:[eE][-+]?\d+)?(?![\w.])")
_A_LIST = re.compile(r"->\s*(?:typing\.)?[Ll]ist\b")
_TOLERANCE = 1e-5
_UNWRAPPED = "rows whose expected values each stood in a list of one, which was taken off"


def stdio(row: Row, tally: Tally) -> Entry:
    """A problem, its inputs and outputs, and perhaps solutions, the first of which is taken.

    Inputs and outputs stand in `input_output`, or in `public_tests`, `private_tests` and
    `generated_tests`. With an `fn_name` a function is called, else a program is run.
    """
    question = next((name for name in _QUESTION if row.get(name)), "question")
    given = _given(row)
    solution = python_solution(row, tally)
    starter = optional_text(row, "starter_code") or ""
    if given.get("fn_name") is None:
        check, wanted = _program(given), _READS_AND_WRITES
    else:
        name = _name(given["fn_name"])
        in_class = "class Solution" in (starter if starter.strip() else solution or "")
        check = _function(given, f"Solution().{name}" if in_class else name, starter, tally)
        wanted = f"Write a Python class `Solution` with a method `{name}`."
        wanted = wanted if in_class else f"Write a Python function `{name}`."
    if starter.strip():
        wanted = f"Begin with this code:\n\n{fenced(with_typing(starter))}\n\n{wanted}"
    return Entry(
        _identity(row, tally),
        f"{text(row, question)}\n\n{wanted}",
        [check],
        metadata={key: row[key] for key in _KEPT if isinstance(row.get(key), str | int)},
        completions=(Completion(fenced(solution)),) if solution else (),
    )


_READS_AND_WRITES = (
    "Write a Python program that reads from standard input and writes to standard output."
)


def _identity(row: Row, tally: Tally) -> str:
    for name in _ID:
        if isinstance(row.get(name), str | int) and str(row[name]).strip():
            return str(row[name])
    return str(tally.place)


def _given(row: Row) -> Row:
    """`{inputs, outputs, fn_name?}`, whichever way the row has them."""
    if "input_output" in row or not any(name in row for name in _SETS):
        packed = row.get("input_output")
        if isinstance(packed, str) and packed.strip():
            return object_of(exact_json(packed, "input_output"))
        return mapping(row, "input_output")
    inputs: list[Any] = []
    outputs: list[Any] = []
    for name in _SETS:
        if row.get(name):
            tests = mapping(row, name)
            ins, outs = _list_of(tests, "input", name), _list_of(tests, "output", name)
            if len(ins) != len(outs):
                raise BadRow(f"'{name}' has {len(ins)} inputs and {len(outs)} outputs")
            inputs += ins
            outputs += outs
    return {"inputs": inputs, "outputs": outputs}


def _list_of(given: Row, name: str, where: str) -> list[Any]:
    value = given.get(name)
    if not isinstance(value, list):
        raise BadRow(f"'{name}' of '{where}' must be a list")
    return value


def _pairs(given: Row) -> Iterator[tuple[int, Any, Any]]:
    """Each input with its output, and its number from 1."""
    inputs = _list_of(given, "inputs", "input_output")
    outputs = _list_of(given, "outputs", "input_output")
    if len(inputs) != len(outputs) or not inputs:
        told = f"{len(inputs)} inputs and {len(outputs)} outputs"
        raise BadRow(f"there are {told}: each case needs one of both")
    return zip(range(1, len(inputs) + 1), inputs, outputs, strict=True)


def _program(given: Row) -> dict[str, Any]:
    cases = [
        {"stdin": _stream(put, f"input {n}"), "stdout": _stream(got, f"output {n}")}
        for n, put, got in _pairs(given)
    ]
    made = {"id": "tests", "check": "program", "language": "python", "compare": "tokens"}
    if any(_FRACTION.search(case["stdout"]) for case in cases):
        return {**made, "tolerance": _TOLERANCE, "cases": cases}
    return {**made, "cases": cases}


def _stream(value: Any, name: str) -> str:
    """What goes through a standard stream: a text, or its lines."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "\n".join(value)
    if not isinstance(value, str):
        raise BadRow(f"{name} must be text, or a list of lines")
    return value


def _name(value: Any) -> str:
    if not isinstance(value, str) or not value.isidentifier() or iskeyword(value):
        raise BadRow("'fn_name' must be the name of a function")
    return value


def _function(given: Row, called: str, starter: str, tally: Tally) -> dict[str, Any]:
    """Calls as texts: JSON's numbers may be longer than those of a file of ours."""
    cases = []
    pairs = list(_pairs(given))
    wrapped = _are_wrapped([got for _, _, got in pairs], starter)
    tally.notes[_UNWRAPPED] += wrapped
    for n, put, got in pairs:
        if not isinstance(put, list):
            raise BadRow(f"input {n} must be the list of the function's arguments")
        call = f"{called}({', '.join(map(repr, put))})"
        cases.append({"call": call, "returns_python": repr(got[0] if wrapped else got)})
    return {"id": "tests", "check": "python_function", "cases": cases}


def _are_wrapped(outputs: Sequence[Any], starter: str) -> bool:
    """Whether each output is a list that holds the value which is expected.

    Some of these data sets write it so, some do not. A function that says it returns a list does
    not return what is none.
    """
    if not all(isinstance(got, list) and len(got) == 1 for got in outputs):
        return False
    return not _A_LIST.search(starter) or all(isinstance(got[0], list) for got in outputs)
