"""Adjudication: samples on which annotators disagree, and the last word on them."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from rlaif.records.review import Dispute, DisputedCriterion
from rlaif.web.review.acts import is_part
from rlaif.web.review.cards import Button, disputed_buttons, label_of, words_of
from rlaif.web.review.changes import Change, changes
from rlaif.web.review.desk import Desk
from rlaif.web.review.forms import Form
from rlaif.web.review.sample_page import number_of
from rlaif.web.review.texts import written_out
from rlaif.web.review.visitor import Visitor

ON_A_PAGE = 10


@dataclass(frozen=True, slots=True)
class Point:
    """One disputed criterion, and how it can be settled."""

    place: int
    said: DisputedCriterion
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One dispute as it is shown."""

    dispute: Dispute
    points: tuple[Point, ...]
    rewrites: tuple[tuple[str, list[Change]], ...]
    folded: bool = False
    """Whether the visitor has not finished the sample, and should not see what others answered."""


def shown_dispute(dispute: Dispute, folded: bool = False) -> Shown:
    """A dispute with its buttons, and the rewrites beside the original."""
    original = written_out(dispute.sample.completion)
    return Shown(
        dispute,
        tuple(
            Point(place, one, tuple(disputed_buttons(one)))
            for place, one in enumerate(dispute.criteria)
        ),
        tuple((who, changes(original, text)) for who, text in dispute.rewrites),
        folded,
    )


def adjudication(desk: Desk, visitor: Visitor, request: Request) -> Response:
    """The page."""
    asked = request.query_params.get("first", "")
    first = int(asked) if asked.isdecimal() and len(asked) < 10 else 0
    found = desk.reviewing.disputes(first, ON_A_PAGE + 1)
    return desk.page(
        visitor,
        "adjudication",
        disputes=[
            shown_dispute(one, _is_unfinished(desk, visitor, one)) for one in found[:ON_A_PAGE]
        ],
        first=first,
        less=max(0, first - ON_A_PAGE) if first else None,
        more=first + ON_A_PAGE if len(found) > ON_A_PAGE else None,
    )


def _is_unfinished(desk: Desk, visitor: Visitor, one: Dispute) -> bool:
    return desk.reviewing.item(one.number, visitor.annotator).state in ("open", "mine")


def settle(desk: Desk, visitor: Visitor, request: Request, form: Form) -> Response:
    """The last word on one criterion of one sample."""
    number, name, answer = number_of(request), form.text("criterion"), form.text("answer")
    found = desk.reviewing.settle(
        number, visitor.annotator, name, label_of(answer), form.text("comment")
    )
    if not is_part(request):
        return RedirectResponse(f"/adjudicate#d{number + 1}", 303)
    one = shown_dispute(found)
    point = next(point for point in one.points if point.said.id == name)
    told = f"Settled: {words_of(answer)}."
    return desk.show(visitor, "point_after", one=one, point=point, told=told)
