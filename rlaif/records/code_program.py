"""The check that runs a whole program, in any language."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from rlaif.records.base import Fault, fault, nearest, refuse
from rlaif.records.code_cases import ProgramCase
from rlaif.records.code_check import (
    MEBIBYTE,
    CodeCheck,
    Command,
    Mebibytes,
    Packages,
    Processes,
    limits,
    name_faults,
    unread,
)
from rlaif.records.code_fields import MOST_CASES, FilePath, MemoryLimit, TimeLimit, Tolerance
from rlaif.records.code_languages import ALSO, LANGUAGES, Language
from rlaif.records.jobs import Limits
from rlaif.records.written import Words


def _language(text: str) -> str:
    said = text.strip().lower()
    name = ALSO.get(said, said)
    if name not in LANGUAGES:
        hint = nearest(name[:100], LANGUAGES)
        raise fault(f"nothing is known of the language '{text[:60]}'", hint)
    return name


LanguageName = Annotated[Words, AfterValidator(_language)]


class Program(CodeCheck):
    """The completion's program, in any language, does what it should, run by run.

    Each case runs in the sandbox, in an empty folder of its own with the compiled files.
    """

    check: Literal["program"]
    language: LanguageName | None = None
    """Gives `file`, `compile` and `run` where they are not given: python, c, c++, rust, javascript,
    bash, perl, ruby, lua or php."""
    file: FilePath | None = None
    """The name under which the code is saved."""
    compile: Command | None = None
    """The command that compiles it, once; `{file}` stands for the name of the file."""
    run: Command | None = None
    """The command that runs it; the case's arguments stand behind it."""
    cases: Annotated[tuple[ProgramCase, ...], Field(max_length=MOST_CASES)] = ()
    """The cases: what the program is given, and what must come of it."""
    cases_file: Words | None = None
    """More cases, from a .jsonl or .csv file under the rubric's folder, a case a row."""
    compare: Literal["lines", "exact", "tokens"] = "lines"
    """How texts are compared: `lines` lets white space at the ends of lines and empty lines at the
    end pass, `tokens` all white space, `exact` nothing."""
    tolerance: Tolerance = 0.0
    """Numbers may differ so much, relative to the expected number or to 1, whichever is more; with
    `compare: tokens`."""
    packages: Packages = ()
    """Installed Python packages that the program may import."""
    time_limit_s: TimeLimit = 10.0
    """Seconds for one case."""
    compile_time_limit_s: TimeLimit = 30.0
    """Seconds for compiling."""
    memory_limit_mb: MemoryLimit = 512
    """Mebibytes of memory of one process."""
    scratch_limit_mb: Mebibytes = 32
    """Mebibytes of files that it may leave, and of output."""
    processes: Processes = 32
    """Processes and threads at once."""

    def limits(self, case: ProgramCase | None = None) -> Limits:
        """What the program may use in one case."""
        own = limits(self.time_limit_s, self.memory_limit_mb, case)
        return replace(own, scratch=self.scratch_limit_mb * MEBIBYTE, processes=self.processes)

    @property
    def compile_limits(self) -> Limits:
        """What compiling may use."""
        return replace(self.limits(), time_s=self.compile_time_limit_s)

    @property
    def file_name(self) -> str:
        """The name under which the code is saved."""
        return self.file or self._known.file

    @property
    def compile_command(self) -> tuple[str, ...]:
        """The command that compiles; empty where nothing is to be compiled."""
        return _words(self.compile or self._known.compile, self.file_name)

    @property
    def run_command(self) -> tuple[str, ...]:
        """The command that runs, without a case's arguments."""
        return _words(self.run or self._known.run, self.file_name)

    @property
    def _known(self) -> Language:
        return LANGUAGES[self.language] if self.language else Language("", "")

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        refuse(list(self._faults()))
        return self

    def _faults(self) -> Iterator[Fault]:
        yield from unread("cases_file", self.cases_file, "cases")
        if not self.cases and self.cases_file is None:
            hint = "write 'cases' or 'cases_file'"
            yield Fault((), "a check without a case checks nothing", hint)
        yield from name_faults(self.cases)
        if self.language is None and not (self.run and self.file):
            hint = f"one of: {', '.join(LANGUAGES)}"
            yield Fault((), "a program needs 'language', or 'file' and 'run'", hint)
        if self.tolerance and self.compare != "tokens":
            message = f"'tolerance' does nothing where compare is '{self.compare}'"
            yield Fault(("tolerance",), message, "write 'compare: tokens', or delete it")


def _words(command: str, file: str) -> tuple[str, ...]:
    return tuple(part.replace("{file}", file) for part in shlex.split(command))
