"""A request's body: read within limits, and taken apart as JSON that nobody can break us with."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
from starlette.requests import Request

from rlaif.web.admission import Room
from rlaif.web.replies import Refused

DEEPEST = 64
"""Levels of nesting; no sample has more."""
READING_S = 60.0
"""A body that comes slower than that is let go."""

_HALVES = re.compile(
    rb"\\\\"  # a backslash, so that what follows it is no escape
    rb"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a whole character
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
_WHOLE = 2, 12
"""Lengths of what `_HALVES` finds and is left alone."""


@asynccontextmanager
async def body_of(request: Request, most: int, room: Room) -> AsyncIterator[bytes]:
    """The body, of at most `most` bytes. Its bytes count in `room` as long as the block runs.

    Raises: Refused (413) for a larger one, (408) for one that does not come, (415) for one that is
    packed, (429) where too much is held already.
    """
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Refused(415, "a compressed body is not taken", hint="send plain JSON")
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and int(stated) > most:
        raise _too_large(most)
    held = bytearray()
    try:
        try:
            async with asyncio.timeout(READING_S):
                async for chunk in request.stream():
                    if len(held) + len(chunk) > most:
                        raise _too_large(most)
                    room.hold(len(chunk))
                    held += chunk
        except TimeoutError:
            raise Refused(408, f"the body did not come within {READING_S:g} s") from None
        yield bytes(held)
    finally:
        room.let_go(len(held))


def parsed(body: bytes) -> dict[str, Any]:
    """The object that a body states. Raises: Refused (400) with what is wrong."""
    try:
        data = orjson.loads(_HALVES.sub(_whole, body) if b"\\u" in body else body)
    except (orjson.JSONDecodeError, RecursionError) as error:
        raise Refused(400, f"the body is not JSON: {_said(error)}", "body") from None
    if not isinstance(data, dict):
        raise Refused(400, "the body is no JSON object", "body")
    if _too_deep(data):
        raise Refused(400, f"the body is nested deeper than {DEEPEST} levels", "body")
    return data


def _whole(found: re.Match[bytes]) -> bytes:
    """Half a surrogate pair, which is no character, as the sign for one that is unknown."""
    return found[0] if len(found[0]) in _WHOLE else rb"\ufffd"


def _said(error: Exception) -> str:
    """What the parser says; never the text itself."""
    if isinstance(error, orjson.JSONDecodeError):
        return f"{error.msg}, at line {error.lineno} column {error.colno}"
    return f"it is nested deeper than {DEEPEST} levels"


def _too_deep(data: object) -> bool:
    level: list[object] = [data]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: object) -> list[object]:
    """The lists and objects directly inside `value`."""
    held = value.values() if isinstance(value, dict) else value
    return [one for one in held if isinstance(one, dict | list)]  # type: ignore[attr-defined]  # only those come here


def _too_large(most: int) -> Refused:
    return Refused(
        413,
        f"the body is larger than {most / 2**20:g} MiB",
        "body",
        hint="send fewer items at once, or start the server with a larger --max-request-mb",
    )
