"""What the sandbox is asked to run, and what it says came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal


@dataclass(frozen=True, slots=True)
class Limits:
    """What one process tree in the sandbox may use."""

    time_s: float = 2.0
    """Wall clock for one case."""
    memory: int = 512 * 2**20
    """Bytes of address space (functions) or data (programs) of one process."""
    scratch: int = 32 * 2**20
    """Bytes of files it may leave in its scratch folder, and of each of its two outputs."""
    processes: int = 32
    """Processes and threads at once, where it may start any."""


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a chain: `name(*arguments, **keywords)`."""

    name: str
    arguments: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """What is called for one case.

    The first step is looked up in the code, each later one on what the step before returned:
    `Stack().size()` has two.
    """

    steps: tuple[Step, ...]
    limits: Limits = Limits()
    wants_arguments: bool = False
    """Whether the first step's arguments are to come back, as they are after the call."""


@dataclass(frozen=True, slots=True)
class CallsJob:
    """Calls of functions that a text of Python defines. Inputs only: expected values stay here."""

    code: str
    calls: tuple[Call, ...]
    packages: tuple[str, ...] = ()
    """Installed packages that the code may import besides the standard library."""
    stop: bool = True
    """After a call that ran out of time, or ended its process, the rest is not run."""


@dataclass(frozen=True, slots=True)
class Opaque:
    """Something that came back and is no plain data: only the name of its type crosses."""

    type_name: str


@dataclass(frozen=True, slots=True)
class Called:
    """What became of one call. Everything in it was said by hostile code, but for the seconds."""

    how: Literal["returned", "raised", "timeout", "died", "garbled", "not_run", "no_code"]
    """`no_code`: the text does not compile, raises when loaded, or lacks the function."""
    value: Any = None
    """Plain data (None, bool, numbers, str, bytes, list, tuple, dict, set), or Opaque."""
    arguments: tuple[Any, ...] | None = None
    """The first step's positional arguments after the call, where they are wanted."""
    raised: tuple[str, ...] = ()
    """The names of the exception's classes, the nearest first."""
    message: str = ""
    """What the exception said, or why there is no value."""
    seconds: float | None = None
    """Wall clock: seen from outside, or said by the process and no more than was seen."""
    memory: int | None = None
    """Most bytes that the process held, as far as known."""


@dataclass(frozen=True, slots=True)
class ProgramJob:
    """One run of a command in an empty scratch folder."""

    command: tuple[str, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)
    """By path in the scratch folder; written before it starts."""
    executable: tuple[str, ...] = ()
    """Which of the files may be run."""
    stdin: bytes = b""
    wanted: tuple[str, ...] = ()
    """Paths to bring back afterwards; `*` alone: every file."""
    limits: Limits = Limits()
    packages: tuple[str, ...] = ()
    """Not empty: Python's installed packages can be read."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a run. Outputs are cut at the limit."""

    how: Literal["exited", "killed", "timeout", "not_found"]
    """`killed`: by the signal `code`; `not_found`: the command does not exist in the sandbox."""
    code: int = 0
    stdout: bytes = b""
    stderr: bytes = b""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """The regular files among those wanted."""
    executable: tuple[str, ...] = ()
    seconds: float | None = None
    memory: int | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class TestsJob:
    """An expert's test code, and the code that it tests, each in a process of its own."""

    __test__: ClassVar[bool] = False  # whatever its name says, no test of ours

    code: str
    tests: str
    """Python that defines functions named test_..., and finds the code as module `candidate`."""
    packages: tuple[str, ...] = ()
    test_packages: tuple[str, ...] = ()
    """Packages that only the tests may import, such as hypothesis."""
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class Tested:
    """What became of one test function."""

    __test__: ClassVar[bool] = False  # whatever its name says, no test of ours

    name: str
    passed: bool
    message: str = ""
    seconds: float | None = None
    memory: int | None = None
