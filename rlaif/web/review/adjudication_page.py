"""Adjudication: samples on which annotators disagree, and the last word on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from rlaif.errors import StaleReview
from rlaif.records.review import Dispute, DisputedCriterion
from rlaif.web.replies import Refused
from rlaif.web.review.acts import is_part
from rlaif.web.review.cards import Button, Trouble, disputed_buttons, label_of, words_of
from rlaif.web.review.changes import Change, changes
from rlaif.web.review.desk import Desk
from rlaif.web.review.forms import Form
from rlaif.web.review.sample_page import number_of
from rlaif.web.review.texts import written_out
from rlaif.web.review.visitor import Visitor

ON_A_PAGE = 10
_AT_ONCE = 100
_STALE = "Somebody has settled this meanwhile. Nothing was written; see both below."


@dataclass(frozen=True, slots=True)
class Point:
    """One disputed criterion, and how it can be settled."""

    place: int
    said: DisputedCriterion
    buttons: tuple[Button, ...]
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """One dispute as it is shown."""

    dispute: Dispute
    points: tuple[Point, ...]
    rewrites: tuple[tuple[str, list[Change]], ...]


def shown_dispute(dispute: Dispute, trouble: Trouble | None = None) -> Shown:
    """A dispute with its buttons, and the rewrites beside the original."""
    original = written_out(dispute.sample.completion)
    return Shown(
        dispute,
        tuple(
            Point(
                place,
                one,
                tuple(disputed_buttons(one)),
                trouble if trouble and trouble.field == one.id else None,
            )
            for place, one in enumerate(dispute.criteria)
        ),
        tuple((who, changes(original, text)) for who, text in dispute.rewrites),
    )


def adjudication(desk: Desk, visitor: Visitor, request: Request) -> Response:
    """The page: what the visitor has finished too, and all disputes only where they are asked for.

    What others answered is in no page for who has still to answer.
    """
    asked, others = request.query_params.get("first", ""), request.query_params.get("others") == "1"
    first = int(asked) if asked.isdecimal() and len(asked) < 10 else 0
    found = desk.reviewing.disputes(visitor.annotator, first, ON_A_PAGE + 1, others=others)
    more = first + ON_A_PAGE if len(found) > ON_A_PAGE else None
    disputes = [shown_dispute(one) for one in found[:ON_A_PAGE]]
    return _page(desk, visitor, disputes, others, first=first, more=more)


def _page(
    desk: Desk,
    visitor: Visitor,
    disputes: Sequence[Shown],
    others: bool,
    status: int = 200,
    first: int = 0,
    more: int | None = None,
) -> Response:
    return desk.page(
        visitor,
        "adjudication",
        status,
        disputes=disputes,
        others=others,
        first=first,
        less=max(0, first - ON_A_PAGE) if first else None,
        more=more,
    )


def settle(desk: Desk, visitor: Visitor, request: Request, form: Form) -> Response:
    """The last word on one criterion of one sample."""
    number, name, answer = number_of(request), form.text("criterion"), form.text("answer")
    comment, others = form.comment("comment"), form.text("others") == "1"
    trouble = None
    try:
        found = desk.reviewing.settle(
            number, visitor.annotator, name, label_of(answer), form.number("revision"), comment
        )
    except StaleReview:
        trouble = Trouble(name, _STALE, comment, words_of(answer))
        found = _as_it_stands(desk, visitor, number, others)
    one = shown_dispute(found, trouble)
    if not is_part(request):
        if trouble:
            return _page(desk, visitor, [one], others, 409)
        return RedirectResponse(f"/adjudicate{'?others=1' if others else ''}#d{number + 1}", 303)
    point = next((point for point in one.points if point.said.id == name), None)
    if point is None:
        raise Refused(409, "Nobody disagrees on this any more", hint="Open the page again.")
    told = trouble.told if trouble else f"Settled: {words_of(answer)}."
    values = {"one": one, "point": point, "others": others, "told": told}
    return desk.show(visitor, "point_after", 409 if trouble else 200, **values)


def _as_it_stands(desk: Desk, visitor: Visitor, number: int, others: bool) -> Dispute:
    """The dispute on a sample. Raises: Refused (409) where there is none that may be shown."""
    first = 0
    while some := desk.reviewing.disputes(visitor.annotator, first, _AT_ONCE, others=others):
        for one in some:
            if one.number == number:
                return one
        first += len(some)
    raise Refused(
        409, "Somebody has settled this meanwhile. Nothing was written", hint="Open the page again."
    )
