"""Hidden cases: drawn inputs, and what the expert's reference says to them, in the sandbox.

The reference runs in processes of its own, before and apart from the policy's code. Its answers to
fixed inputs are remembered as long as this process lives.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from rlaif.checks.drawing import CannotDrawError, drawn
from rlaif.checks.forms import NoFormError, form
from rlaif.checks.function_cases import Asked, Expected, came
from rlaif.checks.remembered import Remembered
from rlaif.checks.sameness import same
from rlaif.checks.telling import call_text
from rlaif.ports import Sandbox
from rlaif.records.code import PythonFunction
from rlaif.records.code_cases import EXCEPTIONS
from rlaif.records.drawn import Hidden
from rlaif.records.identity import canonical, digest
from rlaif.records.jobs import Call, Called, CallsJob, Limits, Step
from rlaif.records.outcome import Failure

_LONGEST_S = 10.0
"""Seconds that the reference has for a case at least: it may be simple and slow."""

_DRAW = "_rlaif_drawn_arguments"
_HARNESS = f"""

def {_DRAW}(seed):
    import random
    return list(arguments(random.Random(seed)))
"""

_BROKEN = frozenset({"NameError", "ImportError", "SyntaxError", "MemoryError", "RecursionError"})
"""What the reference raises where it is broken, or was not given enough."""
_ANY = ("Exception", "BaseException")

ANSWERED: Remembered[tuple[Asked, ...]] = Remembered(most=32)


async def hidden_cases(
    check: PythonFunction, hidden: Hidden, code: str, sandbox: Sandbox
) -> tuple[Asked, ...] | Failure:
    """The hidden cases for this code, `hidden 1` and so on; the same ones unless they are fresh.

    A failure where the expert's generator or reference does not work: it is not the policy's fault.
    Raises: SandboxFailed, CancelledError.
    """
    seed = digest("hidden", str(hidden.seed), *([code] if hidden.fresh else []))
    made = partial(_answered, check, hidden, seed, sandbox)
    if hidden.fresh:
        return await made()
    key = digest(canonical(check.as_written(exclude={"cases"})))
    return await ANSWERED.get(key, made)


async def _answered(
    check: PythonFunction, hidden: Hidden, seed: str, sandbox: Sandbox
) -> tuple[Asked, ...] | Failure:
    try:
        inputs = await _inputs(check, hidden, seed, sandbox)
        calls = [
            Call((Step(check.function or "", tuple(one)),), _patient(check), True) for one in inputs
        ]
        job = CallsJob(hidden.reference or "", tuple(calls), check.packages)
        answers = await sandbox.calls(job)
        return tuple(
            Asked(
                f"hidden {place}",
                Call(call.steps, check.limits(), wants_arguments=True),
                call_text(call),
                _expected(call, answer),
                check.tolerance,
                check.any_order,
                hidden=True,
            )
            for place, (call, answer) in enumerate(zip(calls, answers, strict=True), 1)
        )
    except (_OursError, CannotDrawError) as error:
        return Failure("sandbox", str(error))


async def _inputs(
    check: PythonFunction, hidden: Hidden, seed: str, sandbox: Sandbox
) -> list[list[Any]]:
    if hidden.generator is None:
        return drawn(hidden.arguments or (), hidden.count, seed)
    calls = tuple(
        Call((Step(_DRAW, (int(digest(seed, str(place))[:15], 16),)),), _patient(check))
        for place in range(hidden.count)
    )
    answers = await sandbox.calls(CallsJob(hidden.generator + _HARNESS, calls, check.packages))
    return [_generated(call, answer) for call, answer in zip(calls, answers, strict=True)]


class _OursError(Exception):
    """What the expert wrote does not work."""


def _generated(call: Call, answer: Called) -> list[Any]:
    if answer.how != "returned" or not isinstance(answer.value, list):
        raise _OursError(f"the generator of hidden cases {came(answer, call)}")
    _plain([answer.value], "the generator of hidden cases gave")
    return answer.value


def _expected(call: Call, answer: Called) -> Expected:
    """What the reference did, as what the code must do.

    Where it returns nothing and changes its arguments, they must be changed likewise.
    """
    if answer.how == "raised":
        return Expected(raises=_exception(call, answer))
    if answer.how != "returned":
        raise _OursError(f"the reference implementation {came(answer, call)}: {call_text(call)}")
    _plain([answer.value], f"the reference implementation gave, for {call_text(call)},")
    after, given = answer.arguments, call.steps[0].arguments
    if answer.value is not None or after is None or same(given, after):
        return Expected(answer.value)
    _plain(after, f"the reference implementation left its arguments, for {call_text(call)}, as")
    return Expected(None, arguments_after=after)


def _exception(call: Call, answer: Called) -> str:
    """Python's own exception that is nearest to the one that the reference raised."""
    own = [name for name in answer.raised if name in EXCEPTIONS]
    known = own[0] if own and (own[0] == answer.raised[0] or own[0] not in _ANY) else None
    if known is None or _BROKEN.intersection(answer.raised):
        said = f"the reference implementation {came(answer, call)}"
        why = "" if known else "; hidden cases take only Python's own exceptions"
        raise _OursError(f"{said}, for {call_text(call)}{why}")
    return known


def _plain(values: Iterable[Any], what: str) -> None:
    try:
        form(list(values))
    except NoFormError:
        raise _OursError(f"{what} what is no plain data, or is nested too deep") from None


def _patient(check: PythonFunction) -> Limits:
    own = check.limits()
    return Limits(max(own.time_s, _LONGEST_S), own.memory, own.scratch, own.processes)
