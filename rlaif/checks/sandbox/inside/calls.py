"""Calls functions of hostile code, in the same process as that code: nothing here is trusted.

It knows inputs only. One line brings the code and the first calls, further lines further calls;
one line goes back for each call. Lines that come fast go back together: each would wake the other
side.
"""

from __future__ import annotations

import resource
import sys
import types
from time import perf_counter
from typing import Any

from rlaif.checks.sandbox.inside.channel import Channel
from rlaif.checks.sandbox.inside.values import decode, dumps, encode

LONGEST_LINE = 2**21
"""Bytes of one result."""


_HELD_S = 0.002
"""Lines are held back no longer than this."""


def main(channel: Channel) -> None:
    """Run until the other side closes."""
    channel.send({"up": True})
    job = channel.receive()
    last = perf_counter()
    module = types.ModuleType("candidate")
    sys.modules["candidate"] = module
    try:
        exec(compile(job["code"], "candidate.py", "exec"), module.__dict__)  # noqa: S102 - its purpose
    except BaseException as error:  # noqa: BLE001 - whatever the code does is its own doing
        channel.send({"no_code": _told(error)})
        return
    channel.send({"loaded": True})
    held: list[bytes] = []
    while job is not None:
        for number, steps, wants in job["calls"]:
            if (began := perf_counter()) - last > _HELD_S:
                channel.write(b"".join(held))
                held, last = [], began
            record = {"i": number, **_called(module, steps, wants), "m": _memory()}
            line = dumps({**record, "s": perf_counter() - began})
            held.append(line if len(line) <= LONGEST_LINE else dumps(_too_long(record)))
        channel.write(b"".join(held))
        held, last = [], perf_counter()
        job = channel.receive()


def _called(module: types.ModuleType, steps: list[Any], wants: bool) -> dict[str, Any]:
    name, first, keywords = steps[0]
    if not hasattr(module, name):
        return {"absent": name}
    arguments = [decode(one, _nothing_foreign) for one in first]
    try:
        found = getattr(module, name)(*arguments, **_read(keywords))
        for name, more, keywords in steps[1:]:
            further = [decode(one, _nothing_foreign) for one in more]
            found = getattr(found, name)(*further, **_read(keywords))
        given = {"ok": encode(found)}
        return {**given, "args": [encode(one) for one in arguments]} if wants else given
    except BaseException as error:  # noqa: BLE001 - whatever the code does is its own doing
        names = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"]
        told = {"raised": names[:8], "told": _told(error)}
        if not wants:
            return told
        try:
            return {**told, "args": [encode(one) for one in arguments]}
        except BaseException:  # noqa: BLE001 - an argument that the code has made unreadable
            return told


def _read(keywords: dict[str, Any]) -> dict[str, Any]:
    return {name: decode(value, _nothing_foreign) for name, value in keywords.items()}


def _nothing_foreign(tag: str, told: str) -> Any:
    raise ValueError(f"no input is {tag} {told}")


def _told(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"[:400]
    except BaseException:  # noqa: BLE001 - an exception whose text cannot be had
        return type(error).__name__[:80]


def _too_long(record: dict[str, Any]) -> dict[str, Any]:
    return {"i": record["i"], "large": True, "m": record["m"]}


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
