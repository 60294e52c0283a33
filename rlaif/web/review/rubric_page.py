"""The rubric beside the review: a criterion edited, and the labelled samples graded again by it."""

from __future__ import annotations

import hashlib
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from rlaif.errors import InputError
from rlaif.web.review.acts import is_part
from rlaif.web.review.desk import Desk
from rlaif.web.review.forms import Form
from rlaif.web.review.visitor import Visitor

_MEANWHILE = (
    "The file was changed meanwhile, here or in an editor. Nothing was written: what you typed is "
    "in the field, and the file as it stands now is beside it. Save again to write yours over it."
)


def print_of(text: str) -> str:
    """Tells whether a text is still the one that a page showed."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def rubric(desk: Desk, visitor: Visitor, request: Request) -> Response:
    """The page of the whole file, or of the criterion that is asked for."""
    return _page(desk, visitor, request.query_params.get("criterion", ""))


def _page(
    desk: Desk,
    visitor: Visitor,
    criterion: str,
    status: int = 200,
    typed: str | None = None,
    problems: list[str] | None = None,
) -> Response:
    kept = _kept(desk, criterion)
    return desk.page(
        visitor,
        "rubric",
        status,
        criterion=criterion,
        kept=kept,
        text=kept if typed is None else typed,
        mark=print_of(kept),
        whole=desk.reviewing.rubric_text,
        problems=problems or [],
        job=desk.jobs.of(criterion) if criterion else None,
        can_regrade=desk.reviewing.can_regrade,
    )


def _kept(desk: Desk, criterion: str) -> str:
    return desk.reviewing.criterion_text(criterion) if criterion else desk.reviewing.rubric_text


def save(desk: Desk, visitor: Visitor, _: Request, form: Form) -> Response:
    """Write an edited criterion, or the whole file, where it is sound."""
    criterion, typed = form.text("criterion"), form.text("text")
    if form.text("mark") != print_of(_kept(desk, criterion)):
        return _page(desk, visitor, criterion, 409, typed, [_MEANWHILE])
    if criterion:
        problems = desk.reviewing.save_criterion(criterion, typed)
    else:
        problems = desk.reviewing.save_rubric(typed)
    if problems:
        return _page(desk, visitor, criterion, 422, typed, problems)
    desk.tell_next(visitor, "The rubric is saved.")
    return _back(desk, criterion)


def _back(desk: Desk, criterion: str) -> Response:
    """To the criterion; to the file where the edit gave it another name."""
    try:
        desk.reviewing.criterion_text(criterion)
    except InputError:
        criterion = ""
    query = f"?{urlencode({'criterion': criterion})}" if criterion else ""
    return RedirectResponse(f"/rubric{query}", 303)


def again(desk: Desk, visitor: Visitor, request: Request, form: Form) -> Response:
    """Begin to grade the labelled samples again on one criterion."""
    criterion = form.text("criterion")
    desk.reviewing.criterion_text(criterion)  # refuses what there is none of
    job = desk.jobs.start(criterion, desk.reviewing.regrade)
    if is_part(request):
        return desk.show(visitor, "job", job=job)
    return _back(desk, criterion)


def job(desk: Desk, visitor: Visitor, request: Request) -> Response:
    """How far that is."""
    criterion = request.query_params.get("criterion", "")
    return desk.show(visitor, "job", job=desk.jobs.of(criterion))
