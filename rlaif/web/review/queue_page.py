"""The queue: samples from the most informative down, with filter, search and progress."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from rlaif.errors import InputError
from rlaif.records.review import State
from rlaif.web.review.desk import Desk, agreement
from rlaif.web.review.visitor import Visitor

ROWS = 50
_LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """What a queue page was asked to show."""

    state: State | None
    words: str
    first: int

    def at(self, first: int) -> str:
        """The address of the same from another row on."""
        stated = {"state": self.state or "", "words": self.words, "first": first or ""}
        return "/?" + urlencode({name: value for name, value in stated.items() if value})


def wish_of(request: Request) -> Wish:
    """What is not sound is not asked for."""
    asked = request.query_params
    state = next((one for one in get_args(State) if one == asked.get("state")), None)
    first = asked.get("first", "")
    number = int(first) if first.isdecimal() and len(first) < 10 else 0
    return Wish(state, asked.get("words", "")[:_LONGEST_SEARCH].strip(), number)


def queue(desk: Desk, visitor: Visitor, request: Request) -> Response:
    """The page; its rows alone where htmx asks for them."""
    wish = wish_of(request)
    rows = desk.reviewing.queue(visitor.annotator, wish.state, wish.words, wish.first, ROWS + 1)
    values: dict[str, Any] = {
        "rows": rows[:ROWS],
        "wish": wish,
        "more": wish.at(wish.first + ROWS) if len(rows) > ROWS else "",
        "less": wish.at(max(0, wish.first - ROWS)) if wish.first else "",
    }
    if request.headers.get("hx-target") == "rows":
        return desk.show(visitor, "queue_rows", **values)
    progress = desk.reviewing.progress(visitor.annotator)
    return desk.page(visitor, "queue", progress=progress, agreement=agreement(progress), **values)


def go_on(desk: Desk, visitor: Visitor, _: Request) -> Response:
    """To the first sample that the annotator has not finished."""
    try:
        number = desk.reviewing.after(-1, visitor.annotator)
    except InputError:
        number = None
    return RedirectResponse("/" if number is None else f"/sample/{number + 1}", 303)
