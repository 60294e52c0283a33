"""The checks that run the policy's code: what a file says of each, held to account before any run.

What a case expects stays in these records; only what the code is given goes into a sandbox.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rlaif.records.base import Fault, refuse
from rlaif.records.code_cases import FunctionCase
from rlaif.records.code_check import MEBIBYTE as MEBIBYTE
from rlaif.records.code_check import CodeCheck as CodeCheck
from rlaif.records.code_check import (
    Command,
    Mebibytes,
    Packages,
    Processes,
    limits,
    name_faults,
    unread,
)
from rlaif.records.code_fields import (
    MOST_CASES,
    FilePath,
    Files,
    FunctionName,
    MemoryLimit,
    TimeLimit,
    Tolerance,
)
from rlaif.records.code_program import Program as Program
from rlaif.records.drawn import Hidden
from rlaif.records.jobs import Limits
from rlaif.records.python_text import PythonText, functions
from rlaif.records.written import Flag, Words


class PythonFunction(CodeCheck):
    """A function of the completion's Python returns what it should, case by case.

    It runs in the sandbox. What is expected never goes there.
    """

    check: Literal["python_function"]
    function: FunctionName | None = None
    """The function that cases with `arguments`, and hidden ones, call."""
    cases: Annotated[tuple[FunctionCase, ...], Field(max_length=MOST_CASES)] = ()
    """The cases: what is called, and what must come of it."""
    cases_file: Words | None = None
    """More cases, from a .jsonl or .csv file under the rubric's folder, a case a row."""
    hidden: Hidden | None = None
    """Further cases with drawn inputs, which nobody can learn by heart."""
    tolerance: Tolerance = 0.0
    """Numbers may differ so much, relative to the expected number or to 1, whichever is more."""
    any_order: Flag = False
    """A list that is returned may have its entries in any order."""
    packages: Packages = ()
    """Installed packages that the code may import besides Python's standard library."""
    time_limit_s: TimeLimit = 2.0
    """Seconds for one case."""
    memory_limit_mb: MemoryLimit = 512
    """Mebibytes of memory."""

    def limits(self, case: FunctionCase | None = None) -> Limits:
        """What the code may use in one case, a hidden one if none is given."""
        return limits(self.time_limit_s, self.memory_limit_mb, case)

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        refuse(list(self._faults()))
        return self

    def _faults(self) -> Iterator[Fault]:
        yield from unread("cases_file", self.cases_file, "cases")
        if not self.cases and self.cases_file is None and self.hidden is None:
            hint = "write 'cases', 'cases_file' or 'hidden'"
            yield Fault((), "a check without a case checks nothing", hint)
        yield from name_faults(self.cases)
        if self.function is None:
            yield from self._nameless_faults()
        elif self.hidden is not None:
            for one in self.hidden.reference_faults(self.function):
                yield one._replace(at=("hidden", *one.at))

    def _nameless_faults(self) -> Iterator[Fault]:
        hint = "write 'function: its-name' at the check"
        for place, case in enumerate(self.cases):
            if case.arguments is not None:
                message = "'arguments' are given, and the check names no 'function'"
                yield Fault(("cases", place, "arguments"), message, f"{hint}, or use 'call'")
                return
        if self.hidden is not None:
            yield Fault(("hidden",), "hidden cases need the check's 'function'", hint)


class PythonTests(CodeCheck):
    """The completion's Python passes an expert's test functions, which run in another process.

    Each function `test_...` is a case.
    """

    check: Literal["python_tests"]
    tests: PythonText | None = None
    """Python with functions `test_...`, which `from candidate import` what they test, or use
    `candidate.its_name`: asserts, or properties by Hypothesis."""
    tests_file: Words | None = None
    """Instead of `tests`: a .py file under the rubric's folder."""
    packages: Packages = ()
    """Installed packages that the code may import besides Python's standard library."""
    test_packages: Packages = ()
    """Packages that only the tests may import, such as hypothesis."""
    time_limit_s: TimeLimit = 10.0
    """Seconds for one test."""
    memory_limit_mb: MemoryLimit = 512
    """Mebibytes of memory of each of the two processes."""

    @property
    def names(self) -> tuple[str, ...]:
        """The test functions, in the order of the text."""
        return tuple(name for name in functions(self.tests or "") if name.startswith("test_"))

    def limits(self) -> Limits:
        """What each test may use."""
        return limits(self.time_limit_s, self.memory_limit_mb)

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        refuse(list(self._faults()))
        return self

    def _faults(self) -> Iterator[Fault]:
        if self.tests is not None and self.tests_file is not None:
            yield Fault(("tests_file",), "only one of 'tests' and 'tests_file' has the tests")
            return
        yield from unread("tests_file", self.tests_file, "tests")
        if self.tests is None and self.tests_file is None:
            yield Fault((), "a check without a test checks nothing", "write 'tests'")
        if self.tests is not None and not self.names:
            yield Fault(
                ("tests",), "the tests have no function 'test_...'", "def test_small(): ..."
            )
        twice = [name for i, name in enumerate(self.names) if name in self.names[:i]]
        for name in dict.fromkeys(twice):
            yield Fault(("tests",), f"the tests define '{name[:60]}' twice")


class PytestRepo(CodeCheck):
    """The completion's file, put into a repository, passes that repository's own tests.

    One case. Tests and code share a process, so a clever policy can forge a pass: nothing is graded
    by this check unless the person who starts the job names it.
    """

    check: Literal["pytest_repo"]
    repository: Words | None = None
    """A folder under the rubric's folder, whose files are read when the rubric is read."""
    files: Files = Field(default_factory=dict)
    """Instead of `repository`: its files, text by path."""
    file: FilePath
    """Where in the repository the code goes."""
    command: Command = "python -m pytest -q"
    """What runs the tests; all is well where it ends with 0."""
    packages: Packages = ()
    """Installed packages that may be imported besides Python's standard library and pytest."""
    time_limit_s: TimeLimit = 60.0
    """Seconds for all tests together."""
    memory_limit_mb: MemoryLimit = 1024
    """Mebibytes of memory of one process."""
    scratch_limit_mb: Mebibytes = 64
    """Mebibytes of files that may be left, and of output."""
    processes: Processes = 32
    """Processes and threads at once."""

    @property
    def run_command(self) -> tuple[str, ...]:
        """The command that runs the tests."""
        return tuple(shlex.split(self.command))

    def limits(self) -> Limits:
        """What the tests and the code may use together."""
        own = limits(self.time_limit_s, self.memory_limit_mb)
        return replace(own, scratch=self.scratch_limit_mb * MEBIBYTE, processes=self.processes)

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        refuse(list(self._faults()))
        return self

    def _faults(self) -> Iterator[Fault]:
        if self.repository is not None and self.files:
            yield Fault(("files",), "only one of 'repository' and 'files' has the files")
            return
        yield from unread("repository", self.repository, "files")
        if self.repository is None and not self.files:
            yield Fault((), "there are no tests to run", "write 'repository: its-folder'")
