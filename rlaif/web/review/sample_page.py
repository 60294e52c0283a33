"""One sample: its texts on one side, its criteria as cards on the other."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from rlaif.records.review import ReviewItem
from rlaif.web.replies import Refused
from rlaif.web.review.cards import Trouble, cards_of
from rlaif.web.review.changes import Change, changes
from rlaif.web.review.desk import Desk, agreement
from rlaif.web.review.texts import plain, whole, written_out
from rlaif.web.review.visitor import Visitor

MOST_EDITED = 200_000
"""Characters of a completion that can be rewritten on a page."""


def number_of(request: Request) -> int:
    """The place in the queue, from 0, that an address names from 1. Raises: Refused (404)."""
    stated = str(request.path_params["number"])
    if not stated.isdecimal() or len(stated) > 9 or int(stated) < 1:
        raise Refused(404, "There is no such sample")
    return int(stated) - 1


def sample(desk: Desk, visitor: Visitor, request: Request) -> Response:
    """The page of a sample."""
    return sample_page(desk, visitor, number_of(request))


def sample_page(
    desk: Desk, visitor: Visitor, number: int, status: int = 200, trouble: Trouble | None = None
) -> Response:
    """The page; `trouble` stands where something could not be written."""
    found = desk.reviewing.item(number, visitor.annotator)
    progress = desk.reviewing.progress(visitor.annotator)
    before, behind = desk.order.beside(number, visitor.annotator)
    return desk.page(
        visitor,
        "sample",
        status,
        progress=progress,
        agreement=agreement(progress),
        item=found,
        cards=cards_of(found.criteria, trouble),
        following=desk.reviewing.after(number, visitor.annotator),
        before=before,
        behind=behind,
        trouble=trouble,
        **rewriting(found, trouble),
    )


def rewriting(found: ReviewItem, trouble: Trouble | None = None) -> dict[str, object]:
    """What the editor of the completion shows."""
    original = written_out(found.sample.completion)
    kept = found.rewritten
    typed = trouble.typed if trouble and trouble.field == "*rewrite" else ""
    longest = max(len(original), len(kept or ""))
    made: list[Change] = [] if kept is None else changes(original, kept)
    return {
        "original": original,
        "text": typed or (original if kept is None else kept),
        "made": made,
        "has_rewrite": kept is not None,
        "can_rewrite": longest <= MOST_EDITED,
    }


def text(desk: Desk, visitor: Visitor, request: Request) -> Response:
    """One text of a sample in full, as plain text."""
    found = desk.reviewing.item(number_of(request), visitor.annotator).sample
    turn = request.query_params.get("turn", "0")
    number = int(turn) if turn.isdecimal() and len(turn) < 6 else 0
    part = request.query_params.get("part", "")
    said = {
        "prompt": found.prompt,
        "completion": found.completion,
        "reference": found.reference or "",
    }.get(part)
    if said is None:
        raise Refused(404, "There is no such text")
    return PlainTextResponse(plain(whole(said, number)).encode("utf-8", "replace"))
