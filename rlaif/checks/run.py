"""A check and a subject to an outcome, and the key under which that outcome is kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from rlaif.lazy import load
from rlaif.records.checks import Check
from rlaif.records.identity import canonical, digest
from rlaif.records.outcome import Failure, Verdict
from rlaif.records.subject import Subject

_Function = Callable[[Check, Subject], Verdict | Failure]


class _Program(NamedTuple):
    """Where a check's code lies, and what its outcome depends on."""

    target: str
    version: int
    """Goes up with every change that can move an outcome; old outcomes are then asked anew."""
    reads: tuple[str, ...] = ("final",)
    """Fields of the subject."""
    unless: str | None = None
    """The parameter which, when given, stands in for the reference."""


_BOTH = ("final", "reference")
_PROGRAMS = {
    "final_number": _Program("rlaif.checks.final_number:final_number", 1, _BOTH, "equals"),
    "exact": _Program("rlaif.checks.wording:exact", 1, _BOTH, "text"),
    "contains": _Program("rlaif.checks.wording:contains", 1),
    "regex": _Program("rlaif.checks.wording:regex", 1),
    "length": _Program("rlaif.checks.extent:length", 1),
    "json_schema": _Program("rlaif.checks.json_schema:json_schema", 1),
    "choice": _Program("rlaif.checks.choice:choice", 1, _BOTH, "answer"),
    "finished": _Program("rlaif.checks.extent:finished", 1, ("finish_reason",)),
}
"""Every check by the name that a file gives it; loaded when it is first run."""


def check_versions() -> str:
    """Hash of every check's version: grades made under other versions are made anew."""
    return digest(*(f"{name} {program.version}" for name, program in sorted(_PROGRAMS.items())))


def run_check(check: Check, subject: Subject) -> Verdict | Failure:
    """What the check says of the subject: yes or no with value 1 or 0, and one case with the why.

    Whatever the completion brings about is a no; a failure is a reference that is not there.
    """
    return _function(_name(check))(check, subject)


def check_key(check: Check, subject: Subject) -> str:
    """32 hex digits over what the check reads of the subject, its parameters and its version."""
    name = _name(check)
    program = _PROGRAMS[name]
    reads = program.reads
    if program.unless is not None and getattr(check, program.unless) is not None:
        reads = tuple(field for field in reads if field != "reference")
    return digest(
        "check",
        name,
        str(program.version),
        canonical(check.as_written()),
        *(part for field in reads for part in _part(field, getattr(subject, field))),
    )


def _name(check: Check) -> str:
    return str(getattr(check, "check"))  # noqa: B009


@lru_cache(maxsize=len(_PROGRAMS))
def _function(name: str) -> _Function:
    found: Any = load(_PROGRAMS[name].target)
    return found  # type: ignore[no-any-return]


def _part(field: str, value: str | None) -> tuple[str, ...]:
    """A field that is absent differs from one that is empty."""
    return (field,) if value is None else (field, value)
