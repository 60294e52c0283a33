"""Every error that rlaif raises on purpose, as one tree.

    RlaifError
    ├── InputError            what a person wrote or typed is at fault; exit status 2
    │   ├── FileProblems      one or more problems, each at path:line:column, each with its mend
    │   ├── UnknownName       no shipped rubric or judge, and no file, of that name
    │   └── StaleReview       another tab has answered meanwhile; nothing was written
    ├── MissingExtra          an optional package is absent; says which command installs it
    ├── JudgeUnavailable      the judge cannot be started: model, labels, memory
    ├── SandboxUnavailable    policy code cannot be shut in on this machine; says what to install
    ├── SandboxFailed         one job could not be run, through a fault of ours
    ├── Stopped               a limit that a person set ended the job; exit status 1
    └── RunError              the run folder cannot be used as asked
        └── RunLocked         another process grades into it

Nothing here is a score: what goes wrong with one criterion on one sample is a `Failure` record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault of one file. `line` and `column` count from 1; 0 stands for the file as a whole."""

    path: str
    line: int
    column: int
    message: str
    hint: str = ""
    severity: Literal["error", "warning"] = "error"
    code: str = ""
    """Names a warning, so that a file can switch it off."""

    def __str__(self) -> str:
        """`path:line:column: message`, then the hint on a line of its own."""
        where = f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        kind = "warning: " if self.severity == "warning" else ""
        code = f" [{self.code}]" if self.code else ""
        hint = f"\n  hint: {self.hint}" if self.hint else ""
        return f"{where}: {kind}{self.message}{code}{hint}"


class RlaifError(Exception):
    """The root: catch this to catch whatever rlaif raises on purpose."""


class InputError(RlaifError):
    """What a person wrote or typed is at fault; the message says where and how to mend it."""


class FileProblems(InputError):
    """All the problems of one or more files, found in one go."""

    def __init__(self, problems: Sequence[Problem], more: int = 0) -> None:
        """Hold `problems`; `more` says how many others were counted but not kept."""
        self.problems = tuple(problems)
        self.more = more
        tail = f"\n... and {more} more" if more else ""
        super().__init__("\n".join(map(str, self.problems)) + tail)


class UnknownName(InputError):
    """No shipped rubric or judge, and no file, of that name."""


class StaleReview(InputError):
    """Another tab of the same annotator has answered meanwhile; nothing was written."""


class MissingExtra(RlaifError):
    """An optional package is absent; the message is the command that installs it."""


class JudgeUnavailable(RlaifError):
    """The judge cannot be started; the message says what to change."""


class SandboxUnavailable(RlaifError):
    """Policy code cannot be shut in on this machine; the message says what to install."""


class SandboxFailed(RlaifError):
    """One job could not be run in the sandbox, through a fault of ours; it is nobody's score."""


class Stopped(RlaifError):
    """A limit that a person set ended the job; what was graded is kept."""


class RunError(RlaifError):
    """The run folder cannot be used as asked."""


class RunLocked(RunError):
    """Another process grades into this run folder."""
