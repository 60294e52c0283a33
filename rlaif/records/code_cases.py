"""One test case of an expert: a call with what it returns, or a program's input and output."""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from typing import Any, Self

from pydantic import Field, model_validator

from rlaif.records.base import Fault, Record, refuse
from rlaif.records.calls import literal, parsed_call
from rlaif.records.code_fields import EXCEPTIONS as EXCEPTIONS
from rlaif.records.code_fields import NOTHING as NOTHING
from rlaif.records.code_fields import (
    CallText,
    ExceptionName,
    ExitCode,
    Files,
    LiteralText,
    MemoryLimit,
    TimeLimit,
    Tolerance,
    Value,
)
from rlaif.records.jobs import Step
from rlaif.records.written import Flag, Text, Words


class FunctionCase(Record):
    """One call of the code, and what must come of it."""

    name: Words | None = None
    """What a grade calls it; its number where it has none."""
    call: CallText | None = None
    """The call, in Python, with literals only: `solve(1, [2, 3])`; or a chain:
    `Stack().push(1)`."""
    arguments: tuple[Value, ...] | None = None
    """Instead of `call`: what the check's `function` is given, in order."""
    keywords: dict[str, Value] = Field(default_factory=dict)
    """Beside `arguments`: what it is given by name."""
    returns: Value = Field(default_factory=lambda: NOTHING)
    """The value that is expected. A list is no tuple, and 1 is not true."""
    returns_python: LiteralText | None = None
    """The same as a Python literal, for what YAML does not know: `(1, 2)`, `{3}`, `b'ab'`."""
    raises: ExceptionName | None = None
    """Instead: the exception of Python that is expected, or one of its subclasses."""
    arguments_after: tuple[Value, ...] | None = None
    """What the positional arguments of the first call are afterwards, in order."""
    unchanged: Flag = False
    """The call leaves its arguments as they were."""
    tolerance: Tolerance | None = None
    """As at the check, for this case."""
    any_order: Flag | None = None
    """As at the check, for this case."""
    time_limit_s: TimeLimit | None = None
    """As at the check, for this case."""
    memory_limit_mb: MemoryLimit | None = None
    """As at the check, for this case."""

    def steps(self, function: str | None = None) -> tuple[Step, ...]:
        """The calls of the chain, the first one first; `function` is called with `arguments`."""
        if self.call is not None:
            return parsed_call(self.call)
        return (Step(function or "", self.arguments or (), self.keywords),)

    @property
    def expected(self) -> Any:
        """The value that is expected, as a Python object; NOTHING where no value is."""
        if self.returns_python is not None:
            return literal(self.returns_python)
        return self.returns

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        refuse([*self._given_faults(), *self._expected_faults()])
        return self

    def _given_faults(self) -> Iterator[Fault]:
        if self.call is None and self.arguments is None:
            yield Fault((), "a case needs 'call' or 'arguments'", "call: solve(1, [2, 3])")
        if self.call is not None and self.arguments is not None:
            yield Fault(("arguments",), "a case has only one of 'call' and 'arguments'")
        elif self.call is not None and self.keywords:
            message = "'keywords' stands beside 'arguments' only"
            yield Fault(("keywords",), message, "write them into the call: solve(1, sign=True)")
        for name in self.keywords:
            if not name.isidentifier() or keyword.iskeyword(name):
                yield Fault(("keywords", name), f"'{name[:60]}' cannot be the name of an argument")

    def _expected_faults(self) -> Iterator[Fault]:
        said = [k for k in ("returns_python", "raises") if getattr(self, k) is not None]
        said = (["returns"] if self.returns is not NOTHING else []) + said
        if len(said) > 1:
            yield Fault((said[1],), f"a case has only one of '{said[0]}' and '{said[1]}'")
        if not said and self.arguments_after is None and not self.unchanged:
            hint = "write 'returns', 'returns_python' or 'raises'"
            yield Fault((), "nothing says what this case must come to", hint)
        if self.arguments_after is not None:
            yield from self._after_faults(len(self.arguments_after))

    def _after_faults(self, said: int) -> Iterator[Fault]:
        at = ("arguments_after",)
        if self.unchanged:
            yield Fault(at, "a case has only one of 'unchanged' and 'arguments_after'")
        if self.call is None and self.arguments is None:
            return
        given = len(self.steps()[0].arguments)
        if given != said:
            message = f"'arguments_after' is for {said} arguments, and the call has {given}"
            yield Fault(at, message, "one value for each positional argument of the first call")


class ProgramCase(Record):
    """One run of the program: what it is given, and what must come of it."""

    name: Words | None = None
    """What a grade calls it; its number where it has none."""
    arguments: tuple[Text, ...] = ()
    """What stands behind the command."""
    stdin: Text = ""
    """What it reads from its standard input."""
    stdout: Text | None = None
    """What it must write to its standard output, as `compare` of the check says."""
    stdout_contains: Words | None = None
    """A text that must occur in what it writes."""
    exit_code: ExitCode = 0
    """What it must end with; `any` where it does not matter."""
    files: Files = Field(default_factory=dict)
    """Files that lie in its folder when it starts: text by path."""
    files_after: Files = Field(default_factory=dict)
    """Files that must lie there afterwards, compared as `stdout` is."""
    time_limit_s: TimeLimit | None = None
    """As at the check, for this case."""
    memory_limit_mb: MemoryLimit | None = None
    """As at the check, for this case."""

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        said = self.stdout is not None or self.stdout_contains is not None or self.files_after
        if not said and self.exit_code is None:
            message = "nothing says what this case must come to"
            refuse([Fault((), message, "write 'stdout', 'files_after' or an 'exit_code'")])
        return self
