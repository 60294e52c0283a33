"""One call of the policy's code: what was asked, what is expected of it, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rlaif.checks.by_identity import ByIdentity
from rlaif.checks.sameness import same
from rlaif.checks.telling import call_text, text_shown, value_text
from rlaif.records.code import PythonFunction
from rlaif.records.code_cases import NOTHING
from rlaif.records.jobs import Call, Called
from rlaif.records.outcome import Case

_NAME = 60


@dataclass(frozen=True, slots=True)
class Expected:
    """What must come of a call. It stays on this side."""

    value: Any = NOTHING
    """What it returns; NOTHING where that does not matter."""
    raises: str | None = None
    """The name of an exception, or of one that it is a kind of."""
    arguments_after: tuple[Any, ...] | None = None
    """What the first step's positional arguments are afterwards."""
    unchanged: bool = False
    """The arguments are exactly as they were."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A call, and what is expected of it."""

    name: str
    call: Call
    told: str
    """The call in words."""
    expected: Expected
    tolerance: float = 0.0
    any_order: bool = False
    hidden: bool = False
    """Nothing of what is expected is told to anybody."""


def _stated(check: PythonFunction) -> tuple[Asked, ...]:
    asked = []
    for case in check.cases:
        after = case.arguments_after
        wants = case.unchanged or after is not None
        call = Call(case.steps(check.function), check.limits(case), wants)
        expected = Expected(case.expected, case.raises, after, case.unchanged)
        asked.append(
            Asked(
                case.name if case.name is not None else call_text(call, _NAME),
                call,
                call_text(call),
                expected,
                check.tolerance if case.tolerance is None else case.tolerance,
                check.any_order if case.any_order is None else case.any_order,
            )
        )
    return tuple(asked)


stated = ByIdentity(_stated)
"""The cases that a check states, in order."""


def decided(asked: Asked, called: Called) -> Case:
    """Whether the call came to what is expected, and in words what was put in and came back."""
    fault = _fault(asked, called)
    message = f"{asked.told} {came(called, asked.call)}"
    # Of a hidden case they are shown wherever they changed: what was looked at is not told
    look = _changed(asked, called) if asked.hidden else fault == "arguments"
    if look and called.arguments is not None:
        message += f" and left its arguments as {value_text(list(called.arguments))}"
    if fault and not asked.hidden:
        message += f", expected {_told(asked, fault)}"
    return Case(asked.name, not fault, message, called.seconds, called.memory)


def came(called: Called, call: Call) -> str:
    """What came of a call, as what is said of it: `gave 4`, `raised ValueError: no`."""
    said = f": {text_shown(called.message)}" if called.message.strip() else ""
    if called.how == "returned":
        return f"gave {value_text(called.value)}"
    if called.how == "raised":
        return f"raised {_exception(called)}"
    if called.how == "timeout":
        return f"gave no answer within {call.limits.time_s:g} s"
    if called.how == "not_run":
        return "was not run, because of how an earlier case ended"
    return _ENDS[called.how] + said


_ENDS = {
    "died": "ended its process",
    "garbled": "gave what cannot be read",
    "no_code": "found nothing to call",
}


def _exception(called: Called) -> str:
    """`ValueError: no`; what the exception says may begin with its name, which is said once."""
    kind = text_shown(called.raised[0], 80) if called.raised else "an exception"
    said = text_shown(called.message)
    if said == kind or said.startswith(f"{kind}:"):
        return said
    return f"{kind}: {said}" if said else kind


def _fault(asked: Asked, called: Called) -> str:
    """What is not as expected: `value`, `arguments`, or empty."""
    expected = asked.expected
    if expected.raises is not None:
        as_wanted = called.how == "raised" and expected.raises in called.raised
    elif called.how != "returned":
        as_wanted = False
    else:
        as_wanted = expected.value is NOTHING or same(
            expected.value, called.value, asked.tolerance, any_order=asked.any_order
        )
    if not as_wanted:
        return "value"
    return "" if _arguments_as_wanted(asked, called) else "arguments"


def _arguments_as_wanted(asked: Asked, called: Called) -> bool:
    expected = asked.expected
    if expected.unchanged:
        return called.arguments is not None and not _changed(asked, called)
    if expected.arguments_after is None:
        return True
    return (
        called.arguments is not None
        and len(called.arguments) == len(expected.arguments_after)
        and all(
            same(wanted, got, asked.tolerance, any_order=asked.any_order)
            for wanted, got in zip(expected.arguments_after, called.arguments, strict=True)
        )
    )


def _changed(asked: Asked, called: Called) -> bool:
    """Whether the first step left its arguments other than they were, as far as is known."""
    given = asked.call.steps[0].arguments
    return called.arguments is not None and not same(tuple(given), tuple(called.arguments))


def _told(asked: Asked, fault: str) -> str:
    """What a case that everybody may see expects."""
    expected = asked.expected
    if fault == "arguments" and expected.unchanged:
        return "them unchanged"
    if fault == "arguments":
        return value_text(list(expected.arguments_after or ()))
    if expected.raises is not None:
        return f"the exception {expected.raises}"
    return "it to return" if expected.value is NOTHING else value_text(expected.value)
