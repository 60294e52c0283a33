"""The exceptions of the code, in the tests: builtin ones by name, its own by classes that stand in.

None of them says anything about the test itself.
"""

from __future__ import annotations

import builtins
from typing import Any

from rlaif.checks.sandbox.inside.values import decode

_NOT_PASSED_ON = (
    *("AssertionError", "StopIteration", "StopAsyncIteration"),
    *("ExceptionGroup", "BaseExceptionGroup"),
)
RAISED = {
    name: kind
    for name, kind in vars(builtins).items()
    if isinstance(kind, type)
    and issubclass(kind, Exception)
    and not issubclass(kind, Warning)
    and name == kind.__name__
    and name not in _NOT_PASSED_ON
}
"""Those that may be raised in the tests as what they are."""


def class_of(name: str, bases: list[type[Exception]]) -> type[Exception]:
    """A class of exceptions that stands for one of the code, so that tests can catch it."""
    parts = {"__getattr__": _attribute, "__module__": "candidate"}
    try:
        return type(name, tuple(bases), parts)
    except TypeError:
        return type(name, tuple(bases[:1]), parts)


def _attribute(error: Any, name: str) -> Any:
    """An attribute of an exception that the code has raised."""
    if name.startswith("_"):
        raise AttributeError(name)
    return getattr(error.__dict__["_of_the_code"], name)


def made(kind: type[Exception], told: str, answer: dict[str, Any]) -> Exception:
    """An exception with what the code gave to it, as far as that is plain."""
    given = [decode(one, lambda _, text: text) for one in answer.get("given") or [told]][:4]
    try:
        error = kind(*given)
        return error if type(error) is kind else kind(told)
    except TypeError:
        return RuntimeError(told)


def may_pass(error: Exception) -> bool:
    """Whether what a function of the tests raised may come back to the tests through the code."""
    return isinstance(error, (*RAISED.values(), AssertionError)) and not isinstance(
        error, StopIteration | StopAsyncIteration
    )


def other(error: BaseException) -> RuntimeError:
    """What comes back instead."""
    return RuntimeError(f"a function of the tests raised {type(error).__name__}: {error}"[:400])
