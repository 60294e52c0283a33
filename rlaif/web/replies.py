"""What the server sends: JSON, and refusals that say where and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from starlette.responses import Response

from rlaif.records.base import Fault
from rlaif.records.refusals import place_in_row
from rlaif.storage.clean_text import clean_text

MOST_PROBLEMS = 20
"""Problems of one request that are told."""


class Refused(Exception):
    """A request that gets no rewards: its status, what is wrong, and where in the body."""

    def __init__(
        self,
        status: int,
        message: str,
        where: str = "",
        *,
        hint: str = "",
        headers: Mapping[str, str] | None = None,
        problems: Sequence[Fault] = (),
    ) -> None:
        """Hold what is told; `problems` are all of them where there are several."""
        super().__init__(message)
        self.status, self.message, self.where, self.hint = status, message, where, hint
        self.headers = dict(headers or {})
        self.problems = tuple(problems)

    @classmethod
    def because(cls, problems: Sequence[Fault]) -> Refused:
        """The refusal of a body with these problems; the first is its message."""
        first = problems[0]
        where = place_in_row(first.at)
        return cls(422, first.message, where, hint=first.hint, problems=problems)


def reply(
    data: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """`data` as JSON. Half characters, which JSON cannot hold, become question marks."""
    try:
        body = orjson.dumps(data)
    except TypeError:
        body = orjson.dumps(_clean(data))
    return Response(body, status, headers, media_type="application/json")


def refusal(refused: Refused) -> Response:
    """`{"error": {message, where, hint?, problems?}}`."""
    error: dict[str, Any] = {"message": refused.message, "where": refused.where}
    if refused.hint:
        error["hint"] = refused.hint
    if len(refused.problems) > 1:
        error["problems"] = [_told(fault) for fault in refused.problems[:MOST_PROBLEMS]]
        if len(refused.problems) > MOST_PROBLEMS:  # how many is not known: reading ended there
            error["more"] = True
    return reply({"error": error}, refused.status, refused.headers)


def _told(fault: Fault) -> dict[str, str]:
    told = {"message": fault.message, "where": place_in_row(fault.at)}
    return {**told, "hint": fault.hint} if fault.hint else told


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(key): _clean(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(inner) for inner in value]
    return value
