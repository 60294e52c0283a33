"""What tests can ask of an object of the code."""

from __future__ import annotations

import asyncio
import builtins
import operator
from collections.abc import Callable
from typing import Any

from rlaif.checks.sandbox.inside.crossing import BINARY, IN_PLACE


def _reflected(name: str) -> Callable[[Any, Any], Any]:
    plain = getattr(operator, name)
    return lambda mine, other: plain(other, mine)


def _awaited(one: Any) -> Any:
    async def run() -> Any:
        return await one

    return asyncio.run(run())


def _left(manager: Any, raised: list[str], told: str) -> None:
    """End a `with`; the exception of the tests comes as the nearest builtin one."""
    kinds = (getattr(builtins, name, None) for name in raised)
    kind = next((k for k in kinds if isinstance(k, type) and issubclass(k, BaseException)), None)
    error = None if kind is None else kind(told)
    type(manager).__exit__(manager, kind, error, None)


OPERATIONS: dict[str, Callable[..., Any]] = {
    **{name: getattr(operator, name) for name in BINARY},
    **{f"r{name}": _reflected(name) for name in BINARY},
    **{f"i{name}": getattr(operator, f"i{name}") for name in IN_PLACE},
    **{name: getattr(operator, name) for name in ("neg", "pos", "invert", "abs", "contains")},
    **{name: getattr(operator, name) for name in ("getitem", "setitem", "delitem")},
    **{one.__name__: one for one in (iter, next, len, str, repr, format, reversed)},
    "get": getattr,
    "set": setattr,
    "delete": delattr,
    "await": _awaited,
    "enter": lambda manager: type(manager).__enter__(manager),
    "exit": _left,
    "call": lambda called, /, *arguments, **keywords: called(*arguments, **keywords),
}
"""By the name under which the tests ask for them."""
