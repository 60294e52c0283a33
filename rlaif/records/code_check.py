"""What every check that runs code has: where the code stands, and what it may use."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from rlaif.records.base import Check, Fault, fault
from rlaif.records.code_cases import FunctionCase, ProgramCase
from rlaif.records.jobs import Limits
from rlaif.records.written import Flag, Whole, Words

MEBIBYTE = 2**20

_PACKAGE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*\Z", re.ASCII)
"""As behind `import`: what is installed as scikit-learn is imported as sklearn."""

_MOST_PACKAGES = 100


def _package(name: str) -> str:
    if len(name) > 100 or not _PACKAGE.match(name):
        message = f"'{name[:60]}' is not the name of a package"
        raise fault(message, "as behind 'import': numpy, or sklearn; it is installed beside rlaif")
    return name


def _command(text: str) -> str:
    try:
        parts = shlex.split(text)
    except ValueError as error:
        message = f"the command cannot be read: {str(error).lower()}"
        raise fault(message, _COMMAND_HINT) from error
    if not parts or not parts[0]:
        raise fault("the command names no program", _COMMAND_HINT)
    return text


_COMMAND_HINT = "one program and its arguments, such as ./program --fast; no shell reads it"


Packages = Annotated[
    tuple[Annotated[Words, AfterValidator(_package)], ...], Field(max_length=_MOST_PACKAGES)
]
Command = Annotated[Words, AfterValidator(_command)]
Mebibytes = Annotated[Whole, Field(ge=1, le=4096)]
Processes = Annotated[Whole, Field(ge=1, le=1024)]


class CodeCheck(Check):
    """What all checks that run code have."""

    code_from: Literal["last_block", "first_block", "whole_text"] = "last_block"
    """Where the code stands: in the last fenced block (the whole text where there is none), in the
    first one, or all of the text."""
    code_language: Words | None = None
    """Only blocks marked with this language count; without one, there is no code, and it fails."""
    partial: Flag = False
    """The share of the cases that pass is what the check earns, instead of all or nothing."""


def name_faults(cases: Sequence[FunctionCase | ProgramCase]) -> Iterator[Fault]:
    """Names that two cases have."""
    seen: set[str] = set()
    for place, case in enumerate(cases):
        if case.name is not None and case.name in seen:
            yield Fault(("cases", place, "name"), f"there are two cases '{case.name[:60]}'")
        seen.update([case.name] if case.name is not None else [])


def unread(name: str, given: str | None, instead: str) -> Iterator[Fault]:
    """A file was named, and nothing was read from it: only reading a rubric file does that."""
    if given is not None:
        message = f"'{name}' can be read beside a rubric file only, and this is none"
        yield Fault((name,), message, f"write '{instead}' here")


def limits(time_s: float, memory_mb: int, case: FunctionCase | ProgramCase | None = None) -> Limits:
    """The check's own limits, and the case's where it has some."""
    if case is not None:
        time_s = time_s if case.time_limit_s is None else case.time_limit_s
        memory_mb = memory_mb if case.memory_limit_mb is None else case.memory_limit_mb
    return Limits(time_s, memory_mb * MEBIBYTE)
