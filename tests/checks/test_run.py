from collections.abc import Callable
from typing import get_args

import pytest

from rlaif.checks.run import _PROGRAMS, check_key, run_check
from rlaif.lazy import load
from rlaif.records.checks import CHECKS, Check
from rlaif.records.subject import Subject

Make = Callable[..., Subject]

PARAMETERS: dict[str, dict[str, object]] = {
    "contains": {"text": "x"},
    "regex": {"pattern": "x"},
    "length": {"max": 5},
    "json_schema": {"schema": {"type": "object"}},
}
HOSTILE = [
    "",
    "\0",
    "\ud800",
    "[" * 100_000,
    "1e999999999",
    "9" * 100_000,
    "a" * 1_000_000,
    "\u202e",
]


def made(name: str, **parameters: object) -> Check:
    return CHECKS[name].model_validate({"check": name, **PARAMETERS.get(name, {}), **parameters})


def test_every_check_has_its_program() -> None:
    assert list(_PROGRAMS) == list(CHECKS)
    for name, program in _PROGRAMS.items():
        assert callable(load(program.target))
        assert get_args(CHECKS[name].model_fields["check"].annotation) == (name,)


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_completion_makes_a_check_raise(subject: Make, name: str, text: str) -> None:
    run_check(made(name), subject(text, "B 18"))
    check_key(made(name), subject(text, "B 18"))


def test_the_key_is_what_the_check_reads(subject: Make) -> None:
    number = made("final_number")
    key = check_key(number, subject("18", "18"))
    assert len(key) == 32
    assert key == check_key(number, subject("18", "18", finish="length"))
    assert key != check_key(number, subject("19", "18"))
    assert key != check_key(number, subject("18", "19"))
    assert key != check_key(made("final_number", tolerance=1), subject("18", "18"))
    assert check_key(number, subject("18", "")) != check_key(number, subject("18"))


def test_the_key_leaves_out_what_the_check_does_not_read(subject: Make) -> None:
    equals = made("final_number", equals=18)
    assert check_key(equals, subject("18", "a")) == check_key(equals, subject("18", "b"))
    contains = made("contains")
    assert check_key(contains, subject("x", "a")) == check_key(contains, subject("x", "b"))
    finished = made("finished")
    assert check_key(finished, subject("x")) == check_key(finished, subject("y"))
    assert check_key(finished, subject("x")) != check_key(finished, subject("x", finish="length"))
